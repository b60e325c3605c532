package codec_test

import (
	"reflect"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/float16"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/coffer-ml/coffer/codec"
)

// TestRareTypesInParquet keeps what pandas itself does not make: half-precision
// numbers, lists of one length, and the views of other writers.
func TestRareTypesInParquet(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "half", Type: arrow.FixedWidthTypes.Float16, Nullable: true},
		{Name: "pair", Type: arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int32)},
		{Name: "view", Type: arrow.BinaryTypes.StringView, Nullable: true},
		{Name: "bytes", Type: arrow.BinaryTypes.BinaryView},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i := range 3 {
		b.Field(0).(*array.Float16Builder).Append(float16.New(float32(i) + 0.5))
		pair := b.Field(1).(*array.FixedSizeListBuilder)
		pair.Append(true)
		for k := range 2 {
			pair.ValueBuilder().(*array.Int32Builder).Append(int32(10*i + k))
		}
		b.Field(2).(*array.StringViewBuilder).Append("a text that is longer than twelve bytes")
		b.Field(3).(*array.BinaryViewBuilder).Append([]byte{byte(i), 0xff})
	}
	b.Field(0).AppendNull()
	b.Field(1).(*array.FixedSizeListBuilder).Append(true)
	b.Field(1).(*array.FixedSizeListBuilder).ValueBuilder().(*array.Int32Builder).AppendValues([]int32{7, 8}, nil)
	b.Field(2).AppendNull()
	b.Field(3).(*array.BinaryViewBuilder).Append(nil)
	sent := array.NewTableFromRecords(schema, []arrow.RecordBatch{b.NewRecordBatch()})
	for _, c := range []codec.Codec{codec.Feather{}, codec.Parquet{}} {
		file, rec := write(t, c, sent)
		got, err := codec.As[arrow.Table](decode(t, file, rec))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range schema.Fields() {
			if got, want := column(got, f.Name, 0, 4), column(sent, f.Name, 0, 4); !reflect.DeepEqual(got, want) {
				t.Errorf("%T, %s: got %q, want %q", c, f.Name, got, want)
			}
		}
		if half := got.Schema().Field(0).Type; half.ID() != arrow.FLOAT16 {
			t.Errorf("%T: half-precision numbers are %s", c, half)
		}
	}
}
