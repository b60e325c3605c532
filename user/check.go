package user

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/coffer-ml/coffer/internal/fault"
)

// Limits on what people type, in characters.
const (
	maxName     = 100 // fits a column of any page
	maxLabel    = 250 // a sentence
	minPassword = 8   // the least that NIST SP 800-63B allows
)

// checkAccount says what is wrong with a new account.
func checkAccount(name string, role Role, password string) error {
	switch {
	case name == "" || utf8.RuneCountInString(name) > maxName || name != strings.TrimSpace(name) || !oneLine(name):
		return fault.ErrInvalid.Errorf("name: expected 1 to %d characters on one line, without spaces around them", maxName).With("field", "name")
	case strings.Contains(name, ":"):
		return fault.ErrInvalid.Errorf("name: a colon cannot be part of it, since it ends the name in Basic credentials").With("field", "name")
	case isAccessKey(name):
		return fault.ErrInvalid.Errorf("name: this has the form of an access key").With("field", "name")
	case !role.Valid():
		return fault.ErrInvalid.Errorf("role: %q is unknown; expected guest, member or admin", role).With("field", "role")
	case password != "" && utf8.RuneCountInString(password) < minPassword:
		return fault.ErrInvalid.Errorf("password: expected at least %d characters", minPassword).With("field", "password")
	}
	return nil
}

func checkLabel(label string) error {
	if utf8.RuneCountInString(label) > maxLabel || !oneLine(label) {
		return fault.ErrInvalid.Errorf("label: expected at most %d characters on one line", maxLabel).With("field", "label")
	}
	return nil
}

// oneLine reports whether a text can be shown on one line as it is.
func oneLine(text string) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, unicode.IsControl) < 0
}
