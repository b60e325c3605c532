package codec

import (
	"encoding/binary"
	"math"
	"math/big"
	"reflect"
	"slices"
	"time"
	"unicode/utf8"
)

// pickler writes plain values in protocol 4, without a memo: nothing is
// shared.
type pickler struct{ b []byte }

func (p *pickler) op(code byte, arg ...byte) { p.b = append(append(p.b, code), arg...) }

func (p *pickler) value(v reflect.Value, depth int) error {
	if depth > treeDepth {
		return mistyped("a value of more than %d levels", treeDepth)
	}
	if !v.IsValid() {
		p.op('N')
		return nil
	}
	if v.CanInterface() {
		if done, err := p.known(v.Interface(), depth); done {
			return err
		}
	}
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			p.op('\x88')
		} else {
			p.op('\x89')
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		p.integer(big.NewInt(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		p.integer(new(big.Int).SetUint64(v.Uint()))
	case reflect.Float32, reflect.Float64:
		p.float(v.Float())
	case reflect.String:
		return p.text(v.String())
	case reflect.Pointer, reflect.Interface:
		return p.value(v.Elem(), depth+1)
	case reflect.Slice, reflect.Array:
		items := make([]reflect.Value, v.Len())
		for i := range items {
			items[i] = v.Index(i)
		}
		p.op(']')
		return p.batch(items, 'e', depth)
	case reflect.Map:
		return p.dict(v, depth)
	case reflect.Struct:
		tree, err := treeOf(v.Interface())
		if err != nil {
			return err
		}
		return p.value(reflect.ValueOf(tree), depth+1)
	default:
		return mistyped("a pickle of a %s", v.Type())
	}
	return nil
}

// known writes the values that have an opcode or a class of their own.
func (p *pickler) known(v any, depth int) (bool, error) {
	switch v := v.(type) {
	case nil:
		p.op('N')
	case []byte:
		p.bytes(v)
	case *big.Int:
		p.integer(v)
	case number64:
		if v.integer == "" {
			p.float(v.float)
			break
		}
		n, _ := new(big.Int).SetString(v.integer, 10)
		p.integer(n)
	case complex128:
		p.global("builtins", "complex")
		p.float(real(v))
		p.float(imag(v))
		p.op('\x86', 'R')
	case complex64:
		return p.known(complex128(v), depth)
	case Tuple:
		p.op('(')
		for _, item := range v {
			if err := p.value(reflect.ValueOf(item), depth+1); err != nil {
				return true, err
			}
		}
		p.op('t')
	case Set:
		p.op('\x8f')
		return true, p.batch(reflectAll(v), '\x90', depth)
	case Dict:
		p.op('}')
		var flat []reflect.Value
		for _, item := range v {
			flat = append(flat, reflect.ValueOf(item.Key), reflect.ValueOf(item.Value))
		}
		return true, p.batch(flat, 'u', depth)
	case Date:
		p.global("datetime", "date")
		p.bytes([]byte{byte(v.Year >> 8), byte(v.Year), byte(v.Month), byte(v.Day)})
		p.op('\x85', 'R')
	case time.Duration:
		p.timedelta(v)
	case time.Time:
		return true, p.moment(v)
	default:
		return false, nil
	}
	return true, nil
}

func reflectAll(items []any) []reflect.Value {
	out := make([]reflect.Value, len(items))
	for i, item := range items {
		out[i] = reflect.ValueOf(item)
	}
	return out
}

func (p *pickler) batch(items []reflect.Value, code byte, depth int) error {
	if len(items) == 0 {
		return nil
	}
	p.op('(')
	for _, item := range items {
		if err := p.value(item, depth+1); err != nil {
			return err
		}
	}
	p.op(code)
	return nil
}

// dict writes a map with its keys in order, where they have one.
func (p *pickler) dict(v reflect.Value, depth int) error {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		switch {
		case a.Kind() != b.Kind():
		case a.Kind() == reflect.String:
			if a.String() < b.String() {
				return -1
			}
			return 1
		case a.CanInt():
			return int(max(min(a.Int()-b.Int(), 1), -1))
		}
		return 0
	})
	p.op('}')
	flat := make([]reflect.Value, 0, 2*len(keys))
	for _, k := range keys {
		flat = append(flat, k, v.MapIndex(k))
	}
	return p.batch(flat, 'u', depth)
}

func (p *pickler) global(module, name string) {
	_ = p.text(module) // ASCII
	_ = p.text(name)
	p.op('\x93')
}

func (p *pickler) float(x float64) {
	p.op('G', binary.BigEndian.AppendUint64(nil, math.Float64bits(x))...)
}

func (p *pickler) text(s string) error {
	if !utf8.ValidString(s) {
		return mistyped("a string that is no UTF-8; give []byte for bytes")
	}
	switch n := len(s); {
	case n < 256:
		p.op('\x8c', byte(n))
	case n <= math.MaxUint32:
		p.op('X', binary.LittleEndian.AppendUint32(nil, uint32(n))...)
	default:
		p.op('\x8d', binary.LittleEndian.AppendUint64(nil, uint64(n))...)
	}
	p.b = append(p.b, s...)
	return nil
}

func (p *pickler) bytes(b []byte) {
	switch n := len(b); {
	case n < 256:
		p.op('C', byte(n))
	case n <= math.MaxUint32:
		p.op('B', binary.LittleEndian.AppendUint32(nil, uint32(n))...)
	default:
		p.op('\x8e', binary.LittleEndian.AppendUint64(nil, uint64(n))...)
	}
	p.b = append(p.b, b...)
}

func (p *pickler) integer(n *big.Int) {
	if n.IsInt64() {
		switch v := n.Int64(); {
		case v >= 0 && v < 256:
			p.op('K', byte(v))
			return
		case v >= 0 && v < 65536:
			p.op('M', binary.LittleEndian.AppendUint16(nil, uint16(v))...)
			return
		case v >= math.MinInt32 && v <= math.MaxInt32:
			p.op('J', binary.LittleEndian.AppendUint32(nil, uint32(int32(v)))...)
			return
		}
	}
	width := n.BitLen()/8 + 1
	raw := n
	if n.Sign() < 0 {
		raw = new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), uint(8*width)))
	}
	b := raw.FillBytes(make([]byte, width))
	slices.Reverse(b)
	if width < 256 {
		p.op('\x8a', byte(width))
	} else {
		p.op('\x8b', binary.LittleEndian.AppendUint32(nil, uint32(width))...)
	}
	p.b = append(p.b, b...)
}

// timedelta keeps days, seconds and microseconds; Python has no finer ones.
func (p *pickler) timedelta(d time.Duration) {
	us := int64(d / time.Microsecond)
	days, us := floorDiv(us, 86400e6)
	p.global("datetime", "timedelta")
	p.integer(big.NewInt(days))
	p.integer(big.NewInt(us / 1e6))
	p.integer(big.NewInt(us % 1e6))
	p.op('\x87', 'R')
}

// moment writes a datetime: without a zone for Naive, else with its offset.
func (p *pickler) moment(t time.Time) error {
	if y := t.Year(); y < 1 || y > 9999 {
		return mistyped("a moment in the year %d; Python has 1 to 9999", y)
	}
	us := t.Nanosecond() / 1000
	p.global("datetime", "datetime")
	p.bytes([]byte{
		byte(t.Year() >> 8), byte(t.Year()), byte(t.Month()), byte(t.Day()), byte(t.Hour()), byte(t.Minute()), byte(t.Second()),
		byte(us >> 16), byte(us >> 8), byte(us),
	})
	if IsNaive(t) {
		p.op('\x85', 'R')
		return nil
	}
	p.global("datetime", "timezone")
	_, offset := t.Zone()
	p.timedelta(time.Duration(offset) * time.Second)
	p.op('\x85', 'R')
	p.op('\x86', 'R')
	return nil
}
