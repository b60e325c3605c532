// Package artifact keeps what tasks log: one row for each (task, key, mode),
// with its versions.
//
// Glossary:
//   - version: what one registration recorded: digest, size, timestamp,
//     address. It never changes but for its state.
//   - newest: the living version with the latest timestamp, ties by arrival.
//   - repeat: a registration equal to a kept or removed version in address,
//     hash, size and timestamp. It changes nothing.
//
// States of a version:
//   - stored: bound to a generation with the recorded digest;
//   - pending: the bytes are on their way: none with the digest is at the
//     path, and no upload there ended since the registration;
//   - mismatched: an upload that ended since brought another digest; a later
//     one with the right digest still makes it stored;
//   - external: the address is not ours, nothing is known of the bytes;
//   - missing: the bytes were stored and got lost.
//
// Invariants:
//   - Two hundred writers that add to one task lose nothing.
//   - A repeat costs no write, however long the list that holds it.
//   - What is removed stays known, so that a stale list does not bring it back.
package artifact
