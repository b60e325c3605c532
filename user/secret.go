package user

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"

	"github.com/coffer-ml/coffer/internal/ident"
)

// Lengths of what is drawn.
const (
	accessKeyLen  = 30 // characters of A-Z and 0-9, as the protocol has them
	secretBytes   = 50 // entropy of a secret key
	signingBytes  = 48 // entropy of the token secret
	passwordBytes = 15 // entropy of the first password: 20 characters
	inviteBytes   = 30 // entropy of an invitation: 40 characters
)

// newPair draws a key pair.
func newPair(label string) Pair {
	p := Pair{Access: ident.AccessKey(accessKeyLen), Secret: ident.Secret(secretBytes), Label: label}
	// The protocol promises a first character that no shell mistakes.
	for p.Secret[0] == '-' || p.Secret[0] == '_' {
		p.Secret = ident.Secret(secretBytes)
	}
	return p
}

// isAccessKey reports whether a text has the form of an access key. No account
// may be called so: the form alone tells key pairs from names, and a wrong key
// never costs a password hash.
func isAccessKey(text string) bool {
	return len(text) == accessKeyLen && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// hashSecret hashes the secret of a key pair. It has hundreds of bits of
// entropy, so a plain hash is as good as a slow one, and every call with Basic
// credentials pays for it.
func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func sameText(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// Cost of a password hash: about 25 ms here, the second profile that RFC 9106
// and OWASP name for servers that must not spend 64 MiB on each login.
const (
	argonTime    = 2
	argonMemory  = 19 * 1024 // KiB
	argonThreads = 1
	argonLen     = 32
	saltLen      = 16
)

// hashPassword returns the argon2id hash in the PHC text form.
func hashPassword(password string) string {
	salt := make([]byte, saltLen)
	_, _ = rand.Read(salt)
	sum := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonLen)
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		enc.EncodeToString(salt), enc.EncodeToString(sum))
}

// checkPassword reports whether the password has the hash. The cost is read
// from the hash, so that it can be raised later.
func checkPassword(hash, password string) bool {
	if isBcrypt(hash) {
		return bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) == nil
	}
	a, ok := parseArgon(hash)
	if !ok {
		return false
	}
	got := argon2.IDKey([]byte(password), a.salt, a.time, a.memory, a.threads, uint32(len(a.sum)))
	return subtle.ConstantTimeCompare(got, a.sum) == 1
}

// argon is an argon2id hash with its cost.
type argon struct {
	memory, time uint32
	threads      uint8
	salt, sum    []byte
}

// parseArgon reads the PHC text form.
func parseArgon(hash string) (a argon, ok bool) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return a, false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &a.memory, &a.time, &a.threads); err != nil || a.time == 0 || a.threads == 0 {
		return a, false
	}
	var err error
	if a.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return a, false
	}
	a.sum, err = base64.RawStdEncoding.DecodeString(parts[5])
	return a, err == nil && len(a.sum) > 0
}

// isBcrypt reports whether a text is a bcrypt hash, such as other servers keep.
func isBcrypt(hash string) bool {
	_, err := bcrypt.Cost([]byte(hash))
	return err == nil
}

// nobody is compared with when there is no such account, so that the time
// taken does not tell which names exist.
var nobody = sync.OnceValue(func() string { return hashPassword("nobody") })

// maxHashing is how many passwords are checked at once: each takes 19 MiB and
// a processor, and whoever asks has shown no credentials yet.
const maxHashing = 2

// turns lets maxHashing callers in at a time.
type turns chan struct{}

// run runs check when it is its turn, unless ctx ends before that.
func (t turns) run(ctx context.Context, check func() error) error {
	select {
	case t <- struct{}{}:
		defer func() { <-t }()
		return check()
	case <-ctx.Done():
		return ctx.Err()
	}
}
