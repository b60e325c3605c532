package rpc

import (
	"github.com/coffer-ml/coffer/internal/door"
)

// Endpoint describes a row of the table, for listings and checks.
type Endpoint struct {
	Name   string
	Since  string
	Access string
}

var accessNames = map[door.Access]string{
	door.Anyone: "anyone", door.Optional: "optional", door.Guest: "guest", door.Self: "self", door.Member: "member", door.Admin: "admin",
}

// Endpoints lists the rows of the table in its order.
func Endpoints() []Endpoint {
	var out []Endpoint
	for _, r := range (&handlers{}).table() {
		out = append(out, Endpoint{r.name, r.since.String(), accessNames[r.access]})
	}
	return out
}

// OwnEndpoints lists the endpoints that the protocol does not have.
func OwnEndpoints() []Endpoint {
	var out []Endpoint
	for _, r := range (&handlers{}).ownTable() {
		out = append(out, Endpoint{Name: r.pattern, Access: accessNames[r.access]})
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
