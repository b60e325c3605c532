package codec

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
)

// sound refuses an array whose buffers are shorter than its length, or whose
// offsets and indices lead out of them. Arrow's reader takes a file at its
// word; the values of a table must be there when somebody asks for them.
func sound(a arrow.Array) error {
	d := a.Data()
	n := d.Offset() + d.Len()
	if d.Len() < 0 || d.Offset() < 0 || n < 0 {
		return malformed("an array of %d values from %d on", d.Len(), d.Offset())
	}
	if b := d.Buffers(); len(b) > 0 && b[0] != nil && b[0].Len() > 0 && int64(b[0].Len()) < bitutil.BytesForBits(int64(n)) {
		return malformed("a bitmap of %d bytes for %d values", b[0].Len(), n)
	}
	if a.NullN() > 0 && a.NullBitmapBytes() == nil && d.DataType().ID() != arrow.NULL {
		return malformed("%d missing values without a bitmap", a.NullN())
	}
	switch a := a.(type) {
	case *array.Null:
		return nil
	case *array.Dictionary:
		return soundDictionary(a)
	case *array.Struct:
		for i := range a.NumField() {
			if a.Field(i).Len() < a.Len() {
				return malformed("a field of %d values in a struct of %d", a.Field(i).Len(), a.Len())
			}
			if err := sound(a.Field(i)); err != nil {
				return err
			}
		}
		return nil
	case *array.Map: // a list of entries
		if err := soundOffsets(a.Offsets(), d.Offset(), d.Len(), a.ListValues().Len()); err != nil {
			return err
		}
		return sound(a.ListValues())
	case *array.FixedSizeList:
		if err := a.ValidateFull(); err != nil {
			return malformed("%w", err)
		}
		return sound(a.ListValues())
	case *array.List:
		if err := soundOffsets(a.Offsets(), d.Offset(), d.Len(), a.ListValues().Len()); err != nil {
			return err
		}
		return sound(a.ListValues())
	case *array.LargeList:
		if err := soundOffsets(a.Offsets(), d.Offset(), d.Len(), a.ListValues().Len()); err != nil {
			return err
		}
		return sound(a.ListValues())
	case *array.StringView:
		for i := range a.Len() { // leads out of its buffers by a panic, which rescue turns into an error
			if a.IsValid(i) {
				_ = a.Value(i)
			}
		}
		return nil
	case *array.BinaryView:
		for i := range a.Len() {
			if a.IsValid(i) {
				_ = a.Value(i)
			}
		}
		return nil
	case interface{ ValidateFull() error }: // texts and bytes
		if err := a.ValidateFull(); err != nil {
			return malformed("%w", err)
		}
		return nil
	}
	return soundWidth(a)
}

// soundOffsets checks where lists begin and end.
func soundOffsets[T int32 | int64](offsets []T, from, n, values int) error {
	if n == 0 {
		return nil
	}
	if len(offsets) < from+n+1 {
		return malformed("%d offsets for %d lists", len(offsets), from+n)
	}
	last := T(0)
	for _, at := range offsets[from : from+n+1] {
		if at < last || int64(at) > int64(values) {
			return malformed("a list up to %d of %d values", at, values)
		}
		last = at
	}
	return nil
}

func soundDictionary(a *array.Dictionary) error {
	if a.Dictionary() == nil {
		return malformed("categories that are not there")
	}
	if err := sound(a.Indices()); err != nil {
		return err
	}
	if err := sound(a.Dictionary()); err != nil {
		return err
	}
	for i := range a.Len() {
		if a.IsValid(i) {
			if at := a.GetValueIndex(i); at < 0 || at >= a.Dictionary().Len() {
				return malformed("category %d of %d", at, a.Dictionary().Len())
			}
		}
	}
	return nil
}

// soundWidth checks the values of types of one width.
func soundWidth(a arrow.Array) error {
	t, ok := a.DataType().(arrow.FixedWidthDataType)
	if !ok {
		return mistyped("a column of %s", a.DataType())
	}
	d := a.Data()
	if len(d.Buffers()) < 2 {
		return malformed("a column of %s without values", t)
	}
	have := 0
	if b := d.Buffers()[1]; b != nil {
		have = b.Len()
	}
	if need := bitutil.BytesForBits(int64(d.Offset()+d.Len()) * int64(t.BitWidth())); int64(have) < need {
		return malformed("%d bytes for %d values of %s", have, d.Offset()+d.Len(), t)
	}
	return nil
}
