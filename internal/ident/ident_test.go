package ident_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/internal/ident"
)

func TestNew(t *testing.T) {
	seen := make(map[string]bool)
	for range 1000 {
		id := ident.New()
		if !ident.Valid(id) {
			t.Fatalf("%q is not valid", id)
		}
		if seen[id] {
			t.Fatalf("%q came twice", id)
		}
		seen[id] = true
	}
}

func TestValid(t *testing.T) {
	good := "0123456789abcdef0123456789abcdef"
	for _, bad := range []string{"", good[1:], good + "0", strings.ToUpper(good), good[:31] + "g", good[:31] + "/", good[:31] + ":", good[:31] + "`", good[:30] + "ä"} {
		if ident.Valid(bad) {
			t.Errorf("%q is taken for an id", bad)
		}
	}
	if !ident.Valid(good) {
		t.Errorf("%q is refused", good)
	}
}

func TestSecretHoldsAsManyBytesAsAsked(t *testing.T) {
	for _, n := range []int{0, 1, 31, 32, 64} {
		raw, err := base64.RawURLEncoding.DecodeString(ident.Secret(n))
		if err != nil || len(raw) != n {
			t.Errorf("%d bytes: %d, %v", n, len(raw), err)
		}
	}
	if one, other := ident.Secret(32), ident.Secret(32); one == other {
		t.Error("two secrets are equal")
	}
}

func TestAccessKeyUsesItsWholeAlphabetEvenly(t *testing.T) {
	const n = 36 * 1000
	counts := make(map[rune]int)
	for _, c := range ident.AccessKey(n) {
		counts[c]++
	}
	total := 0
	for c, k := range counts {
		if !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", c) {
			t.Errorf("holds %q", c)
		}
		if k < 800 || k > 1200 { // six standard deviations
			t.Errorf("%q comes %d times in %d", c, k, n)
		}
		total += k
	}
	if total != n || len(counts) != 36 {
		t.Errorf("%d characters of %d kinds", total, len(counts))
	}
	if got := ident.AccessKey(20); len(got) != 20 {
		t.Errorf("a key of 20 has %d characters", len(got))
	}
}
