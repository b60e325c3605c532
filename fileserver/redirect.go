package fileserver

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
)

// Redirects says which downloads are answered with a signed address of the
// store, where it can sign one.
type Redirects string

// The values of Redirects.
const (
	RedirectOff Redirects = "off" // none: all bytes pass through the server
	RedirectOn  Redirects = "on"  // all but those of the Python SDK
	RedirectAll Redirects = "all"
)

// ParseRedirects reads one of the values.
func ParseRedirects(text string) (Redirects, error) {
	switch r := Redirects(text); r {
	case RedirectOff, RedirectOn, RedirectAll:
		return r, nil
	}
	return "", fmt.Errorf("expected %s, %s or %s", RedirectOff, RedirectOn, RedirectAll)
}

// bound are conditions that compare with our ETag, which the store does not
// know.
var bound = []string{"If-Match", "If-Unmodified-Since", "If-Range"}

// redirects reports whether a download may be answered with another address.
func (h *handler) redirects(r *http.Request, etag string) bool {
	if h.Redirect != RedirectOn && h.Redirect != RedirectAll || r.Method != http.MethodGet {
		return false
	}
	for _, name := range bound {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	if known := r.Header.Get("If-None-Match"); known == "*" || strings.Contains(known, etag) {
		return false
	}
	return h.Redirect == RedirectAll || !pythonSDK(r.Header)
}

// pythonSDK reports whether the Python SDK may be calling. It downloads with
// nothing of its own in the header but the library that it uses, and follows
// redirects only by the grace of that.
func pythonSDK(h http.Header) bool {
	return strings.HasPrefix(h.Get("User-Agent"), "python-requests/") || strings.HasPrefix(h.Get("X-Clearml-Client"), "clearml-")
}

// redirect answers with a signed address of the content, if the store has one.
func redirect(ctx context.Context, w http.ResponseWriter, c file.Content) (bool, error) {
	s, ok := c.(file.Signer)
	if !ok {
		return false, nil
	}
	header := w.Header()
	signed, ok, err := s.Sign(ctx, blob.SignOptions{ContentType: header.Get("Content-Type"), Disposition: header.Get("Content-Disposition")})
	if err != nil || !ok || len(signed.Header) > 0 {
		return false, err
	}
	header.Set("Location", signed.URL)
	header.Set("Cache-Control", "no-store") // the address expires
	header.Del("Content-Type")
	header.Del("Content-Disposition")
	w.WriteHeader(http.StatusTemporaryRedirect)
	return true, nil
}
