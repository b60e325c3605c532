// Package user knows who is calling: accounts, roles, key pairs, sessions.
//
// Invariants:
//   - Secrets are never kept: of a key pair the SHA-256 of its secret, of a
//     password an argon2id hash.
//   - Key pairs and sessions are rows. Revoking one ends access within five
//     seconds on every server: a verdict is cached for at most two.
//   - Nothing is constant in the source: company id, signing secret, first
//     password and first key pair are drawn at the first start.
//   - Who calls is an Identity, handed on as an explicit parameter.
//
// How credentials travel over HTTP is told by internal/door.
package user
