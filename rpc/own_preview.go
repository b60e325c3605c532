package rpc

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/preview"
)

// What browsers are told of content that is not ours. Nothing of it runs or
// reaches further; a drawing and a page may have styles and pictures that they
// bring along.
const (
	sandboxed = "sandbox; default-src 'none'"
	drawn     = sandboxed + "; style-src 'unsafe-inline'; img-src data:"
	still     = drawn + "; font-src data:; media-src data:; frame-ancestors 'self'"
	// scripted is for those who asked for it: the page runs, in an origin of
	// its own, and can call nobody.
	scripted = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' data: blob:; style-src 'unsafe-inline'; " +
		"img-src data: blob:; font-src data:; media-src data:; connect-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)

// guarded sets the headers that keep a browser from running what it gets.
func guarded(h http.Header, policy string) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
}

// unchanging is how long browsers keep what does not change but with the
// server's version.
const unchanging = "private, max-age=86400"

// previewed reads which file is meant, and how it is to be shown. Arguments
// that are not the preview's own are named in also.
func (h *handlers) previewed(ctx context.Context, c Call, also ...string) (preview.Source, preview.Query, error) {
	args := url.Values{}
	for k, v := range c.Request.URL.Query() {
		args[k] = v
	}
	for _, name := range also {
		args.Del(name)
	}
	q, err := preview.ParseQuery(args)
	if err != nil {
		return preview.Source{}, q, err
	}
	text := c.Request.PathValue("digest")
	d, err := blob.ParseDigest(strings.TrimPrefix(text, "sha256:"))
	if err != nil {
		return preview.Source{}, q, ErrField.Wrap(err, "expected a SHA-256 in hex, got %.80q", text).With("field", "digest")
	}
	g, err := h.Files.ByDigest(ctx, c.Who, d)
	if err != nil {
		return preview.Source{}, q, err
	}
	return preview.Source{
		Digest: d, Name: g.Path.Base(), Size: g.Size,
		Open: func(ctx context.Context) (preview.Content, error) { return h.Files.Open(ctx, c.Who, g) },
	}, q, nil
}

func (h *handlers) preview(ctx context.Context, c Call) error {
	src, q, err := h.previewed(ctx, c)
	if err != nil {
		return err
	}
	body, final, err := h.Previews.Show(ctx, src, q)
	if err != nil {
		return err
	}
	guarded(c.Writer.Header(), sandboxed)
	if final {
		c.Writer.Header().Set("Cache-Control", unchanging)
	}
	h.sendAs(c.Writer, c.Request, http.StatusOK, body)
	return nil
}

func (h *handlers) previewImage(ctx context.Context, c Call) error {
	src, q, err := h.previewed(ctx, c)
	if err != nil {
		return err
	}
	picture, err := h.Previews.Picture(ctx, src, q)
	if err != nil {
		return err
	}
	header := c.Writer.Header()
	guarded(header, sandboxed)
	header.Set("Content-Type", picture.Media)
	header.Set("Cache-Control", unchanging)
	h.sendAs(c.Writer, c.Request, http.StatusOK, picture.Bytes)
	return nil
}

func (h *handlers) previewPage(ctx context.Context, c Call) error {
	src, q, err := h.previewed(ctx, c, "scripts")
	if err != nil {
		return err
	}
	policy := still
	switch s := c.Request.URL.Query().Get("scripts"); s {
	case "", "0":
	case "1":
		if err := h.scriptsAllowed(ctx); err != nil {
			return err
		}
		policy = scripted
	default:
		return ErrField.Errorf("scripts: expected 0 or 1, got %.40q", s).With("field", "scripts")
	}
	page, err := h.Previews.Page(ctx, src, q)
	if err != nil {
		return err
	}
	header := c.Writer.Header()
	guarded(header, policy)
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "private, no-cache")
	h.sendAs(c.Writer, c.Request, http.StatusOK, page)
	return nil
}

// previewBytes sends a file, or a member of an archive, as it is: pictures,
// sounds and films to be shown in place, everything else to be saved.
func (h *handlers) previewBytes(ctx context.Context, c Call) error {
	src, q, err := h.previewed(ctx, c, "download")
	if err != nil {
		return err
	}
	part, err := h.Previews.Open(ctx, src, q)
	if err != nil {
		return err
	}
	defer func() { _ = part.Close() }()
	header := c.Writer.Header()
	policy := sandboxed
	if part.Media == "image/svg+xml" {
		policy = drawn
	}
	guarded(header, policy)
	header.Set("Cache-Control", unchanging)
	header.Set("ETag", strconv.Quote(string(src.Digest)))
	if c.Request.URL.Query().Has("download") || !part.Inline {
		header.Set("Content-Type", "application/octet-stream")
		header.Set("Content-Disposition", savedAs(part.Name))
	} else {
		header.Set("Content-Type", part.Media)
	}
	if len(q.Members) > 0 {
		header.Del("ETag") // it does not say which member
	}
	if !part.Whole || strings.Contains(c.Request.Header.Get("Range"), ",") {
		// Going back within a compressed member begins it anew.
		c.Request.Header.Del("Range")
	}
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, part)
	return nil
}

// savedAs names the file to save a download under.
func savedAs(name string) string {
	if s := mime.FormatMediaType("attachment", map[string]string{"filename": name}); s != "" {
		return s
	}
	return `attachment; filename="download"`
}
