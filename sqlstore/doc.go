// Package sqlstore keeps the metadata: it implements the Store interface of
// every noun on SQLite and, with the same SQL texts, on PostgreSQL.
//
// Invariants:
//   - Each query is one text for both engines with `?` placeholders; what
//     differs between them stands in dialect.go and in migration/{sqlite,postgres}.
//   - No SQL is built from text that a client sent: columns come from the
//     field maps of this package, values are always arguments.
//   - A transaction travels in the context. Tx joins one that is open; reads
//     inside see its writes. Nothing in it calls a blob store or HTTP; work
//     that must wait for the commit is queued with After.
//   - Each transaction is as if it ran alone. One writes at a time on SQLite
//     (turn.go); those that follow each other closely share one commit, and
//     none returns before it is durable (writer.go). On PostgreSQL they are
//     serializable, and run again if they got into each other's way
//     (postgres.go, retry.go).
//   - A list takes a fixed number of queries whatever its length. Which of its
//     conditions pick the rows and which only test them is decided by how many
//     rows meet them (list.go), not left to the engine's guess. Patterns that
//     SQL cannot put are run by the program within limits (pattern.go).
//   - Times are int64 milliseconds since 1970 UTC, zero times are NULL, text
//     is UTF-8 without NUL bytes, digests and ids are text.
//   - Nouns see no SQL type and no driver error: errors.go translates by code.
//
// Which rows mean what is told by the nouns; this package adds no rules.
package sqlstore
