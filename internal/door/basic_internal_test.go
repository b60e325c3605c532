package door

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/coffer-ml/coffer/user"
)

// FuzzBasic checks that any name and secret come back as they were sent, in
// UTF-8 or in latin-1, and that whatever else is sent is refused as such.
func FuzzBasic(f *testing.F) {
	for _, seed := range [][3]string{
		{"ana", "secret", "YTpi"}, {"", "", ""}, {"jörg", "schlüssel", "j\xf6rg:x"}, {"a", "b:c:d", "===="}, {"\x00", "\n", "YTpi\n"}, {"a", "\xff", "YQ=="}, {"ü\xff", "x", "Og=="},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, name, secret, encoded string) {
		if !strings.Contains(name, ":") {
			got, err := basic(base64.StdEncoding.EncodeToString([]byte(name + ":" + secret)))
			wantName, wantSecret := name, secret
			if !utf8.ValidString(name + ":" + secret) {
				wantName, wantSecret = latin(name), latin(secret)
			}
			if err != nil || got.Name != wantName || got.Secret != wantSecret {
				t.Fatalf("%q, %q reads as %q, %q, %v", name, secret, got.Name, got.Secret, err)
			}
		}
		got, err := basic(encoded)
		raw, derr := base64.StdEncoding.DecodeString(encoded)
		if ok := derr == nil && strings.Contains(string(raw), ":"); ok != (err == nil) || err != nil && !errors.Is(err, user.ErrBadCredentials) {
			t.Fatalf("%q: %v", encoded, err)
		}
		if err == nil && (!utf8.ValidString(got.Name) || strings.Contains(got.Name, ":")) {
			t.Fatalf("%q reads as the name %q", encoded, got.Name)
		}
	})
}

func latin(text string) string {
	var b strings.Builder
	for i := range len(text) {
		b.WriteRune(rune(text[i]))
	}
	return b.String()
}
