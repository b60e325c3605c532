package codec

import (
	"fmt"
	"io"
	"math/big"
	"reflect"
	"sort"
	"time"
)

// Pickle reads Python's pickles as data, and writes plain values as pickles,
// where the Python SDK does so too.
//
// Reading never runs anything. A pickle is a program that calls what it names;
// here the calls are noted, and those whose results are data become Go values:
//
//	None, bool, int, float, complex     nil, bool, int64 or *big.Int, float64, complex128
//	str, bytes, bytearray               string, []byte, []byte
//	list, tuple, set, range             []any, Tuple, Set, Range
//	dict (and its kinds)                map[string]any, or Dict for other keys
//	datetime, date, time, timedelta     time.Time, Date, TimeOfDay, time.Duration
//	Decimal                             Decimal
//	numpy array, numpy scalar           *NDArray, the scalar in Go's type
//	DataFrame, Series, Index            arrow.Table, *Series, *Index
//	PIL image                           image.Image
//
// Anything else is ErrUnsafe, which names its type; PickleListing shows people
// what is in there.
//
// Writing takes nil, bool, numbers, string, []byte, slices, Tuple, Set, Dict,
// maps with keys of any kind, time.Time, Date, time.Duration.
type Pickle struct{}

var _ Codec = Pickle{}

// Reads implements Codec.
func (Pickle) Reads(rec Record) bool {
	return rec.Type == TypePickle || (rec.Type == TypePandas && rec.ContentType == contentPickle)
}

// Decode implements Codec. pandas compresses what it pickles when the file's
// name says so; gzip is read.
func (Pickle) Decode(r io.ReaderAt, size int64, _ Record, l Limits) (v any, err error) {
	l = l.filled()
	defer rescue("pickle", &err)
	if r, size, err = gunzipped(r, size, l); err != nil {
		return nil, err
	}
	graph, err := loadPickle(r, size, l)
	if err != nil {
		return nil, err
	}
	p := &pickled{l: l, builders: builders(), done: map[any]solved{}, open: map[any]bool{}, mem: newBoundedMemory(l)}
	return p.value(graph, 0)
}

// Listing is what is in a pickle, for people to look at.
type Listing struct {
	// Protocol is the highest that is announced, 0 when none is.
	Protocol int
	// Imports are the classes and functions it names, sorted: what loading it
	// in Python would import.
	Imports []string
	// Ops are its opcodes in order.
	Ops []Op
	// Truncated says that there were more opcodes than asked for.
	Truncated bool
}

// Op is one opcode of a pickle.
type Op struct {
	Offset int64  // of its byte
	Name   string // as in Python's pickletools
	Arg    string // as Python prints it, cut after 100 characters; "" for none
}

// argLength is how much of an argument is shown.
const argLength = 100

// What a listing takes at most: names are shorter than listedArg bytes, and
// each memo is remembered, since a name may come from there.
const (
	listedArg     = 1 << 16
	listedMemo    = 1 << 18
	listedImports = 10_000
)

// PickleListing reads a pickle's opcodes without building anything: the first
// most of them, and all imports.
//
// With an error it returns what stands before the place that it names.
func PickleListing(r io.ReaderAt, size int64, most int) (out Listing, err error) {
	in := newPickleReader(r, size)
	in.keep = listedArg
	imports := map[string]bool{}
	defer func() {
		for name := range imports {
			out.Imports = append(out.Imports, name)
		}
		sort.Strings(out.Imports)
	}()
	var texts []string // the last ones, which STACK_GLOBAL takes its names from
	memo := map[int64]string{}
	for {
		at, code, op, arg, err := in.op()
		if err != nil {
			return out, err
		}
		switch code {
		case '\x80':
			if n, ok := arg.(int64); ok {
				out.Protocol = max(out.Protocol, int(n))
			}
		case 'c', 'i':
			if names, ok := arg.([2]string); ok {
				imports[names[0]+"."+names[1]] = true
			}
		case '\x93':
			if n := len(texts); n >= 2 {
				imports[texts[n-2]+"."+texts[n-1]] = true
			} else {
				imports["a name that is made up while loading"] = true
			}
		case '\x94':
			if n := len(texts); n > 0 {
				memo[int64(len(memo))] = texts[n-1]
			} else {
				memo[int64(len(memo))] = "?"
			}
		case 'q', 'r':
			if n := len(texts); n > 0 {
				memo[arg.(int64)] = texts[n-1]
			}
		case 'h', 'j':
			texts = lastTwo(append(texts, memo[arg.(int64)]))
		}
		if s, ok := arg.(string); ok && (op.arg == argText1 || op.arg == argText4 || op.arg == argText8) {
			texts = lastTwo(append(texts, s))
		}
		if len(out.Ops) < most {
			out.Ops = append(out.Ops, Op{at, op.name, argText(arg)})
		} else {
			out.Truncated = true
		}
		if len(memo) > listedMemo || len(imports) > listedImports {
			return out, tooLarge("a pickle of more than %d memos or %d imports", listedMemo, listedImports)
		}
		if code == '.' {
			return out, nil
		}
	}
}

func lastTwo(s []string) []string { return s[max(len(s)-2, 0):] }

func argText(arg any) string {
	var text string
	switch a := arg.(type) {
	case nil:
		return ""
	case [2]string:
		text = a[0] + " " + a[1]
	case []byte:
		text = pyBytes(a[:min(len(a), argLength)])
	case string:
		text = pyRepr(firstRunes(a, argLength))
	case *big.Int:
		text = fmt.Sprintf("an integer of %d bits", a.BitLen())
	default:
		text = PyRepr(a)
	}
	return firstRunes(text, argLength)
}

// Accepts implements Codec.
func (Pickle) Accepts(v any) bool { return pickles(v) }

func pickles(v any) bool {
	switch v.(type) {
	case nil, bool, string, []byte, *big.Int, complex128, complex64, Tuple, Set, Dict, time.Time, Date, time.Duration:
		return true
	}
	if isOther(v) {
		return false
	}
	t := reflect.TypeOf(v)
	switch t.Kind() {
	case reflect.Slice, reflect.Array, reflect.Map, reflect.Bool, reflect.String, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	}
	return false
}

// Encode implements Codec. It writes protocol 4, as Python 3.8 to 3.13 do.
func (Pickle) Encode(w io.Writer, name string, v any) (Record, error) {
	rec := Record{Name: name, Type: TypePickle, ContentType: contentPickle, File: name + ".pkl"}
	var p pickler
	if err := p.value(reflect.ValueOf(v), 0); err != nil {
		return rec, err
	}
	rec.Preview = firstRunes(PyRepr(v), PreviewLimit)
	_, err := w.Write(append(append([]byte("\x80\x04"), p.b...), '.'))
	return rec, err
}
