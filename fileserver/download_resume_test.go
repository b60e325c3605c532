package fileserver_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/coffer-ml/coffer/blob/blobtest"
	"github.com/coffer-ml/coffer/fileserver"
	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

// A download that was cut at 60 % is continued from there; if the content has
// changed since, it begins again and never mixes.
func TestADownloadGoesOn(t *testing.T) {
	w := rpctest.New(t)
	server := httptest.NewServer(fileserver.New(fileserver.Config{
		Files: w.Files, Guard: &door.Guard{Users: w.Users}, Logger: slog.New(slog.DiscardHandler),
	}))
	t.Cleanup(server.Close)
	get := func(query string, header map[string]string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/f"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		p := w.Pairs[user.Guest]
		r.SetBasicAuth(p.Access, p.Secret)
		for k, v := range header {
			r.Header.Set(k, v)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = resp.Body.Close() })
		return resp
	}
	content, newer := blobtest.Bytes(8<<20, 1), blobtest.Bytes(8<<20, 2)
	at := len(content) * 6 / 10
	w.Upload(t, "f", string(content))

	first := get("", nil)
	begun := make([]byte, at)
	if _, err := io.ReadFull(first.Body, begun); err != nil {
		t.Fatal(err)
	}
	_ = first.Body.Close() // in mid-transfer: the connection is cut
	goOn := map[string]string{"Range": fmt.Sprintf("bytes=%d-", at), "If-Range": first.Header.Get("ETag")}
	wantRest := func(resp *http.Response) {
		t.Helper()
		rest, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusPartialContent || !bytes.Equal(append(bytes.Clone(begun), rest...), content) {
			t.Errorf("%d, %d bytes, %v", resp.StatusCode, len(rest), err)
		}
		if got := resp.Header.Get("Content-Range"); got != fmt.Sprintf("bytes %d-%d/%d", at, len(content)-1, len(content)) {
			t.Errorf("Content-Range %q", got)
		}
	}
	wantRest(get("", goOn))

	w.Upload(t, "f", string(newer))
	resp := get("", goOn)
	if whole, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK || !bytes.Equal(whole, newer) {
		t.Errorf("of the newer content: %d, %d bytes, %v", resp.StatusCode, len(whole), err)
	}
	wantRest(get("?version=1", goOn))
	if resp := get("", map[string]string{"Range": goOn["Range"], "If-Match": goOn["If-Range"]}); resp.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("If-Match of the older content: %d", resp.StatusCode)
	}
}
