// Package hocon reads configuration files in HOCON, the superset of JSON that
// clearml.conf is written in, as people really write it: with nested sections,
// dotted keys, comments, includes, substitutions, lists that grow by +=,
// values that are put together, and addresses without quotes.
//
// The format is that of https://github.com/lightbend/config/blob/main/HOCON.md.
// Where the ClearML Python SDK reads more than it allows, so does this package:
//   - an unquoted value may hold ':', '=' and '//' behind a ':', so that
//     http://host:8080 needs no quotes;
//   - a backslash before any other character than those of JSON stands for
//     itself, so that "C:\data" is what it looks like.
//
// Invariants:
//   - Scalars stay the text that was written; a number, a truth value or a size
//     is made of it by whoever asks (value.go). A key of digits stays a key.
//   - Reading ends: files, depth, includes and the size of what substitutions
//     make are limited, and a substitution that leads to itself is an error.
//   - Nothing is fetched over a network. A missing include counts as empty
//     unless it is required, as the format has it.
package hocon
