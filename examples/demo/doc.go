// Command demo shows Coffer at work: `make demo`.
//
// It starts the server on an empty directory, lets the Python example and the
// Go example log one artifact of every kind, lets a second process of each
// read what both logged, and holds what they saw against each other and
// against the server's own list. One line per artifact tells the outcome.
//
// Invariants:
//   - Anything wrong ends it with a message and an exit code that is not 0.
//   - Nothing stays behind: neither a process nor a file.
//
// The artifacts and how their values are compared are in examples/python and
// examples/go.
package main
