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
//   - Times are int64 milliseconds since 1970 UTC, zero times are NULL, text
//     holds no NUL bytes, digests and ids are text.
//   - Nouns see no SQL type and no driver error: errors.go translates by code.
//
// Which rows mean what is told by the nouns; this package adds no rules.
package sqlstore
