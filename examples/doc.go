// Package examples holds programs, commands and configuration for people who
// start with Coffer.
//
// Invariants:
//   - Everything here works as it stands: `make demo` runs the programs, the
//     test of this package runs curl.md and loads each configuration file.
//   - The programs use what anyone has: the ClearML SDK, or plain HTTP.
package examples
