package door

import (
	"context"
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/user"
)

// Access is what a route asks of its callers.
type Access uint8

// The levels of access.
const (
	Anyone   Access = iota // nobody is asked who he is
	Optional               // credentials are looked at, and may be missing or bad
	Guest                  // any account; reads
	Self                   // any account; changes what is its own, such as a key pair
	Member                 // writes
	Admin                  // manages
)

var accessNames = map[Access]string{Anyone: "anyone", Optional: "optional", Guest: "guest", Self: "self", Member: "member", Admin: "admin"}

// String names a level as the documentation does.
func (a Access) String() string { return accessNames[a] }

// Route describes what is served, for listings and checks: its method and
// path, and what it asks of its callers.
type Route struct {
	Name   string
	Access Access
}

var roles = map[Access]user.Role{Guest: user.Guest, Self: user.Guest, Member: user.Member, Admin: user.Admin}

// Cookie is the name of the session cookie.
const Cookie = "coffer_session"

// ErrCrossSite is the reason for refusing a change that a browser sent from
// somebody else's page.
var ErrCrossSite = fault.Reason{Kind: fault.Forbidden, Name: "door.cross_site"}

// ErrActAsBoth is the reason for refusing a call in the name of two users.
var ErrActAsBoth = fault.Reason{Kind: fault.Invalid, Name: "door.act_as_twice"}

// Guard finds out who is calling.
type Guard struct {
	// Users checks credentials.
	Users *user.Service
	// Origins are hosts that pages of ours come from beside the one that a
	// request names, such as that of the public address behind a proxy.
	Origins []string
}

type operatorKey struct{}

// AsOperator marks the connections of the admin socket: whoever can open it
// is the operator.
func AsOperator(ctx context.Context) context.Context {
	return context.WithValue(ctx, operatorKey{}, true)
}

// Admit returns who is calling, or why he may not.
func (g *Guard) Admit(r *http.Request, need Access) (user.Identity, error) {
	if need == Anyone {
		return user.Identity{}, nil
	}
	who, byCookie, err := g.identify(r)
	if need == Optional {
		if err != nil {
			return user.Identity{}, nil //nolint:nilerr // bad credentials count as none here
		}
		return who, nil
	}
	if err != nil {
		return user.Identity{}, err
	}
	if err := who.Require(roles[need]); err != nil {
		return user.Identity{}, err
	}
	if who, err = g.acting(r, who); err != nil {
		return user.Identity{}, err
	}
	if err := who.Require(roles[need]); err != nil {
		return user.Identity{}, err
	}
	if byCookie && need >= Self {
		if err := g.SameOrigin(r); err != nil {
			return user.Identity{}, err
		}
	}
	return who, nil
}

func (g *Guard) identify(r *http.Request) (who user.Identity, byCookie bool, err error) {
	if r.Context().Value(operatorKey{}) != nil {
		return user.Operator, false, nil
	}
	header := r.Header.Get("Authorization")
	if header == "" {
		c, cerr := r.Cookie(Cookie)
		if cerr != nil || c.Value == "" {
			return user.Identity{}, false, user.ErrNoCredentials.Errorf("this needs credentials: a key pair (Basic) or a token (Bearer)")
		}
		who, err = g.Users.AuthenticateToken(r.Context(), c.Value)
		byCookie = true
	} else {
		who, err = g.byHeader(r, header)
	}
	who.Client = first(r.Header, "X-Clearml-Client", "X-Trains-Client")
	return who, byCookie, err
}

// acting returns in whose name a caller acts: his own, unless he is an
// administrator and names somebody else.
func (g *Guard) acting(r *http.Request, who user.Identity) (user.Identity, error) {
	actAs := first(r.Header, "X-Clearml-Act-As", "X-Trains-Act-As")
	impersonate := first(r.Header, "X-Clearml-Impersonate-As", "X-Trains-Impersonate-As")
	switch {
	case actAs != "" && impersonate != "":
		return user.Identity{}, ErrActAsBoth.Errorf("the headers Act-As and Impersonate-As exclude each other")
	case actAs != "":
		return g.Users.ActAs(r.Context(), who, user.ID(actAs), false)
	case impersonate != "":
		return g.Users.ActAs(r.Context(), who, user.ID(impersonate), true)
	}
	return who, nil
}

func (g *Guard) byHeader(r *http.Request, header string) (user.Identity, error) {
	scheme, credentials, _ := strings.Cut(header, " ")
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		return g.Users.AuthenticateToken(r.Context(), strings.TrimSpace(credentials))
	case strings.EqualFold(scheme, "Basic"):
		b, err := basic(strings.TrimSpace(credentials))
		if err != nil {
			return user.Identity{}, err
		}
		b.From, b.Address = origin(r), Address(r)
		return g.Users.Authenticate(r.Context(), b)
	}
	return user.Identity{}, user.ErrBadScheme.Errorf("the Authorization scheme %.20q is unknown; expected Basic or Bearer", scheme)
}

// basic decodes Basic credentials: UTF-8, or latin-1 as older clients send.
func basic(encoded string) (user.Basic, error) {
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return user.Basic{}, user.ErrBadCredentials.Wrap(err, "the Basic credentials are not base64")
	}
	text := string(raw)
	if !utf8.ValidString(text) {
		runes := make([]rune, len(raw))
		for i, b := range raw {
			runes[i] = rune(b)
		}
		text = string(runes)
	}
	name, secret, ok := strings.Cut(text, ":")
	if !ok {
		return user.Basic{}, user.ErrBadCredentials.Errorf("the Basic credentials hold no colon")
	}
	return user.Basic{Name: name, Secret: secret}, nil
}

// maxWorker is how much is kept of the name that a caller gives his machine,
// in bytes: host names are shorter.
const maxWorker = 255

// origin tells where a call came from, for people: what the caller calls his
// machine, else the address of the socket.
func origin(r *http.Request) string {
	if w := Worker(r); w != "" {
		return strings.ToValidUTF8(w[:min(len(w), maxWorker)], "")
	}
	return Address(r)
}

// Address returns the network address that a call came from, as the socket
// tells it: headers of proxies are not believed.
func Address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// Act returns what a call does, for the audit.
func Act(r *http.Request, who user.Identity, action string) user.Act {
	w := Worker(r)
	return user.Act{
		Who: who, Action: action, Address: Address(r), Worker: strings.ToValidUTF8(w[:min(len(w), maxWorker)], ""), Request: RequestID(r.Context()),
	}
}

// Worker returns what the caller calls his machine.
func Worker(r *http.Request) string { return first(r.Header, "X-Clearml-Worker", "X-Trains-Worker") }

func first(h http.Header, names ...string) string {
	for _, n := range names {
		if v := h.Get(n); v != "" {
			return v
		}
	}
	return ""
}

// SameOrigin admits a change that brings nothing but a cookie only if it comes
// from our own pages and could not have been sent by a plain link or form:
// never a GET with arguments; an Origin (or Sec-Fetch-Site) of our own; and a
// JSON body or the header X-Coffer: 1, neither of which a form can send.
func (g *Guard) SameOrigin(r *http.Request) error {
	if (r.Method == http.MethodGet || r.Method == http.MethodHead) && r.URL.RawQuery != "" {
		return ErrCrossSite.Errorf("a change by GET with arguments needs an Authorization header")
	}
	if r.Header.Get("Sec-Fetch-Site") != "same-origin" && !g.ownOrigin(r) {
		return ErrCrossSite.Errorf("this change was not sent from a page of this server")
	}
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if r.Header.Get("X-Coffer") != "1" && !strings.EqualFold(strings.TrimSpace(media), "application/json") {
		return ErrCrossSite.Errorf("a change from a page needs a JSON body or the header X-Coffer: 1")
	}
	return nil
}

func (g *Guard) ownOrigin(r *http.Request) bool {
	u, err := url.Parse(r.Header.Get("Origin"))
	if err != nil || u.Host == "" {
		return false
	}
	same := func(host string) bool { return strings.EqualFold(u.Host, host) }
	return same(r.Host) || slices.ContainsFunc(g.Origins, same)
}
