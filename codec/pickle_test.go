package codec_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/codec"
)

// texts reads a table of names and what Python prints.
func texts(t testing.TB, path string) map[string]string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPicklesOfAllProtocols(t *testing.T) {
	for name, want := range texts(t, "testdata/pickles/repr.json") {
		for protocol := range 6 {
			t.Run(fmt.Sprintf("%s.%d", name, protocol), func(t *testing.T) {
				b, err := os.ReadFile(filepath.Join("testdata/pickles", fmt.Sprintf("%s.%d.pkl", name, protocol)))
				if err != nil {
					t.Fatal(err)
				}
				v, err := codec.Decode(bytes.NewReader(b), int64(len(b)), codec.Record{Type: codec.TypePickle}, codec.Limits{})
				if err != nil {
					t.Fatal(err)
				}
				if got := codec.PyRepr(v); got != want {
					t.Errorf("got %.400s\nwant %.400s", got, want)
				}
			})
		}
	}
}

func TestTablesPrintAsInPandas(t *testing.T) {
	for file, want := range texts(t, "testdata/tables/repr.json") {
		t.Run(file, func(t *testing.T) {
			v := table(t, file)
			if got := codec.PyRepr(v); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// table reads a file of testdata/tables by its extension.
func table(t testing.TB, file string) any {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata/tables", file))
	if err != nil {
		t.Fatal(err)
	}
	_, ext, _ := strings.Cut(file, ".")
	content := map[string]string{"csv.gz": "text/csv"}[ext]
	if content == "" {
		content = "application/" + ext
	}
	return decode(t, b, codec.Record{Type: codec.TypePandas, ContentType: content, File: file})
}

// pickled builds a pickle of protocol 4 from opcodes.
func pickled(ops string) []byte { return []byte("\x80\x04" + ops + ".") }

func TestPicklesThatWouldRunCode(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "ran")
	for name, c := range map[string]struct {
		ops, names string
	}{
		"os.system":            {"cos\nsystem\n(S'touch " + marker + "'\ntR", "os.system"},
		"posix.system":         {"cposix\nsystem\n(X\x04\x00\x00\x00truetR", "posix.system"},
		"eval":                 {"c__builtin__\neval\n(S'1+1'\ntR", "builtins.eval"},
		"exec by stack":        {"\x8c\x08builtins\x8c\x04exec\x93\x8c\x01x\x85R", "builtins.exec"},
		"subprocess":           {"csubprocess\nPopen\n(](S'true'\netR", "subprocess.Popen"},
		"getattr chain":        {"cbuiltins\ngetattr\n(cos\n__dict__\nS'get'\ntR(S'system'\ntR", "builtins.getattr"},
		"reduce of a reduce":   {"cbuiltins\ngetattr\n(cbuiltins\n__import__\n(S'os'\ntRS'system'\ntR(S'true'\ntR", "builtins.getattr"},
		"a class of its own":   {"c__main__\nModel\n)\x81}b", "__main__.Model"},
		"a function by itself": {"cos\nsystem\n", "os.system"},
		"inst":                 {"(S'true'\nios\nsystem\n", "os.system"},
		"obj":                  {"(cos\nsystem\nS'true'\no", "os.system"},
		"in a list":            {"](cos\nsystem\nS'true'\n\x85Re", "os.system"},
		"as a state":           {"cpandas\nDataFrame\n)\x81}(X\x04\x00\x00\x00_mgrcos\nsystem\nS'true'\n\x85Rub", "no blocks"},
		"an array's class":     {"cnumpy._core.multiarray\n_reconstruct\n(cos\nsystem\nK\x00\x85C\x01btR(K\x01K\x00\x85Ntb", "class of its own"},
		"a factory":            {"ccollections\nOrderedDict\n(cos\nsystem\ntR", "arguments"},
		"a time zone":          {"cdatetime\ndatetime\n(C\x0a\x07\xe8\x01\x01\x00\x00\x00\x00\x00\x00cos\nsystem\nS'true'\n\x85RtR", "os.system"},
		"persistent":           {"S'id'\nQ", "outside of the pickle"},
		"extension":            {"\x82\x01", "extension"},
	} {
		b := pickled(c.ops)
		v, err := codec.Decode(bytes.NewReader(b), int64(len(b)), codec.Record{Type: codec.TypePickle}, codec.Limits{})
		ours := errors.Is(err, codec.ErrUnsafe) || errors.Is(err, codec.ErrFormat)
		if !ours || !strings.Contains(err.Error(), c.names) {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
	if _, err := os.Stat(marker); !os.IsNotExist(err) {
		t.Error("a pickle ran code")
	}
}

func TestPicklesOfHostileShape(t *testing.T) {
	l := codec.Limits{Bytes: 16 << 20, Depth: 100, Values: 100_000}
	laughs := "](" + strings.Repeat("K\x01", 10) + "eq\x00"
	for i := range 9 {
		laughs += "](" + strings.Repeat("h"+string(rune(i)), 10) + "eq" + string(rune(i+1))
	}
	called := "ccollections\ndeque\n](" + strings.Repeat("K\x01", 10) + "e\x85Rq\x00"
	for i := range 9 {
		called += "ccollections\ndeque\n](" + strings.Repeat("h"+string(rune(i)), 10) + "e\x85Rq" + string(rune(i+1))
	}
	array := func(shape, data string) string {
		return "cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85C\x01btR(K\x01" + shape +
			"cnumpy\ndtype\n(X\x02\x00\x00\x00f8\x89\x88tR(K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89" + data + "tb"
	}
	for name, c := range map[string]struct {
		b    []byte
		want error
	}{
		"billion laughs":       {pickled(laughs), codec.ErrTooLarge},
		"laughs through calls": {pickled(called), codec.ErrTooLarge},
		"nesting":              {pickled(strings.Repeat("]", 5000) + strings.Repeat("a", 4999)), codec.ErrTooLarge},
		"tuples in tuples":     {pickled("N" + strings.Repeat("\x85", 5000)), codec.ErrTooLarge},
		"calls of calls":       {pickled("cos\nsystem\n" + strings.Repeat(")R", 5000)), codec.ErrUnsafe},
		"memo bomb":            {pickled(strings.Repeat("N\x94", 1<<20)), codec.ErrTooLarge},
		"stack bomb":           {pickled("N" + strings.Repeat("2", 2<<20)), codec.ErrTooLarge},
		"mark bomb":            {pickled(strings.Repeat("(", 2<<20)), codec.ErrTooLarge},
		"itself":               {pickled("]\x94h\x00a"), codec.ErrType},
		"bytes of a petabyte":  {pickled("\x8e\x00\x00\x00\x00\x00\x00\x04\x00"), codec.ErrFormat},
		"text of -1 bytes":     {pickled("\x8d\xff\xff\xff\xff\xff\xff\xff\xff"), codec.ErrFormat},
		"digits":               {pickled("L" + strings.Repeat("9", 100_000) + "L\n"), codec.ErrTooLarge},
		"array of a petabyte":  {pickled(array("\x8a\x07\x00\x00\x00\x00\x00\x00\x04\x85", "C\x00")), codec.ErrTooLarge},
		"array without bytes":  {pickled(array("K\x0a\x85", "C\x01x")), codec.ErrFormat},
		"empty":                {nil, codec.ErrFormat},
		"cut":                  {[]byte("\x80\x04]"), codec.ErrFormat},
		"nothing on the stack": {[]byte("\x80\x04."), codec.ErrFormat},
		"no such place":        {pickled("h\x07"), codec.ErrFormat},
		"a set of a number":    {pickled("K\x01(K\x02e"), codec.ErrFormat},
	} {
		v, err := codec.Decode(bytes.NewReader(c.b), int64(len(c.b)), codec.Record{Type: codec.TypePickle}, l)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %.100v, %v", name, v, err)
		}
	}
}

func TestPicklesAreListed(t *testing.T) {
	b := pickled("cos\nsystem\n(S'true'\ntR0\x8c\x05numpy\x94\x8c\x05dtype\x93h\x00\x8c\x07ndarray\x93\x86")
	list, err := codec.PickleListing(bytes.NewReader(b), int64(len(b)), 3)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(list.Imports, " "); got != "numpy.dtype numpy.ndarray os.system" || list.Protocol != 4 || !list.Truncated {
		t.Errorf("imports %s of protocol %d", got, list.Protocol)
	}
	if got := fmt.Sprint(list.Ops); got != "[{0 PROTO 4} {2 GLOBAL os system} {13 MARK }]" {
		t.Errorf("ops %s", got)
	}
}

// TestTablesComeBack writes what pandas wrote in every format and compares
// what pandas would print.
func TestTablesComeBack(t *testing.T) {
	for file, want := range texts(t, "testdata/tables/repr.json") {
		if !strings.HasSuffix(file, ".parquet") {
			continue
		}
		for _, c := range []codec.Codec{codec.Parquet{}, codec.Feather{}} {
			b, rec := write(t, c, table(t, file))
			if got := codec.PyRepr(decode(t, b, rec)); got != want || rec.Preview != want {
				t.Errorf("%T of %s: got\n%s\nwant\n%s", c, file, got, want)
			}
		}
	}
	nested := table(t, "nested.parquet")
	for _, c := range []codec.Codec{codec.Parquet{}, codec.Feather{}} {
		b, rec := write(t, c, nested)
		if got, want := fmt.Sprint(decode(t, b, rec)), fmt.Sprint(nested); got != want {
			t.Errorf("%T of lists and structs: got\n%s\nwant\n%s", c, got, want)
		}
	}
}

// TestTablesAsCSV compares with what pandas wrote and read of the same.
func TestTablesAsCSV(t *testing.T) {
	for file, want := range texts(t, "testdata/tables/repr.json") {
		name, ok := strings.CutSuffix(file, ".csv.gz")
		if !ok {
			continue
		}
		b, rec := write(t, codec.CSVGzip{}, table(t, name+".pickle"))
		if got := codec.PyRepr(decode(t, b, rec)); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
		}
		theirs, err := os.ReadFile(filepath.Join("testdata/tables", file))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := gunzip(t, b), gunzip(t, theirs); !bytes.Equal(got, want) {
			t.Errorf("%s: got\n%.300s\nwant\n%.300s", file, got, want)
		}
	}
}

func gunzip(t testing.TB, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
