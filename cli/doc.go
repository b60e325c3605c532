// Package cli holds the commands that need no server of their own: what people
// run where they work, against a server that runs elsewhere.
//
// Commands that run and manage a server are those of package server.
package cli
