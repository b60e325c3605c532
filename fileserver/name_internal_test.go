package fileserver

import (
	"errors"
	"mime"
	"strings"
	"testing"
)

// escape writes a name as the Python libraries and curl do.
var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// FuzzPartName checks that any name comes back as it was written, that a
// refusal is the caller's, and that where the standard library reads a plain
// header it reads the same.
func FuzzPartName(f *testing.F) {
	for _, seed := range [][2]string{
		{"/p/t.1/artifacts/a/a.npz", `form-data; name="/a"; filename="/a"`},
		{`a"b\c`, `form-data; name=a; filename=b`},
		{"prüf %231/ä", `form-data; name="a`},
		{"../../etc/passwd", `attachment; name="a"`},
		{"a;b=c", `form-data; name="a"; name="b"`},
		{"", `form-data; filename="a"`},
		{"\x00\xff", `form-data; name`},
		{`\`, "form-data; name*=UTF-8''a; filename=\"x\""},
		{`\\"`, `form-data; name="\\\"`},
		{"a\r\nb", `FORM-DATA;name = "a" ; filename`},
		{"a%22b", `form-data; name="a" junk; filename="b"`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, name, header string) {
		written := `form-data; name="` + escape.Replace(name) + `"; filename="` + escape.Replace(name) + `"`
		if got, isFile, err := partName(written); err != nil || got != name || !isFile {
			t.Fatalf("%q reads as %q, %v, %v", written, got, isFile, err)
		}
		got, _, err := partName(header)
		if err != nil && !errors.Is(err, errBody) {
			t.Fatalf("%q is refused with %v", header, err)
		}
		kind, params, merr := mime.ParseMediaType(header)
		if strings.ContainsAny(header, `\*`) || merr != nil || kind != "form-data" {
			return // what the standard library decodes, and what it does not take
		}
		if lower := strings.ToLower(header); strings.Count(lower, "name")-strings.Count(lower, "filename") > 1 {
			return // the same name twice, which it takes and we do not
		}
		want, named := params["name"]
		if named != (err == nil) || named && got != want {
			t.Fatalf("%q reads as %q, %v; the standard library reads %q, %v", header, got, err, want, named)
		}
	})
}
