package codec

import (
	"fmt"
	"math/big"
	"strings"
)

// Tuple is a Python tuple.
type Tuple []any

// Set is a Python set or frozenset, in the order of the file.
type Set []any

// Dict is a Python dict whose keys are not all texts, in the order of the
// file. A dict of texts is a map[string]any.
type Dict []Item

// Item is an entry of a Dict.
type Item struct{ Key, Value any }

// Decimal is a number of Python's decimal module, as its text.
type Decimal string

// pickled turns the graph of a pickle into Go values.
type pickled struct {
	l        Limits
	builders map[string]builder
	done     map[any]solved // by pointer
	open     map[any]bool
	bytes    int64
	mem      *boundedMemory // of Arrow's arrays
	weight   int64          // of what was solved below the node in hand
	nested   int64          // types, buffers and indexes within each other
}

// solved is a value and how many values it is, each counted as often as it
// is reached.
type solved struct {
	value  any
	weight int64
}

// builder makes a Go value of a call to one callable.
type builder func(p *pickled, c *pyCall, depth int64) (any, error)

// aliases are modules by the names older writers gave them.
var aliases = map[string]string{
	"__builtin__": "builtins", "copy_reg": "copyreg",
	"numpy.core.multiarray": "numpy._core.multiarray", "numpy.core.numeric": "numpy._core.numeric",
	"pandas.core.frame": "pandas", "pandas.core.series": "pandas",
	"pandas.core.internals": "pandas.core.internals.managers",
}

// named returns the callable's full name as this package lists it.
func (g *pyGlobal) named() string {
	module := g.module
	if a, ok := aliases[module]; ok {
		module = a
	}
	return module + "." + g.name
}

// value turns a node of the graph into a Go value.
func (p *pickled) value(v any, depth int64) (any, error) {
	s, err := p.solve(v, depth)
	return s.value, err
}

func (p *pickled) solve(v any, depth int64) (solved, error) {
	switch v := v.(type) {
	case nil, bool, int64, float64, string, []byte, *big.Int:
		return solved{v, 1}, p.add(1)
	case pyBytes2:
		if err := p.take(len(v)); err != nil { // each reference makes a text of its own
			return solved{}, err
		}
		return solved{v.text(), 1}, p.add(1)
	case *pyGlobal:
		return p.constant(v)
	case *pyPersistent:
		return solved{}, unsafely("an object that is kept outside of the pickle (%.60v)", v.id)
	}
	if s, ok := p.done[v]; ok {
		return s, p.add(s.weight)
	}
	if err := p.l.depth(depth); err != nil {
		return solved{}, err
	}
	if p.open[v] {
		return solved{}, mistyped("a value that holds itself")
	}
	p.open[v] = true
	outer := p.weight
	p.weight = 1
	out, err := p.compound(v, depth+1)
	s := solved{out, p.weight}
	p.weight = outer
	delete(p.open, v)
	if err != nil {
		return s, err
	}
	p.done[v] = s
	return s, p.add(s.weight)
}

// add counts values below the node in hand.
func (p *pickled) add(n int64) error {
	p.weight += n
	return p.l.values(p.weight)
}

// take counts memory that a value gets beside what the file has.
func (p *pickled) take(n int) error {
	p.bytes += int64(n)
	return p.l.bytes(p.bytes)
}

// enter counts the parts that are read within each other without being values
// of their own; leave is its counterpart.
func (p *pickled) enter() error {
	p.nested++
	return p.l.depth(p.nested)
}

func (p *pickled) leave() { p.nested-- }

// text is what a str of Python 2 most likely was.
func (b pyBytes2) text() any {
	if s := string(b); strings.ToValidUTF8(s, "") == s {
		return s
	}
	return []byte(b)
}

func (p *pickled) compound(v any, depth int64) (any, error) {
	switch v := v.(type) {
	case *pyList:
		return p.list(v.items, depth)
	case *pyTuple:
		out, err := p.list(v.items, depth)
		return Tuple(out), err
	case *pySet:
		out, err := p.list(v.items, depth)
		return Set(out), err
	case *pyDict:
		return p.dict(v.pairs, depth)
	case *pyCall:
		return p.call(v, depth)
	}
	return nil, malformed("a %T", v)
}

func (p *pickled) list(items []any, depth int64) ([]any, error) {
	if err := p.take(len(items) * slotBytes); err != nil {
		return nil, err
	}
	out := make([]any, len(items))
	for i, item := range items {
		v, err := p.value(item, depth)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func (p *pickled) dict(pairs pyPairs, depth int64) (any, error) {
	flat := make([]any, 0, 2*len(pairs))
	texts := true
	for _, pair := range pairs {
		flat = append(flat, pair[0], pair[1])
		switch k := pair[0].(type) {
		case string:
		case pyBytes2:
			if _, ok := k.text().(string); !ok {
				texts = false
			}
		default:
			texts = false
		}
	}
	values, err := p.list(flat, depth)
	if err != nil {
		return nil, err
	}
	if texts {
		out := make(map[string]any, len(pairs))
		for i := 0; i < len(values); i += 2 {
			out[values[i].(string)] = values[i+1]
		}
		return out, nil
	}
	out := make(Dict, len(pairs))
	for i := range out {
		out[i] = Item{values[2*i], values[2*i+1]}
	}
	return out, nil
}

// constant is a global that stands for a value by itself.
func (p *pickled) constant(g *pyGlobal) (solved, error) {
	switch g.named() {
	case "pandas.NA", "pandas._libs.missing.NA", "pandas._libs.tslibs.nattype.NaT", "pandas.NaT":
		return solved{nil, 1}, nil
	}
	return solved{}, unsafely("the type or function %s", g)
}

// call makes a value of a call this package knows.
func (p *pickled) call(c *pyCall, depth int64) (any, error) {
	name := p.callee(c)
	build, ok := p.builders[name]
	if !ok && strings.HasPrefix(name, "PIL.") && strings.HasSuffix(name, "ImageFile") {
		build, ok = pilImage, true
	}
	if !ok {
		return nil, unsafely("an object of %s, which only its code can build", name)
	}
	v, err := build(p, c, depth)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return v, nil
}

// callee names what is called. copyreg._reconstructor, which protocols 0 and 1
// use for NEWOBJ, is replaced by the class it makes.
func (p *pickled) callee(c *pyCall) string {
	switch f := c.callable.(type) {
	case *pyGlobal:
		name := f.named()
		if (name == "copyreg._reconstructor" || name == "copyreg.__newobj__") && len(c.args) > 0 {
			if class, ok := c.args[0].(*pyGlobal); ok {
				var base []any
				if len(c.args) == 3 && c.args[2] != nil {
					base = c.args[2:]
				}
				c.callable, c.args = class, base
				return class.named()
			}
		}
		return name
	case *pyCall:
		// zoneinfo is restored by getattr(ZoneInfo, "_unpickle").
		if g, ok := f.callable.(*pyGlobal); ok && g.named() == "builtins.getattr" && len(f.args) == 2 {
			if class, ok := f.args[0].(*pyGlobal); ok {
				if method, ok := f.args[1].(string); ok {
					return class.named() + "." + method
				}
			}
		}
		if g, ok := f.callable.(*pyGlobal); ok {
			return "the result of " + g.named()
		}
		return "the result of a call"
	}
	return fmt.Sprintf("a %T", c.callable)
}

// builders are the callables whose results are data. What is not here is
// refused by name.
func builders() map[string]builder {
	return map[string]builder{
		"builtins.set": asSet, "builtins.frozenset": asSet, "builtins.list": asList, "builtins.tuple": asTuple,
		"builtins.dict": asDict, "builtins.bytearray": asBytes, "builtins.bytes": asBytes, "_codecs.encode": asEncoded,
		"builtins.complex": asComplex, "builtins.range": asRange, "builtins.xrange": asRange, "builtins.int": asNumber,
		"builtins.float": asNumber, "builtins.str": asNumber,
		"collections.OrderedDict": asDict, "collections.defaultdict": asDefaultDict, "collections.Counter": asDict,
		"collections.deque": asList, "decimal.Decimal": asDecimal,
		"datetime.datetime": asDatetime, "datetime.date": asDate, "datetime.time": asTime, "datetime.timedelta": asTimedelta,
		"pandas._libs.tslibs.timestamps._unpickle_timestamp": asTimestamp, "pandas._libs.tslibs.timestamps.Timestamp": asTimestamp,
		"pandas._libs.tslibs.timedeltas._timedelta_unpickle": asPandasTimedelta, "pandas._libs.tslibs.timedeltas.Timedelta": asPandasTimedelta,
		"pandas._libs.tslibs.nattype._nat_unpickle": asNothing,
		"numpy._core.multiarray._reconstruct":       asArray, "numpy._core.numeric._frombuffer": asBufferArray,
		"numpy._core.multiarray.scalar": asScalar,
		"PIL.Image.Image":               pilImage,
		"pandas.DataFrame":              asFrame, "pandas.Series": asSeries, "pandas.core.indexes.base._new_Index": asIndex,
		"pandas.core.indexes.datetimes._new_DatetimeIndex": asIndex,
	}
}

// args returns the solved arguments.
func (p *pickled) args(c *pyCall, depth int64) ([]any, error) {
	out, err := p.list(c.args, depth)
	return out, err
}

func wrongArgs(args []any) error { return malformed("%d arguments of unexpected types", len(args)) }
