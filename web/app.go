package web

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"embed"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// dist holds the built app; but for a placeholder it is empty until `make
// build` has run npm.
//
//go:embed all:dist
var dist embed.FS

// nonceMark is replaced in index.html by a value that is new for each reply,
// and which the Content-Security-Policy of that reply admits.
const nonceMark = "__NONCE__"

// places are the first segments of the app's addresses. Every other path is
// 404, so that a mistyped address of a file or an endpoint does not look well.
var places = map[string]bool{
	"": true, "login": true, "welcome": true, "projects": true, "tasks": true, "models": true, "artifacts": true,
	"datasets": true, "settings": true,
}

// asset is a file of the app.
type asset struct {
	media  string
	plain  []byte
	packed func() []byte // with gzip; nil if that is no smaller
}

// app serves the built app.
type app struct {
	index  []byte
	assets map[string]asset
}

// built reads the app; ok is false if it was not built.
func built(files fs.FS) (a app, ok bool) {
	index, err := fs.ReadFile(files, "index.html")
	if err != nil {
		return app{}, false
	}
	a = app{index: index, assets: make(map[string]asset)}
	err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == "index.html" || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		plain, err := fs.ReadFile(files, name)
		a.assets["/"+name] = asset{media: mediaOf(name), plain: plain, packed: sync.OnceValue(func() []byte { return pack(plain) })}
		return err
	})
	if err != nil {
		panic(err) // it is embedded
	}
	return a, true
}

// mediaOf does not ask the machine: its table may say anything.
func mediaOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	if media := mime.TypeByExtension(path.Ext(name)); media != "" {
		return media
	}
	return "application/octet-stream"
}

func pack(plain []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // a level that exists
	_, _ = w.Write(plain)
	if w.Close() != nil || b.Len() >= len(plain) {
		return nil
	}
	return b.Bytes()
}

// serve answers if the path is the app's.
func (a app) serve(w http.ResponseWriter, r *http.Request) (ok bool) {
	if found, ok := a.assets[r.URL.Path]; ok {
		found.send(w, r)
		return true
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if !places[first] || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	nonce := rand.Text()
	h := w.Header()
	h.Set("Content-Security-Policy", strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self' 'nonce-" + nonce + "'", "img-src 'self' blob:", "media-src 'self' blob:",
		"connect-src 'self'", "frame-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
	}, "; "))
	send(w, r, "text/html; charset=utf-8", bytes.ReplaceAll(a.index, []byte(nonceMark), []byte(nonce)))
	return true
}

// send hands out a file. Names under /assets/ hold a hash of the content.
func (f asset) send(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.media)
	h.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(r.URL.Path, "/assets/") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body := f.plain
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		if packed := f.packed(); packed != nil {
			h.Set("Content-Encoding", "gzip")
			body = packed
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a client that went away is no error of ours
	}
}
