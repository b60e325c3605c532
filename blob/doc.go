// Package blob keeps bytes by content.
//
// A blob is a sequence of bytes known by its Digest (SHA-256) and size, kept
// under an opaque Key in a Store. Put is the only way in: bounded memory, the
// digest computed while the bytes stream by, length and promised digest
// checked, and nothing visible before it is whole and durable. Where a store
// can take an object in pieces (Drafter), PutPart is its counterpart for one
// piece; the whole is an object only when the draft is finished.
//
// Invariants:
//   - A key is new for each write and never written twice, so that a delete
//     can never hit a later put, on any driver, with any number of servers.
//   - No text that a client sent ever becomes part of a key.
//   - What Put returned without error survives a power cut.
//
// Which digests exist, who refers to them and when they may go is the business
// of package file; drivers live in the folders below and are listed in
// blob/drivers. blob/blobtest holds the suite that every driver must pass.
package blob
