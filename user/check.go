package user

import (
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/coffer-ml/coffer/internal/fault"
)

// Limits on what people type, in characters.
const (
	maxName     = 100  // fits a column of any page
	maxLabel    = 250  // a sentence
	maxEmail    = 254  // the longest address that RFC 5321 lets through
	maxAvatar   = 2048 // what browsers take as an address
	minPassword = 8    // the least that NIST SP 800-63B allows
	maxPassword = 1024 // longer than any passphrase; the hash reads all of it
	maxID       = 64   // twice as long as ours
)

// reserved are whom the audit speaks of beside accounts.
var reserved = []Identity{Operator, Server, Nobody}

// checkAccount says what is wrong with what an account is called and may do.
func checkAccount(u User) error {
	switch name := u.Name; {
	case name == "" || utf8.RuneCountInString(name) > maxName || name != strings.TrimSpace(name) || !oneLine(name):
		return fault.ErrInvalid.Errorf("name: expected 1 to %d characters on one line, without spaces around them", maxName).With("field", "name")
	case strings.Contains(name, ":"):
		return fault.ErrInvalid.Errorf("name: a colon cannot be part of it, since it ends the name in Basic credentials").With("field", "name")
	case isAccessKey(name):
		return fault.ErrInvalid.Errorf("name: this has the form of an access key").With("field", "name")
	case slices.ContainsFunc(reserved, func(i Identity) bool { return sameName(i.Name, name) }):
		return fault.ErrInvalid.Errorf("name: %q is what the server itself is called in the audit", name).With("field", "name")
	case !u.Role.Valid():
		return fault.ErrInvalid.Errorf("role: %q is unknown; expected guest, member or admin", u.Role).With("field", "role")
	}
	for _, part := range [][2]string{{"given_name", u.GivenName}, {"family_name", u.FamilyName}} {
		if utf8.RuneCountInString(part[1]) > maxName || !oneLine(part[1]) {
			return fault.ErrInvalid.Errorf("%s: expected at most %d characters on one line", part[0], maxName).With("field", part[0])
		}
	}
	if len(u.Avatar) > maxAvatar || !oneLine(u.Avatar) {
		return fault.ErrInvalid.Errorf("avatar: expected the address of a picture, of at most %d bytes", maxAvatar).With("field", "avatar")
	}
	if slices.ContainsFunc(reserved, func(i Identity) bool { return i.User == u.ID }) || len(u.ID) > maxID || strings.ContainsFunc(string(u.ID), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fault.ErrInvalid.Errorf("id: expected at most %d printable ASCII characters, and none of what the audit calls the server", maxID).With("field", "id")
	}
	return checkEmail(u.Email)
}

func checkEmail(email string) error {
	if email == "" {
		return nil
	}
	if a, err := mail.ParseAddress(email); err != nil || a.Address != email || len(email) > maxEmail {
		return ErrBadEmail.Errorf("email: %.100q is no address of mail", email).With("field", "email")
	}
	return nil
}

// checkPasswordText says what is wrong with a new password.
func checkPasswordText(password string) error {
	if n := utf8.RuneCountInString(password); n < minPassword || n > maxPassword {
		return fault.ErrInvalid.Errorf("password: expected %d to %d characters", minPassword, maxPassword).With("field", "password")
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
