package codec_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/codec"
)

// hostileLimits are those under which hostile files are read, and the memory
// that reading one may ask for altogether: what is given back counts as well,
// so that the figure depends on no garbage collector.
var hostileLimits = codec.Limits{Bytes: 16 << 20, Rows: 100_000, Columns: 1000, Depth: 100, Members: 1000, Values: 200_000}

const hostileMemory = 128 << 20

// hostile is a file, and the kind of the error that it must give.
type hostile struct {
	b    []byte
	want error
}

// refuse reads each file whole and in parts.
func refuse(t *testing.T, rec codec.Record, files map[string]hostile) {
	t.Helper()
	for name, f := range files {
		t.Run(name, func(t *testing.T) {
			var v any
			var err error
			took := allocated(func() { v, err = codec.Decode(bytes.NewReader(f.b), int64(len(f.b)), rec, hostileLimits) })
			if !errors.Is(err, f.want) {
				t.Errorf("%.100v, %v", codec.PyRepr(v), err)
			}
			if took > hostileMemory {
				t.Errorf("a file of %d bytes took %d MB", len(f.b), took>>20)
			}
			took = allocated(func() { known(t, parts(f.b, rec, false)) })
			if took > 5*hostileMemory { // under fuzzLimits
				t.Errorf("parts of a file of %d bytes took %d MB", len(f.b), took>>20)
			}
		})
	}
}

// allocated is how many bytes fn asks for.
func allocated(fn func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fn()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestHostilePickles holds what grows by being named again and again: a memo
// makes a short file of it. What would run code is in pickle_test.go.
func TestHostilePickles(t *testing.T) {
	text := func(n int) string { // a text at place 0 of the memo, and not on the stack
		return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(n))) + strings.Repeat("a", n) + "q\x000"
	}
	objects := func(shape string, items string) string { // an array of objects
		return "cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85C\x01btR(K\x01" + shape +
			"\x85cnumpy\ndtype\n(X\x02\x00\x00\x00O8\x89\x88tR(K\x03X\x01\x00\x00\x00|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb\x89](" + items + "etb"
	}
	series := func(values, index string) string { // a Series of values
		block := "}(X\x06\x00\x00\x00values" + values + "X\x08\x00\x00\x00mgr_locscbuiltins\nslice\nK\x00K\x01K\x01\x87Ru"
		state := "}X\x06\x00\x00\x000.14.1}(X\x04\x00\x00\x00axes](" + index + "eX\x06\x00\x00\x00blocks](" + block + "eus"
		manager := "cpandas.core.internals.managers\nSingleBlockManager\n)\x81(]]]" + state + "tb"
		return "cpandas\nSeries\n)\x81}(X\x04\x00\x00\x00_mgr" + manager + "ub"
	}
	rangeOf := func(stop string) string {
		return "cpandas.core.indexes.base\n_new_Index\n(cpandas.core.indexes.range\nRangeIndex\n}(X\x04\x00\x00\x00nameNX\x05\x00\x00\x00startK\x00" +
			"X\x04\x00\x00\x00stop" + stop + "X\x04\x00\x00\x00stepK\x01utR"
	}
	digits := "\x8b" + string(binary.LittleEndian.AppendUint32(nil, 1<<20)) + strings.Repeat("\x7f", 1<<20)
	refuse(t, codec.Record{Type: codec.TypePickle}, map[string]hostile{
		"encoded again and again": {pickled(text(1<<16) + "](" + strings.Repeat("c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86R", 10_000) + "e"), codec.ErrTooLarge},
		"old texts again":         {pickled("T" + string(binary.LittleEndian.AppendUint32(nil, 1<<16)) + strings.Repeat("a", 1<<16) + "q\x000](" + strings.Repeat("h\x00", 50_000) + "e"), codec.ErrTooLarge},
		"a column of one text":    {pickled(text(1<<16) + series(objects("M\x10\x27", strings.Repeat("h\x00", 10_000)), rangeOf("M\x10\x27"))), codec.ErrTooLarge},
		"an index without end":    {pickled(series(objects("K\x01", "K\x01"), rangeOf("\x8a\x06\x00\x00\x00\x00\x00\x01"))), codec.ErrFormat},
		"a number of digits":      {pickled(digits), nil},
		"gzip that expands":       {gzipped(repeated(strings.Repeat("N", 1<<20), 40)...), codec.ErrTooLarge},
	})
}

// npyFile is an .npy file of this version with this header and data.
func npyFile(major byte, header, data string) []byte {
	b := []byte{0x93, 'N', 'U', 'M', 'P', 'Y', major, 0}
	if major == 1 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(header)))
	}
	return append(append(b, header...), data...)
}

func npyOf(descr, shape, data string) []byte {
	return npyFile(2, fmt.Sprintf("{'descr': %s, 'fortran_order': False, 'shape': %s, }", descr, shape), data)
}

func TestHostileArrays(t *testing.T) {
	giantHeader := npyFile(2, "{}", "")
	binary.LittleEndian.PutUint32(giantHeader[8:], 1<<32-1)
	fields := make([]string, 0, 20_000)
	for i := range cap(fields) {
		fields = append(fields, fmt.Sprintf("('f%d', '<f8')", i))
	}
	refuse(t, codec.Record{Type: codec.TypeNumPy}, map[string]hostile{
		"a petabyte":            {npyOf("'<f8'", "(1000000000000000,)", ""), codec.ErrTooLarge},
		"overflow to little":    {npyOf("'<f8'", "(4294967296, 4294967296, 2)", "12345678"), codec.ErrTooLarge},
		"overflow by the size":  {npyOf("'<c32'", "(4611686018427387904,)", ""), codec.ErrTooLarge},
		"many of no size":       {npyOf("'|S0'", "(1000000000000,)", ""), codec.ErrTooLarge},
		"many of no fields":     {npyOf("'|V0'", "(9223372036854775807,)", ""), codec.ErrTooLarge},
		"strings beyond memory": {npyOf("'|S1'", "(1000000,)", strings.Repeat("a", 1_000_000)), codec.ErrTooLarge},
		"a length over int64":   {npyOf("'<f8'", "(9223372036854775808,)", ""), codec.ErrFormat},
		"a length below zero":   {npyOf("'<f8'", "(-1,)", ""), codec.ErrFormat},
		"many dimensions":       {npyOf("'<f8'", "("+strings.Repeat("1,", 65)+")", "12345678"), codec.ErrTooLarge},
		"none of too many":      {npyOf("'<f8'", "(0, 9223372036854775807, 9223372036854775807)", ""), nil},
		"a header of 4 GB":      {giantHeader, codec.ErrTooLarge},
		"a header cut off":      {npyFile(1, "{'descr'", "")[:12], codec.ErrFormat},
		"nesting":               {npyOf(strings.Repeat("[('a', ", 5000), "(1,)", ""), codec.ErrTooLarge},
		"many fields":           {npyOf("["+strings.Join(fields, ", ")+"]", "(1,)", ""), codec.ErrTooLarge},
		"a field of a petabyte": {npyOf("[('a', '<f8', (1000000, 1000000))]", "(1,)", ""), codec.ErrTooLarge},
		"code":                  {npyOf("__import__('os').system('true')", "(1,)", ""), codec.ErrFormat},
		"a name that is code":   {npyOf("[(lambda: 1, '<f8')]", "(1,)", ""), codec.ErrFormat},
		"objects":               {npyOf("'|O'", "(1,)", "cos\nsystem\n(S'true'\ntR."), codec.ErrUnsafe},
		"objects in a field":    {npyOf("[('a', [('b', '|O')])]", "(1,)", "cos\nsystem\n(S'true'\ntR."), codec.ErrUnsafe},
	})
}

func gzipped(parts ...string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for _, p := range parts {
		_, _ = io.WriteString(z, p) // a buffer takes everything
	}
	_ = z.Close()
	return b.Bytes()
}

func repeated(text string, times int) []string {
	out := make([]string, times)
	for i := range out {
		out[i] = text
	}
	return out
}

func TestHostileCSV(t *testing.T) {
	mega := strings.Repeat("a", 1<<20)
	tables := map[string]hostile{
		"an endless line":       {gzipped(repeated(mega, 40)...), codec.ErrTooLarge},
		"endless empty lines":   {gzipped(repeated(strings.Repeat("\n", 1<<20), 40)...), codec.ErrTooLarge},
		"endless columns":       {gzipped(strings.Repeat("a,", 1<<20)), codec.ErrTooLarge},
		"endless rows":          {gzipped("a,b\n", strings.Repeat("1,2\n", 1<<20)), codec.ErrTooLarge},
		"an endless quote":      {gzipped(append([]string{"a\n\""}, repeated(mega, 40)...)...), codec.ErrTooLarge},
		"a quote without end":   {[]byte("a,b\n1,\"2\n3,4\n"), codec.ErrFormat},
		"short rows":            {gzipped(strings.Repeat("a,", 900)+"a\n", strings.Repeat("1\n", 90_000)), codec.ErrTooLarge},
		"rows that are longer":  {[]byte("a,b\n1,2,3,4\n"), codec.ErrFormat},
		"gzip that is cut off":  {gzipped("a,b\n1,2\n")[:12], codec.ErrFormat},
		"gzip with a wrong sum": {append(gzipped("a,b\n1,2\n")[:20], make([]byte, 12)...), codec.ErrFormat},
		"nothing":               {nil, codec.ErrFormat},
	}
	refuse(t, codec.Record{Type: codec.TypePandas, ContentType: "text/csv"}, tables)
	refuse(t, codec.Record{Type: codec.TypeAudit, ContentType: "text/csv"}, tables)
	refuse(t, codec.Record{Type: codec.TypeNumPy, ContentType: "text/csv"}, map[string]hostile{
		"an endless line": {gzipped(repeated(mega, 40)...), codec.ErrTooLarge},
		"endless rows":    {gzipped(strings.Repeat("1\n", 4<<20)), codec.ErrTooLarge},
		"ragged":          {[]byte("1,2\n3\n"), codec.ErrFormat},
	})
}
