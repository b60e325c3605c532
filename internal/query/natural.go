package query

import (
	"fmt"
	"strings"
)

// Natural returns a key that sorts texts as people do: whatever the case of
// letters, and with the numbers in them by size, so that "layer 9" stands
// before "layer 10". It is compared by code point.
func Natural(s string) string {
	var b strings.Builder
	for s = Fold(s); s != ""; {
		from := strings.IndexAny(s, "0123456789")
		if from < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:from])
		s = s[from:]
		to := len(s) - len(strings.TrimLeft(s, "0123456789"))
		digits := strings.TrimLeft(s[:to], "0")
		s = s[to:]
		// The length before the digits makes longer numbers greater.
		fmt.Fprintf(&b, "%02d%s", min(len(digits), 99), digits)
	}
	return b.String()
}
