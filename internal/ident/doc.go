// Package ident makes identifiers and secrets.
//
// Ids are 32 lower-case hex digits, as the protocol has them. All randomness
// comes from crypto/rand; nothing here is a constant of the installation.
package ident
