package codec_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/big"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/codec"
)

type layer struct {
	Width int     `json:"width"`
	Drop  float64 `json:"drop,omitempty"`
}

type settings struct {
	layer
	Name    string            `json:"name"`
	Rate    float64           `json:"rate"`
	Narrow  float32           `json:"narrow"`
	Layers  []layer           `json:"layers"`
	Labels  map[string]string `json:"labels"`
	When    time.Time         `json:"when"`
	Hidden  int               `json:"-"`
	Missing *int              `json:"missing"`
}

// TestJSONIsWrittenAsByPython holds the text that json.dumps(sort_keys=True,
// indent=4) gives for the same values.
func TestJSONIsWrittenAsByPython(t *testing.T) {
	huge, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	for _, c := range []struct {
		value any
		want  string
	}{
		{map[string]any{}, "{}"},
		{map[string]any{"b": 1, "a": 1.0, "größe": "日本語🎛", "e": []any{}, "n": nil}, `{
    "a": 1.0,
    "b": 1,
    "e": [],
    "gr\u00f6\u00dfe": "\u65e5\u672c\u8a9e\ud83c\udf9b",
    "n": null
}`},
		{map[string]any{"x": 1e16, "y": 1e-5, "z": math.Inf(-1), "big": huge, "html": "<&>\x7f\"\\\n"}, `{
    "big": 123456789012345678901234567890,
    "html": "<&>\u007f\"\\\n",
    "x": 1e+16,
    "y": 1e-05,
    "z": -Infinity
}`},
		{
			&settings{layer: layer{Width: 3}, Name: "n", Rate: 2, Narrow: 0.1, Layers: []layer{{1, 0.5}}, When: time.Unix(0, 0).UTC(), Hidden: 7},
			`{
    "labels": null,
    "layers": [
        {
            "drop": 0.5,
            "width": 1
        }
    ],
    "missing": null,
    "name": "n",
    "narrow": 0.1,
    "rate": 2.0,
    "when": "1970-01-01T00:00:00Z",
    "width": 3
}`,
		},
	} {
		b, rec := write(t, codec.JSON{}, c.value)
		if string(b) != c.want || rec.Preview != c.want {
			t.Errorf("got %s\nwant %s", b, c.want)
		}
	}
}

func TestDictsComeBack(t *testing.T) {
	sent := map[string]any{
		"int": int64(1), "float": 1.0, "text": "x: y", "yes": "yes", "null": nil, "bool": true, "number": "1",
		"list": []any{int64(1), []any{}, map[string]any{}, map[string]any{"a": "b"}}, "exp": 1e-7, "inf": math.Inf(1),
	}
	for _, c := range []codec.Codec{codec.JSON{}, codec.YAML{}} {
		b, rec := write(t, c, sent)
		if got := decode(t, b, rec); !reflect.DeepEqual(got, sent) {
			t.Errorf("%T: got %#v\nfrom %s", c, got, b)
		}
	}
}

func TestDictsAsStructs(t *testing.T) {
	sent := settings{Name: "n", Rate: 0.5, Layers: []layer{{Width: 1}}, When: time.Unix(1e9, 0).UTC()}
	for _, c := range []codec.Codec{codec.JSON{}, codec.YAML{}} {
		b, rec := write(t, c, sent)
		got, err := codec.As[settings](decode(t, b, rec))
		if err != nil {
			t.Fatalf("%T: %v", c, err)
		}
		if !reflect.DeepEqual(got, sent) {
			t.Errorf("%T: got %+v", c, got)
		}
	}
	if _, err := codec.As[settings](codec.Array([]int{1})); !errors.Is(err, codec.ErrType) {
		t.Errorf("an array as a struct: %v", err)
	}
}

func TestTextsOfHostileShape(t *testing.T) {
	l := codec.Limits{Bytes: 1 << 20, Depth: 50, Values: 10_000}
	for name, c := range map[string]struct {
		rec  codec.Record
		text string
		want error
	}{
		"json nesting":    {codec.Record{Type: codec.TypeDict, ContentType: "application/json"}, strings.Repeat("[", 100_000), codec.ErrTooLarge},
		"json values":     {codec.Record{Type: codec.TypeDict, ContentType: "application/json"}, "[" + strings.Repeat("0,", 20_000) + "0]", codec.ErrTooLarge},
		"json cut":        {codec.Record{Type: codec.TypeDict, ContentType: "application/json"}, `{"a": "b`, codec.ErrFormat},
		"json digits":     {codec.Record{Type: codec.TypeDict, ContentType: "application/json"}, strings.Repeat("9", 5000), codec.ErrTooLarge},
		"yaml nesting":    {codec.Record{Type: codec.TypeDict, ContentType: "application/yaml"}, strings.Repeat("[", 100_000), codec.ErrTooLarge},
		"yaml dashes":     {codec.Record{Type: codec.TypeDict, ContentType: "application/yaml"}, strings.Repeat("- ", 100_000), codec.ErrFormat},
		"yaml depth":      {codec.Record{Type: codec.TypeDict, ContentType: "application/yaml"}, strings.Repeat("[", 60) + strings.Repeat("]", 60), codec.ErrTooLarge},
		"yaml laughs":     {codec.Record{Type: codec.TypeDict, ContentType: "application/yaml"}, laughs(), codec.ErrTooLarge},
		"yaml itself":     {codec.Record{Type: codec.TypeDict, ContentType: "application/yaml"}, "a: &a [*a]", codec.ErrFormat},
		"yaml tag":        {codec.Record{Type: codec.TypeDict, ContentType: "application/yaml"}, "a: !!python/object/apply:os.system [true]", nil},
		"text over limit": {codec.Record{Type: codec.TypeString}, strings.Repeat("x", 2<<20), codec.ErrTooLarge},
		"text no utf-8":   {codec.Record{Type: codec.TypeString}, "\xff", codec.ErrFormat},
	} {
		v, err := codec.Decode(strings.NewReader(c.text), int64(len(c.text)), c.rec, l)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
}

// laughs is a YAML text of ten lists that each hold the next one ten times.
func laughs() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x]\n")
	for i := range 9 {
		c := string(rune('0' + i))
		n := string(rune('1' + i))
		b.WriteString("a" + n + ": &a" + n + " [" + strings.Repeat("*a"+c+", ", 9) + "*a" + c + "]\n")
	}
	return b.String()
}

func TestPreviewsAreCut(t *testing.T) {
	for n, cut := range map[int]bool{65535: false, 65536: true} {
		text := strings.Repeat("ä", n)
		b, rec := write(t, codec.Text{}, text)
		want := text
		if cut {
			want = "# full text too large to store, storing first 64kb\n" + text
		}
		if rec.Preview != want || !bytes.Equal(b, []byte(text)) || rec.Size != int64(len(text)) {
			t.Errorf("a text of %d characters: preview %.60q, size %d", n, rec.Preview, rec.Size)
		}
	}
}

func TestContentTypes(t *testing.T) {
	for name, want := range map[string]string{
		"a.txt": "text/plain", "a.csv.gz": "text/csv", "a.tgz": "application/x-tar", "a.JPG": "image/jpeg", "weights.cofferbin": "",
		".json": "", "s3://bucket/key.json": "application/json", "https://host": "", "a.tar.bz2": "application/x-tar", "a.npz": "", "a.parquet": "",
	} {
		if got := codec.GuessContentType(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestYAMLIsWrittenAsByPython compares with what PyYAML writes of the same
// trees: testdata/make_yaml.py made them.
func TestYAMLIsWrittenAsByPython(t *testing.T) {
	b, err := os.ReadFile("testdata/yaml.json")
	if err != nil {
		t.Fatal(err)
	}
	cases := decode(t, []byte(`{"cases": `+string(b)+`}`), codec.Record{Type: codec.TypeDict, ContentType: "application/json"})
	for i, c := range cases.(map[string]any)["cases"].([]any) {
		tree, want := c.(map[string]any)["tree"], c.(map[string]any)["yaml"].(string)
		got, rec := write(t, codec.YAML{}, tree)
		if string(got) != want {
			at := 0
			for at < min(len(got), len(want)) && got[at] == want[at] {
				at++
			}
			from := max(at-60, 0)
			t.Errorf("case %d, byte %d: got\n%q\nwant\n%q", i, at, got[from:min(at+60, len(got))], want[from:min(at+60, len(want))])
			continue
		}
		if back := decode(t, got, rec); !reflect.DeepEqual(back, tree) {
			t.Errorf("case %d: read %.300q\nof %.300q", i, fmt.Sprint(back), fmt.Sprint(tree))
		}
	}
}
