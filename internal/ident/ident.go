package ident

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
)

// idBytes is the entropy of an id: 128 bits, so that ids never collide.
const idBytes = 16

// New returns a random id of 32 lower-case hex digits.
func New() string {
	var b [idBytes]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])
}

// Valid reports whether s has the form of an id.
func Valid(s string) bool {
	if len(s) != 2*idBytes {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Secret returns n random bytes as URL-safe base64 without padding.
func Secret(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

const keyAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// AccessKey returns n random characters out of A-Z and 0-9.
func AccessKey(n int) string {
	// 252 is the largest multiple of 36 below 256: bytes from there on are
	// drawn again, so that every character is equally likely.
	const fair = 252
	out := make([]byte, 0, n)
	var b [64]byte
	for len(out) < n {
		_, _ = rand.Read(b[:])
		for _, c := range b {
			if c < fair && len(out) < n {
				out = append(out, keyAlphabet[int(c)%len(keyAlphabet)])
			}
		}
	}
	return string(out)
}
