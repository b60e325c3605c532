// Package postgres runs throw-away PostgreSQL servers for tests: the programs
// of the Debian package, a data directory of its own, a free port of the
// loopback interface.
//
// Invariants:
//   - A server ends with the process that started it, however that ends, and
//     takes its directory along: a shell of its own waits for the end of a pipe.
//   - Each test has a database of its own.
//   - The databases sort as people do, not by code points: a column that was
//     not declared COLLATE "C" shows.
//
// What is put into the databases is the caller's.
package postgres
