// Package instance runs the coffer binary for programs that need a real
// server: on free loopback ports, with a data directory of their own, stopped
// by its process id.
//
// Invariants:
//   - Start returns only when the server answers requests, or not at all.
//   - Stop waits for the process to end; nothing keeps running behind it.
//
// What is done with the server, and the removal of its directory, is the
// caller's.
package instance
