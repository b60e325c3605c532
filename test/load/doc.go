// Command load measures Coffer against the machine it runs on: `make load`.
//
// Each row of its table is the median of five rounds, and where there is
// something to hold it against, that is measured in the same rounds on the
// same disk: the plain system calls, openssl and dd, or nginx with sendfile.
// What counts is the ratio; the absolute figures belong to the machine. Lists
// are held against the same lists of a small database, asked for in turn.
//
// Invariants:
//   - Everything is bounded in count, bytes and time; only 127.0.0.1 is used.
//   - Servers are stopped by their process id, and the directory with all that
//     was written is removed, also after a failure.
//   - What is measured is also checked: a wrong status, length or digest ends
//     the run.
//
// The figures with their meaning are kept in docs/performance.md. Nothing here
// passes or fails by a time: budgets are printed beside the figures.
package main
