// Package file gives bytes their names: a path has generations, a generation
// has a digest, a digest has one live blob.
//
// Glossary:
//   - path: what an upload names, decoded, without leading slash. Data, not a
//     place on disk.
//   - generation: the n-th content of a path, counted from 1. The newest one
//     is what a plain read gives.
//   - landed: bytes became visible at a path, as a new generation.
//   - condemned: deleted, but kept for the grace period; an upload revives it.
//   - frozen: named by something published; neither written nor deleted.
//   - volume: a store that bytes are in, known by its mark; several may be in use
//     while bytes are moved between them.
//   - session: an upload in parts, from its begin to its commit; its bytes are
//     a draft of the blob store until then.
//
// Invariants:
//   - An upload is acknowledged only when bytes and rows are durable.
//   - A path that a living record names is never condemned: a delete is
//     remembered and takes effect when the last such record goes.
//   - Bytes go when no generation refers to them and the grace period has
//     passed since the last reference went; a crash at any point leaves extra
//     bytes, never missing ones.
//   - What a session acknowledged as received is durable and is never written
//     over. Its file becomes visible as any upload does, once the SHA-256 of
//     its stored bytes is the promised one.
//   - The records that name paths are behind the Landing interface, so this
//     package knows no artifact and no model.
package file
