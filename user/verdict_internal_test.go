package user

import (
	"strconv"
	"testing"
	"time"
)

func TestCachesAreBounded(t *testing.T) {
	now := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
	var v verdicts
	var f failures
	for i := range 3*maxVerdicts + 1 {
		v.put(credentialOf("token", strconv.Itoa(i)), Identity{}, now)
		f.add(credentialOf(strconv.Itoa(i)), now)
	}
	if len(v.seen) > maxVerdicts || len(f.names) > maxNames {
		t.Errorf("%d verdicts and %d names are remembered", len(v.seen), len(f.names))
	}
}

func TestCredentialsOfDifferentPartsDiffer(t *testing.T) {
	seen := make(map[credential][]string)
	for _, parts := range [][]string{{"a", "b"}, {"ab"}, {"ab", ""}, {"", "ab"}, {"a\x00b"}, {"a", "", "b"}, {}} {
		c := credentialOf(parts...)
		if other, ok := seen[c]; ok {
			t.Errorf("%q and %q are taken for the same", parts, other)
		}
		seen[c] = parts
	}
}
