package preview

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"sort"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/klauspost/compress/gzip"

	"github.com/coffer-ml/coffer/codec"
)

// PickleView is what is in a pickle. Nothing of it was loaded.
type PickleView struct {
	Protocol int `json:"protocol"`
	// Imports are what loading it would import, with how we read each.
	Imports []Import `json:"imports"`
	// Plain says that its values are shown: it needs no class of its own.
	Plain bool `json:"plain"`
	// Runs says that loading it would run something that is no mere class of
	// data, such as a command.
	Runs bool `json:"runs"`
	// Ops are its first opcodes; Truncated that there are more, Broken why the
	// stream ends too early.
	Ops       []PickleOp `json:"ops"`
	Truncated bool       `json:"truncated,omitempty"`
	Broken    string     `json:"broken,omitempty"`
}

// Import is a class or function that a pickle names.
type Import struct {
	Name    string `json:"name"`
	Reading string `json:"reading"` // data, unknown or danger
}

// PickleOp is one opcode.
type PickleOp struct {
	At   int64  `json:"at"`
	Name string `json:"name"`
	Arg  string `json:"arg,omitempty"`
}

const (
	// shownOps of a pickle are listed.
	shownOps = 2000
	// maxPickle is up to which size, in bytes, values are read.
	maxPickle = 8 << 20
	// pickleValues is how many values a tree may have.
	pickleValues = 200_000
)

// dangerous modules run commands, open files or connections, or build code.
var dangerous = []string{
	"os", "posix", "nt", "subprocess", "sys", "builtins.eval", "builtins.exec", "builtins.compile", "builtins.__import__", "builtins.open",
	"builtins.getattr", "builtins.setattr", "__builtin__.eval", "__builtin__.exec", "__builtin__.execfile", "__builtin__.getattr", "__builtin__.apply",
	"socket", "shutil", "runpy", "importlib", "pty", "code", "ctypes", "webbrowser", "pickle.loads", "_pickle.loads", "marshal", "types.FunctionType",
	"types.CodeType", "urllib", "requests", "http", "asyncio", "multiprocessing", "threading", "signal", "pip", "timeit", "operator.attrgetter",
	"operator.methodcaller", "functools.partial", "commands", "bdb", "pdb", "cloudpickle", "dill", "torch.load", "numpy.load",
}

// harmless are modules whose classes hold data.
var harmless = []string{
	"collections", "datetime", "decimal", "fractions", "uuid", "numpy", "pandas", "copyreg", "copy_reg", "_codecs.encode", "builtins.set",
	"builtins.frozenset", "builtins.list", "builtins.dict", "builtins.tuple", "builtins.int", "builtins.float", "builtins.str", "builtins.bytes",
	"builtins.bytearray", "builtins.complex", "builtins.range", "builtins.slice", "builtins.object", "__builtin__.set", "__builtin__.object",
	"PIL", "pathlib", "zoneinfo", "ipaddress",
}

func within(name string, of []string) bool {
	for _, m := range of {
		if name == m || strings.HasPrefix(name, m+".") {
			return true
		}
	}
	return false
}

func reading(name string) string {
	switch {
	case within(name, dangerous):
		return "danger"
	case within(name, harmless):
		return "data"
	}
	return "unknown"
}

func (v *view) pickle(p *Preview, f piece) error {
	f, err := v.plainPickle(f)
	if err != nil {
		return err
	}
	out := &PickleView{Imports: []Import{}, Ops: []PickleOp{}}
	listing, err := codec.PickleListing(f, f.size, shownOps)
	if err != nil {
		if v.in.failed() != nil || len(listing.Ops) == 0 {
			return err
		}
		out.Broken = problem(err)
	}
	out.Protocol, out.Truncated = listing.Protocol, listing.Truncated
	for _, name := range listing.Imports {
		one := Import{clip(name, 200), reading(name)}
		out.Runs = out.Runs || one.Reading == "danger"
		out.Imports = append(out.Imports, one)
	}
	for _, op := range listing.Ops {
		out.Ops = append(out.Ops, PickleOp{op.Offset, op.Name, op.Arg})
	}
	p.Pickle, p.Title = out, "Python pickle, protocol "+strconv.Itoa(out.Protocol)
	switch {
	case out.Runs:
		p.Warning = "Loading this file in Python can run code: see what it imports. It was not loaded here."
	case out.Broken != "":
		p.Warning = "The pickle is broken: " + out.Broken
	case f.size > maxPickle:
		p.Warning = "It is too large for its values to be shown."
	default:
		return v.pickledValue(p, f, out)
	}
	return nil
}

// pickledValue shows what is in a pickle of data.
func (v *view) pickledValue(p *Preview, f piece, out *PickleView) error {
	got, err := codec.Pickle{}.Decode(f, f.size, codec.Record{}, codec.Limits{Bytes: maxValues, Values: pickleValues})
	if err != nil {
		if errors.Is(err, codec.ErrTooLarge) {
			p.Warning = "It is too large for its values to be shown."
		} else {
			p.Warning = "It holds objects that only their own code can build; loading it in Python runs that code. " + problem(err)
		}
		return nil
	}
	out.Plain = true
	switch x := got.(type) {
	case *codec.NDArray:
		return v.arrayOf(p, x)
	case arrow.Table:
		return v.tableOf(p, x)
	case codec.Series:
		return v.tableOf(p, x.Table)
	case codec.Index:
		return v.tableOf(p, x.Table)
	}
	path, err := pointer(v.query.Path)
	if err != nil {
		return err
	}
	for _, step := range path {
		var ok bool
		if got, ok = valueChild(got, step); !ok {
			return noNode(v.query.Path)
		}
	}
	p.Tree = &TreeView{Path: v.query.Path, Node: valueNode(got, treeLevels, v.children())}
	return nil
}

// plainPickle unpacks a pickle that pandas compressed.
func (v *view) plainPickle(f piece) (piece, error) {
	head, err := f.head(2)
	if err != nil || string(head) != "\x1f\x8b" {
		return f, err
	}
	z, err := gzip.NewReader(f.from(0))
	if err != nil {
		return f, malformed("gzip: %v", err)
	}
	if err := v.in.unpack(maxPickle); err != nil {
		return f, err
	}
	b, err := io.ReadAll(io.LimitReader(z, maxPickle+1))
	if err != nil {
		return f, malformed("gzip: %v", err)
	}
	if len(b) > maxPickle {
		return f, tooLarge("a compressed pickle of more than %d MiB", maxPickle>>20)
	}
	return piece{name: f.name, size: int64(len(b)), ReaderAt: bytes.NewReader(b)}, nil
}

// arrayOf shows an array that is in memory.
func (v *view) arrayOf(p *Preview, x *codec.NDArray) error {
	if x.DType.HoldsObjects() {
		p.Warning = fmt.Sprintf("An array of Python objects of shape %s.", shapeText(x.Shape))
		return nil
	}
	var b bytes.Buffer
	if err := codec.WriteNPY(&b, x); err != nil {
		return err
	}
	return v.array(p, piece{name: "array.npy", size: int64(b.Len()), ReaderAt: bytes.NewReader(b.Bytes())})
}

// valueChild returns the child of a value that a path names.
func valueChild(v any, step string) (any, bool) {
	place, err := strconv.Atoi(step)
	items, list := itemsOf(v)
	switch x := v.(type) {
	case map[string]any:
		child, ok := x[step]
		return child, ok
	case codec.Dict:
		for _, item := range x {
			if keyText(item.Key) == step {
				return item.Value, true
			}
		}
		return nil, false
	}
	if !list || err != nil || place < 0 || place >= len(items) {
		return nil, false
	}
	return items[place], true
}

func keyText(k any) string {
	if s, ok := k.(string); ok {
		return s
	}
	return codec.PyRepr(k)
}

func itemsOf(v any) ([]any, bool) {
	switch x := v.(type) {
	case []any:
		return x, true
	case codec.Tuple:
		return x, true
	case codec.Set:
		return x, true
	}
	return nil, false
}

// valueNode shows a value of Python.
func valueNode(v any, levels int, page Span) Node {
	if items, ok := itemsOf(v); ok {
		n := Node{Kind: "list", Count: int64(len(items)), From: page.From}
		switch v.(type) {
		case codec.Tuple:
			n.Kind = "tuple"
		case codec.Set:
			n.Kind = "set"
		}
		if levels > 0 {
			for _, item := range items[min(page.From, n.Count):min(page.To, n.Count)] {
				n.Children = append(n.Children, valueNode(item, levels-1, Span{0, innerChildren}))
			}
		}
		return n
	}
	keyed := func(count int, each func(i int) (string, any)) Node {
		n := Node{Kind: "object", Count: int64(count), From: page.From}
		if levels > 0 {
			for i := min(page.From, n.Count); i < min(page.To, n.Count); i++ {
				key, value := each(int(i))
				key = clip(strings.ToValidUTF8(key, "\uFFFD"), keyBytes)
				child := valueNode(value, levels-1, Span{0, innerChildren})
				child.Key = &key
				n.Children = append(n.Children, child)
			}
		}
		return n
	}
	switch x := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(x))
		for k := range x {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		return keyed(len(x), func(i int) (string, any) { return keys[i], x[keys[i]] })
	case codec.Dict:
		return keyed(len(x), func(i int) (string, any) { return keyText(x[i].Key), x[i].Value })
	case nil:
		return scalar("null", "None")
	case bool:
		return scalar("bool", codec.PyRepr(x))
	case string:
		return scalar("string", x)
	case []byte:
		n := scalar("bytes", codec.PyRepr(x[:min(len(x), textValue)]))
		n.Cut = n.Cut || len(x) > textValue
		return n
	case *codec.NDArray:
		return scalar("array", shapeText(x.Shape)+" "+x.DType.String())
	case arrow.Table:
		return scalar("table", fmt.Sprintf("%d rows, %d columns", x.NumRows(), x.NumCols()))
	case image.Image:
		return scalar("image", fmt.Sprintf("%d x %d", x.Bounds().Dx(), x.Bounds().Dy()))
	case int64, float64:
		return scalar("number", codec.PyRepr(x))
	}
	return scalar(strings.TrimPrefix(fmt.Sprintf("%T", v), "codec."), codec.PyRepr(v))
}
