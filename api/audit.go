package api

// AuditPage is a page of the audit, the newest entry first.
type AuditPage struct {
	Entries []AuditEntry `json:"entries"`
	Next    string       `json:"next,omitempty"` // what the next page begins after; absent on the last
}

// AuditEntry tells who changed what.
type AuditEntry struct {
	At       string `json:"at"`
	User     string `json:"user"`
	UserName string `json:"user_name"`
	// As is in whose name it was done, if not the user's own.
	As     string `json:"as,omitempty"`
	AsName string `json:"as_name,omitempty"`
	// AccessKey is the key pair that the caller came with, himself or by its
	// token.
	AccessKey string `json:"access_key,omitempty"`
	Action    string `json:"action"`
	Kind      string `json:"kind,omitempty"`
	Object    string `json:"object,omitempty"`
	Part      string `json:"part,omitempty"`
	Address   string `json:"address,omitempty"`
	Worker    string `json:"worker,omitempty"`
	Request   string `json:"request,omitempty"`
}
