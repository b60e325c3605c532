package hocon

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// unicode reads the \uXXXX at the beginning of s, two of them for a character
// beyond 16 bits, and returns how long it is: 0 if there is none.
func unicode(s string) (rune, int) {
	one, ok := unit(s)
	if !ok {
		return 0, 0
	}
	if utf16.IsSurrogate(one) {
		two, ok := unit(s[6:])
		if r := utf16.DecodeRune(one, two); ok && r != utf8.RuneError {
			return r, 12
		}
		return utf8.RuneError, 6
	}
	return one, 6
}

func unit(s string) (rune, bool) {
	if len(s) < 6 || !strings.HasPrefix(s, `\u`) {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}
