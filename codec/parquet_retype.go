package codec

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// retyped gives a column the type Arrow kept for it, where Parquet itself has
// a coarser one: zones by name, spans of time, categories, of which some are
// known.
func retyped(f, kept arrow.Field, chunks []arrow.Array, known []string, mem *boundedMemory) (arrow.Field, []arrow.Array) {
	if arrow.TypeEqual(f.Type, kept.Type) {
		return f, chunks
	}
	var turn func(arrow.Array) arrow.Array
	switch to := kept.Type.(type) {
	case *arrow.TimestampType:
		if from, ok := f.Type.(*arrow.TimestampType); ok && from.Unit == to.Unit {
			turn = func(a arrow.Array) arrow.Array { return seenAs(a, to) }
		} else if ok && to.Unit == arrow.Second && from.Unit == arrow.Millisecond {
			turn = func(a arrow.Array) arrow.Array { return wholeSeconds(a.(*array.Timestamp), to, mem) }
		}
	case *arrow.Float16Type:
		if from, ok := f.Type.(*arrow.FixedSizeBinaryType); ok && from.ByteWidth == 2 {
			turn = func(a arrow.Array) arrow.Array { return seenAs(a, to) }
		}
	case *arrow.DurationType:
		if f.Type.ID() == arrow.INT64 {
			turn = func(a arrow.Array) arrow.Array { return seenAs(a, to) }
		}
	case *arrow.DictionaryType:
		if arrow.TypeEqual(f.Type, to.ValueType) || isText(f.Type) && isText(to.ValueType) {
			d := &arrow.DictionaryType{IndexType: to.IndexType, ValueType: f.Type, Ordered: to.Ordered}
			return categories(f, d, chunks, known, mem)
		}
	}
	if turn == nil {
		return f, chunks
	}
	out := make([]arrow.Array, len(chunks))
	for i, c := range chunks {
		out[i] = turn(c)
	}
	f.Type = kept.Type
	return f, out
}

func isText(t arrow.DataType) bool {
	return t.ID() == arrow.STRING || t.ID() == arrow.LARGE_STRING
}

// seenAs is the same memory under another type of the same width.
func seenAs(a arrow.Array, t arrow.DataType) arrow.Array {
	d := a.Data()
	return array.MakeFromData(array.NewData(t, d.Len(), d.Buffers(), nil, d.NullN(), d.Offset()))
}

func wholeSeconds(a *array.Timestamp, t *arrow.TimestampType, mem *boundedMemory) arrow.Array {
	b := array.NewTimestampBuilder(mem, t)
	for i := range a.Len() {
		if a.IsNull(i) {
			b.AppendNull()
			continue
		}
		s, _ := floorDiv(int64(a.Value(i)), 1000)
		b.Append(arrow.Timestamp(s))
	}
	return b.NewArray()
}

// categories makes one dictionary for all chunks: those that are known, then
// others in order of appearance.
func categories(f arrow.Field, t *arrow.DictionaryType, chunks []arrow.Array, known []string, mem *boundedMemory) (arrow.Field, []arrow.Array) {
	b := array.NewBuilder(mem, t)
	defer b.Release()
	for _, text := range known {
		if b.AppendValueFromString(text) != nil {
			return f, chunks
		}
	}
	for _, c := range chunks {
		for i := range c.Len() {
			if c.IsNull(i) {
				b.AppendNull()
				continue
			}
			if b.AppendValueFromString(c.ValueStr(i)) != nil {
				return f, chunks // more categories than the index counts
			}
		}
	}
	f.Type = t
	whole := b.NewArray()
	return f, []arrow.Array{array.NewSlice(whole, int64(len(known)), int64(whole.Len()))}
}
