package door

import (
	"net/http"
	"slices"
	"strings"
)

// AnyOrigin in CORS.Origins means the pages of every host.
const AnyOrigin = "*"

// corsMaxAge is for how long, in seconds, a browser may keep the answer to its
// question: long enough that a page of many files asks once, and short enough
// that a changed setting is felt within minutes.
const corsMaxAge = "600"

// CORS lets scripts in pages of other origins read what a handler answers, as
// https://fetch.spec.whatwg.org/#http-cors-protocol says. No answer allows
// credentials: the cookie of somebody who is logged in here never counts for
// a foreign page, which must bring an Authorization header of its own.
type CORS struct {
	// Origins are schemes and hosts, such as https://lab.example.org:8443; none
	// turns this off.
	Origins []string
	Methods []string // that such a script may use
	Allow   []string // request headers it may send
	Expose  []string // answer headers it may read
}

// Wrap returns next with what browsers want to be told.
func (c CORS) Wrap(next http.Handler) http.Handler {
	if len(c.Origins) == 0 {
		return next
	}
	methods, allow, expose := strings.Join(c.Methods, ", "), strings.Join(c.Allow, ", "), strings.Join(c.Expose, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Add("Vary", "Origin")
		origin := r.Header.Get("Origin")
		if origin == "" || !c.allows(origin) {
			next.ServeHTTP(w, r)
			return
		}
		header.Set("Access-Control-Allow-Origin", origin)
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			header.Set("Access-Control-Allow-Methods", methods)
			header.Set("Access-Control-Allow-Headers", allow)
			header.Set("Access-Control-Max-Age", corsMaxAge)
			w.WriteHeader(http.StatusNoContent)
			return
		}
		header.Set("Access-Control-Expose-Headers", expose)
		next.ServeHTTP(w, r)
	})
}

func (c CORS) allows(origin string) bool {
	return slices.ContainsFunc(c.Origins, func(o string) bool { return o == AnyOrigin || strings.EqualFold(o, origin) })
}
