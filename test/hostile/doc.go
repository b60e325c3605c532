// Package hostile runs the real server against clients that mean harm or do
// not know better: broken bodies, names that lead elsewhere, requests that are
// none, connections that bring nothing.
//
// Invariants that every test checks when it ends:
//   - the server's log holds no panic and no failure of its own;
//   - nothing beside the data directory was made, changed or removed;
//   - where a test says so, nothing was stored: no blob, no row.
package hostile
