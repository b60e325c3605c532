package rpc

import (
	"fmt"
	"strconv"
	"strings"
)

// version is a protocol version. Components compare as numbers: 2.9 < 2.13.
type version struct{ major, minor int }

// parseVersion reads "2.34", "2" is none: a version has at least two digits,
// the dot between them being optional.
func parseVersion(text string) (version, error) {
	major, minor, dotted := strings.Cut(text, ".")
	if !dotted {
		if len(text) < 2 {
			return version{}, ErrPath.Errorf("the version %q has too few digits; expected X.Y", text)
		}
		major, minor = text[:1], text[1:]
	}
	if len(minor) > 1 && minor[0] == '0' || len(major) > 1 && major[0] == '0' {
		return version{}, ErrLeadingZero.Errorf("the version %q has a leading zero", text)
	}
	v := version{}
	var err error
	if v.major, err = number(major); err != nil {
		return version{}, ErrPath.Wrap(err, "the version %q is none; expected X.Y", text)
	}
	if v.minor, err = number(minor); err != nil {
		return version{}, ErrPath.Wrap(err, "the version %q is none; expected X.Y", text)
	}
	return v, nil
}

func number(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	return strconv.Atoi(text)
}

func (v version) less(o version) bool {
	return v.major < o.major || v.major == o.major && v.minor < o.minor
}

// String returns the version as it is written.
func (v version) String() string { return fmt.Sprintf("%d.%d", v.major, v.minor) }

// wire returns the version as the envelope shows it: a number below 2.1.
func (v version) wire(requested version) any {
	if requested.less(version{2, 1}) {
		f, _ := strconv.ParseFloat(v.String(), 64)
		return f
	}
	return v.String()
}
