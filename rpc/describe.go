package rpc

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

// Reasons names the reasons that have a row in the table of errors.
func Reasons() map[string]bool {
	out := make(map[string]bool, len(reasons))
	for r := range reasons {
		out[r.Name] = true
	}
	return out
}
