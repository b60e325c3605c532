package hocon_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/client/internal/hocon"
)

// shown is a value as JSON, scalars as the texts that they are.
func shown(v hocon.Value) string {
	switch v := v.(type) {
	case hocon.Text:
		var text strings.Builder
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		_ = e.Encode(string(v)) // a text
		return strings.TrimSpace(text.String())
	case hocon.List:
		var items []string
		for _, item := range v {
			items = append(items, shown(item))
		}
		return "[" + strings.Join(items, ",") + "]"
	case *hocon.Object:
		var items []string
		for _, key := range v.Keys() {
			items = append(items, shown(hocon.Text(key))+":"+shown(v.Field(key)))
		}
		return "{" + strings.Join(items, ",") + "}"
	}
	return "null"
}

func environment(name string) (string, bool) {
	v, ok := map[string]string{"USER": "ada", "BUCKET_KEY": "from env", "EMPTY": "", "path.with.dots": "dotted"}[name]
	return v, ok
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ expectation, text, want string }{
		{"nothing", "", `{}`},
		{"only comments", "# one\n// two\n", `{}`},
		{"JSON", `{"a": {"b": [1, true, null, "x"]}}`, `{"a":{"b":["1","true","x"]}}`},
		{"keys in quotes may hold dots", `"a.b".c = 1`, `{"a.b":{"c":"1"}}`},
		{"a key goes on over quotes", `a."b"c d : 1`, `{"a":{"bc d":"1"}}`},
		{"sections need no separator", "a { b { c : 1 } }", `{"a":{"b":{"c":"1"}}}`},
		{"a value may stand on the next line", "a =\n\n  1", `{"a":"1"}`},
		{"nothing behind the separator is an empty text", "a {b: }\nc:", `{"a":{"b":""},"c":""}`},
		{"addresses need no quotes", "a: http://host:8080/x?y=z&q", `{"a":"http://host:8080/x?y=z&q"}`},
		{"a comment behind an address", "a: http://host:8080 // web\nb: x//y", `{"a":"http://host:8080","b":"x"}`},
		{"an address behind a substitution", "h: host\na: http://${h}:8080/x", `{"h":"host","a":"http://host:8080/x"}`},
		{"hashes begin comments outside of quotes", "a: b#c\nd: \"e#f\"", `{"a":"b","d":"e#f"}`},
		{"texts without quotes keep the blanks between their words", "a: one  two three  ", `{"a":"one  two three"}`},
		{"texts beside each other are put together", `a: "one" two "three"`, `{"a":"one two three"}`},
		{"null beside a text is a word", `a: null and void`, `{"a":"null and void"}`},
		{"equal signs in a text", "a: c2VjcmV0Cg==\nb = x=y", `{"a":"c2VjcmV0Cg==","b":"x=y"}`},
		{"a dollar that begins no substitution", "a: pa$$word\nb: $", `{"a":"pa$$word","b":"$"}`},
		{"escapes", `a: "\u00e4\ud83d\ude00\n\"\\" , b: "C:\data\lab"`, `{"a":"ä😀\n\"\\","b":"C:\\data\\lab"}`},
		{"three quotes", "a: \"\"\"one\n\"two\"\\n\"\"\"\"", `{"a":"one\n\"two\"\\n\""}`},
		{"the later one wins", "a: 1\na: 2", `{"a":"2"}`},
		{"sections are merged", "a: {b: 1, c: 1}\na: {c: 2, d: 2}\na.e = 3", `{"a":{"b":"1","c":"2","d":"2","e":"3"}}`},
		{"a text ends a section, and begins none", "a: {b: 1}\na: x\nc: x\nc: {d: 1}", `{"a":"x","c":{"d":"1"}}`},
		{"null takes a value away", "a: 1\na: null", `{}`},
		{"lists grow", "a += 1\na += [2]\na += {b: 3}", `{"a":["1",["2"],{"b":"3"}]}`},
		{"lists beside each other", "a: [1] [2, 3]", `{"a":["1","2","3"]}`},
		{"list items end with their lines", "a: [\n 1\n 2, # two\n 3,\n]", `{"a":["1","2","3"]}`},
		{"sections beside each other", "b: {x: 1, y: 1}\na: ${b} {y: 2}", `{"b":{"x":"1","y":"1"},"a":{"x":"1","y":"2"}}`},
		{"a substitution of what comes later", "a: ${b.c}\nb: {c: 1}", `{"a":"1","b":{"c":"1"}}`},
		{"of the latest value", "a: ${b}\nb: 1\nb: 2", `{"a":"2","b":"2"}`},
		{"in lists", "b: 1\na: [${b}, ${?nope}, x ${b}]", `{"b":"1","a":["1","x 1"]}`},
		{"of the environment", "a: ${USER}\nb: ${?USER} /x", `{"a":"ada","b":"ada /x"}`},
		{"the file comes before the environment", "USER: bob\na: ${USER}", `{"USER":"bob","a":"bob"}`},
		{"an empty variable is there", "a: 1\na: ${?EMPTY}", `{"a":""}`},
		{"variables with dots", "a: ${path.with.dots}", `{"a":"dotted"}`},
		{"optional ones leave what was before", "a: 1\na: ${?nope}\nb: ${?nope}", `{"a":"1"}`},
		{"and nothing beside a text", "a: ${?nope}x", `{"a":"x"}`},
		{"not within quotes", `a: "${USER}"`, `{"a":"${USER}"}`},
		{"a value may go on with itself", "a: /bin\na: ${a}\":/usr/bin\"", `{"a":"/bin:/usr/bin"}`},
		{"more than once", "a: [1]\na: ${a} [2]\na: ${a} [3]", `{"a":["1","2","3"]}`},
		{"also with the environment before it", "USER: ${USER}\"!\"", `{"USER":"ada!"}`},
		{"a section may refer to its own parts", "a: {b: ${a.c}, c: 1}\na.c = 2", `{"a":{"b":"2","c":"2"}}`},
		{"even when it is laid over another", "d: {y: 1}\na: ${d}\na: {x: ${a.y}}", `{"d":{"y":"1"},"a":{"y":"1","x":"1"}}`},
		{"a key that is called include", "include = 1\nincludes: 2", `{"include":"1","includes":"2"}`},
		{"line ends of Windows", "a: 1\r\nb: {\r\n c: x y\r\n}\r\n", `{"a":"1","b":{"c":"x y"}}`},
		{"a byte order mark", "\ufeffa: 1", `{"a":"1"}`},
		{"commas to spare", "a: {b: 1,,c: 2,},\n", `{"a":{"b":"1","c":"2"}}`},
	} {
		t.Run(c.expectation, func(t *testing.T) {
			got, err := hocon.Parse("test.conf", []byte(c.text), hocon.Options{Env: environment})
			if err != nil {
				t.Fatal(err)
			}
			if shown(got) != c.want {
				t.Errorf("got  %s\nwant %s", shown(got), c.want)
			}
		})
	}
}

func TestParseTellsWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ expectation, text, want string }{
		{"an open section", "a {\n b: 1\n", "test.conf:3: a section was not closed"},
		{"an open list", "a: [1, 2\n", "test.conf:2: a list was not closed"},
		{"an open text", "a: \"x\nb: 1", "test.conf:1: a text was not closed"},
		{"an open text of three quotes", `a: """x"`, "test.conf:1: a text was not closed"},
		{"an open substitution", "a: ${x\n", "test.conf:1: a substitution was not closed"},
		{"a brace too many", "a: 1 }", "test.conf:1: there is no section for this }"},
		{"no separator", "a 1\n", `test.conf:1: "\n" was not expected after the key a 1`[:13]},
		{"no key", "= 1", `"= 1" was not expected here: expected a key`},
		{"an empty part of a key", "a..b = 1", "a key has an empty part"},
		{"a required substitution of nothing", "\na: ${nope}", "test.conf:2: ${nope} is neither set in the file nor in the environment"},
		{"a circle", "a: ${b}\nb: ${a}", "leads to itself"},
		{"a text beside a section", "a: x {b: 1}", `the text "x" and a section cannot be put together`},
		{"a missing include that is required", `include required("nope.conf")`, "nope.conf"},
		{"an include from elsewhere", `include url("http://host/x.conf")`, "only files are included"},
		{"bytes that are no text", "a: \xff", "not UTF-8"},
	} {
		t.Run(c.expectation, func(t *testing.T) {
			got, err := hocon.Parse("test.conf", []byte(c.text), hocon.Options{Env: environment})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %s, error %v, want one with %q", shown(got), err, c.want)
			}
		})
	}
}

// A file cannot make more of itself than the limits allow, whatever it says.
func TestParseEndsWithinItsLimits(t *testing.T) {
	var doubling, grow strings.Builder
	doubling.WriteString("a0: lol\nn0: ${?nope}\n")
	for i := range 60 {
		fmt.Fprintf(&doubling, "a%d: ${a%d}${a%d}\nn%d: ${?n%d}${?n%d}\n", i+1, i, i, i+1, i, i)
	}
	for i := range 1000 {
		fmt.Fprintf(&grow, "list += %d\nsection: ${?section} {k%d: 1}\n", i, i)
	}
	chain := ""
	for i := range 5000 {
		chain += fmt.Sprintf("v%d: ${v%d}\n", i, i+1)
	}
	itself := func(string) ([]byte, error) { return []byte(`include "again.conf"`), nil }
	for _, c := range []struct{ expectation, text, want string }{
		{"doubling texts", doubling.String(), "substitutions make more than"},
		{"deep sections", strings.Repeat("a {", 5000), "more than 100 deep"},
		{"deep lists", "a: " + strings.Repeat("[", 5000), "more than 100 deep"},
		{"a file that includes itself", `include "again.conf"`, "more than 10 files include each other"},
		{"a long chain", chain, "more than 1000 deep"},
		{"a large file", strings.Repeat("#", 2<<20), "at most 1048576 are read"},
		{"but lists and sections may grow", grow.String(), ""},
	} {
		t.Run(c.expectation, func(t *testing.T) {
			got, err := hocon.Parse("test.conf", []byte(c.text), hocon.Options{Read: itself})
			if c.want == "" {
				if err != nil || len(got.Texts("list")) != 1000 || len(got.Object("section").Keys()) != 1000 {
					t.Errorf("got %d items, %d keys, error %v", len(got.Texts("list")), len(got.Object("section").Keys()), err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestLoadReadsWhatPeopleWrite(t *testing.T) {
	o, err := hocon.Load("testdata/clearml.conf", environment)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"api.api_server":                                `"http://coffer.lab:8008"`,
		"api.files_server":                              `"http://coffer.lab:8081"`,
		"api.credentials.secret_key":                    `"s3cr#t/with=signs"`,
		"sdk.storage.direct_access":                     `[{"url":"file://*"}]`,
		"sdk.storage.path_substitution":                 `[{"registered_prefix":"s3://bucket/research","local_prefix":"file:///mnt/shared/bucket/research"},{"registered_prefix":"/nfs/old","local_prefix":"/nfs/new"}]`,
		"sdk.storage.http.legacy_fileservers":           `[]`,
		"sdk.metrics.images":                            `{"format":"JPEG","quality":"87","subsampling":"0"}`,
		"sdk.aws.s3.key":                                `null`,
		"sdk.aws.s3.credentials":                        `[{"bucket":"my-bucket","key":"from env","secret":"my-secret-key"},{"host":"minio.lab:9000","key":"12345678","secret":"0012","multipart":"false","secure":"false"}]`,
		"sdk.google.storage.credentials":                `[{"bucket":"one"},{"bucket":"two","subdir":"deep/er"}]`,
		"sdk.azure.storage.containers":                  `[{"account_name":"lab","account_key":"c2VjcmV0Cg=="}]`,
		"sdk.development.default_output_uri":            `"s3://minio.lab:9000/artifacts"`,
		"sdk.development.log_os_environments":           `["AWS_*","CUDA_VERSION","TEAM"]`,
		"sdk.development.worker.report_period_sec":      `"2"`,
		"sdk.network.metrics.file_upload_threads":       `"4"`,
		"sdk.scratch":                                   `"~/.clearml/cache/scratch"`,
		"sdk.scratch_of":                                `"ada's scratch"`,
		"windows":                                       `"C:\\data\\lab"`,
		"sdk.development.worker.report_period_sec.deep": `null`,
	} {
		if got := shown(o.Get(path)); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
	if n, err := o.Size("sdk.storage.cache.size.min_free_bytes", 0); n != 10<<30 || err != nil {
		t.Errorf("min_free_bytes: got %d, error %v", n, err)
	}
	if n, err := o.Int("sdk.development.task_reuse_time_window_in_hours", 0); n != 72 || err != nil {
		t.Errorf("reuse window: got %d, error %v", n, err)
	}
	if chain, err := o.Bool("sdk.aws.s3.use_credentials_chain", true); chain || err != nil {
		t.Errorf("use_credentials_chain: got %t, error %v", chain, err)
	}
}

func TestScalarsAreReadByWhoeverAsks(t *testing.T) {
	o, err := hocon.Parse("test.conf", []byte("yes: Yes\nno: off\nn: 1e3\nbad: x\nsize: 1.5 MiB\nminus: -1\none: a\nmany: [a, {b: 1}, c]"), hocon.Options{})
	if err != nil {
		t.Fatal(err)
	}
	yes, _ := o.Bool("yes", false)
	no, _ := o.Bool("no", true)
	other, _ := o.Bool("nope", true)
	n, _ := o.Int("n", 0)
	size, _ := o.Size("size", 0)
	minus, _ := o.Size("minus", 0)
	if !yes || no || !other || n != 1000 || size != 3<<19 || minus != -1 {
		t.Error(yes, no, other, n, size, minus)
	}
	if !slices.Equal(o.Texts("one"), []string{"a"}) || !slices.Equal(o.Texts("many"), []string{"a", "c"}) || len(o.Objects("many")) != 1 {
		t.Error(o.Texts("one"), o.Texts("many"), o.Objects("many"))
	}
	for _, ask := range []func() error{
		func() error { _, err := o.Bool("bad", false); return err },
		func() error { _, err := o.Int("bad", 0); return err },
		func() error { _, err := o.Size("bad", 0); return err },
	} {
		if err := ask(); err == nil || !strings.Contains(err.Error(), `bad: "x" is not valid`) {
			t.Errorf("got error %v", err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"testdata/clearml.conf", "testdata/team.conf"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	for _, text := range []string{"a: ${b}\nb: ${?a}", "a += 1\na += ${a}", "a: [1] {b", "include \"x\"", "a: {b: ${a}}", "a.b.c: \"\"\"x\"\"\" y"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		begin := time.Now()
		read := func(string) ([]byte, error) { return []byte("inner: ${?a} x\na += 1"), nil }
		first, err := hocon.Parse("fuzz.conf", []byte(text), hocon.Options{Env: environment, Read: read})
		if took := time.Since(begin); took > 20*time.Second {
			t.Fatalf("took %s", took)
		}
		if err != nil {
			return
		}
		// What was read is JSON, which is HOCON again, with the same meaning.
		again, err := hocon.Parse("again.conf", []byte(shown(first)), hocon.Options{})
		if err != nil {
			t.Fatalf("%v in %s", err, shown(first))
		}
		if shown(again) != shown(first) {
			t.Errorf("got  %s\nwant %s", shown(again), shown(first))
		}
	})
}
