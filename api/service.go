package api

// Empty is a request or reply without fields.
type Empty struct{}
