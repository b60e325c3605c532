package fileserver

import "strings"

// partName reads the name out of a Content-Disposition header of a form, and
// whether the part is a file. The name is taken to the letter: clients put
// whole paths there, in raw UTF-8, with percent signs and semicolons that mean
// themselves. Only the escapes that browsers and the Python libraries make
// inside quotes are undone: a backslash before a quote or a backslash.
//
// The standard library's parser decodes and cleans, which would lose names.
func partName(header string) (name string, isFile bool, err error) {
	kind, rest, _ := strings.Cut(header, ";")
	if !strings.EqualFold(strings.TrimSpace(kind), "form-data") {
		return "", false, errBody.Errorf("a part of the form has no Content-Disposition: form-data")
	}
	named := false
	for rest = strings.TrimSpace(rest); rest != ""; {
		var key, value string
		if key, value, rest, err = parameter(rest); err != nil {
			return "", false, err
		}
		switch strings.ToLower(key) {
		case "name":
			if named { // which one a proxy looked at is not for us to guess
				return "", false, errBody.Errorf("a part of the form is named twice, %.40q and %.40q; the name is the path of the file", name, value)
			}
			name, named = value, true
		case "filename", "filename*":
			isFile = true
		}
	}
	if !named {
		return "", false, errBody.Errorf("a part of the form has no name; the name is the path of the file")
	}
	return name, isFile, nil
}

// parameter cuts key=value or key="value" off the front of s.
func parameter(s string) (key, value, rest string, err error) {
	key, after, ok := strings.Cut(s, "=")
	if !ok {
		return "", "", "", errBody.Errorf("the Content-Disposition of a part ends in %.40q; expected key=value", s)
	}
	key, after = strings.TrimSpace(key), strings.TrimSpace(after)
	if !strings.HasPrefix(after, `"`) {
		value, rest, _ = strings.Cut(after, ";")
		return key, strings.TrimSpace(value), strings.TrimSpace(rest), nil
	}
	var b strings.Builder
	for i := 1; i < len(after); i++ {
		switch c := after[i]; {
		case c == '\\' && i+1 < len(after) && (after[i+1] == '"' || after[i+1] == '\\'):
			i++
			b.WriteByte(after[i])
		case c == '"':
			rest = strings.TrimSpace(after[i+1:])
			rest = strings.TrimSpace(strings.TrimPrefix(rest, ";"))
			return key, b.String(), rest, nil
		default:
			b.WriteByte(c)
		}
	}
	return "", "", "", errBody.Errorf("the Content-Disposition of a part has a quote that never ends")
}
