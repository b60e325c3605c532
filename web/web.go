package web

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net"
	"net/http"
	"strconv"
	"strings"
)

//go:embed page
var page embed.FS

// Config says what is shown.
type Config struct {
	// App is the built app; nil means the embedded one.
	App     fs.FS
	Version string
	// PublicURL is the address of this server; "" means the one that the
	// browser used.
	PublicURL string
}

// New returns the handler of the app, and of the page /about that says how to
// point an SDK here, which stands in for an app that was not built.
func New(cfg Config) http.Handler {
	if cfg.App == nil {
		sub, err := fs.Sub(dist, "dist")
		if err != nil {
			panic(err) // it is embedded
		}
		cfg.App = sub
	}
	app, isBuilt := built(cfg.App)
	index := template.Must(template.ParseFS(page, "page/index.html"))
	style, err := page.ReadFile("page/style.css")
	if err != nil {
		panic(err) // it is embedded
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		if isBuilt && app.serve(w, r) {
			return
		}
		switch r.URL.Path {
		case "/", "/about":
			var b bytes.Buffer
			if err := index.Execute(&b, show(cfg, r)); err != nil {
				http.Error(w, "the page could not be made", http.StatusInternalServerError)
				return
			}
			send(w, r, "text/html; charset=utf-8", b.Bytes())
		case "/style.css":
			send(w, r, "text/css; charset=utf-8", style)
		default:
			http.NotFound(w, r)
		}
	})
}

func send(w http.ResponseWriter, r *http.Request, media string, body []byte) {
	w.Header().Set("Content-Type", media)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a browser that went away is no error of ours
	}
}

// view is what the page shows.
type view struct{ Version, Web, API, Files string }

// show tells addresses as this browser reaches them: everything through the
// one port that the page came from.
func show(cfg Config, r *http.Request) view {
	base := cfg.PublicURL
	if base == "" {
		scheme := "http"
		if r.TLS != nil {
			scheme = "https"
		}
		host := r.Host
		if _, _, err := net.SplitHostPort(host); err != nil && strings.ContainsAny(host, "\"'<>{} ") {
			host = "localhost"
		}
		base = scheme + "://" + host
	}
	return view{cfg.Version, base, base + "/api", base + "/files"}
}
