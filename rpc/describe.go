package rpc

import "github.com/coffer-ml/coffer/internal/door"

// Endpoint describes a row of the table, for listings and checks.
type Endpoint struct {
	Name   string
	Since  string
	Access string
}

// Endpoints lists the rows of the table in its order.
func Endpoints() []Endpoint {
	var out []Endpoint
	for _, r := range (&handlers{}).table() {
		out = append(out, Endpoint{r.name, r.since.String(), r.access.String()})
	}
	return out
}

// OwnEndpoints lists the endpoints that the protocol does not have.
func OwnEndpoints() []Endpoint {
	var out []Endpoint
	for _, r := range (&handlers{}).ownTable() {
		out = append(out, Endpoint{Name: r.pattern, Access: r.access.String()})
	}
	return out
}

// Routes lists everything that the handler serves: endpoints of the protocol,
// which any method calls, and our own.
func Routes() []door.Route {
	var out []door.Route
	h := &handlers{}
	for _, r := range h.table() {
		out = append(out, door.Route{Name: "/" + r.name, Access: r.access})
	}
	for _, r := range h.ownTable() {
		out = append(out, door.Route{Name: r.pattern, Access: r.access})
	}
	return out
}

// Reasons names the reasons that have a row in the table of errors.
func Reasons() map[string]bool {
	out := make(map[string]bool, len(reasons))
	for r := range reasons {
		out[r.Name] = true
	}
	return out
}
