// Package rpc speaks the ClearML API.
//
// endpoints.go is the table: a row binds name, first version, access and a
// typed function. The adapter around it does the rest once for all: path and
// version (mux.go), credentials, arguments in every calling style (args.go),
// lenient decoding into the structs of package api (decode.go), the envelope
// (envelope.go) and the one table from fault reasons to the protocol's codes
// (errors.go). A handler converts, calls a service, converts back.
//
// Task documents are assembled here, from what each noun says of a task, by a
// fixed number of queries. Addresses of our own are recognised and rendered in
// address.go, for whoever asks under whatever host.
//
// Endpoints of our own are plain HTTP with JSON (own.go).
package rpc
