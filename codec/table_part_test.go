package codec_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/coffer-ml/coffer/codec"
)

// contents are the records of the table files by extension.
var contents = map[string]string{
	".csv.gz": "text/csv", ".parquet": "application/parquet", ".feather": "application/feather", ".pickle": "application/pickle",
}

// column gives the texts of the values from from up to to.
func column(t arrow.Table, name string, from, to int64) []string {
	out := []string{}
	row := int64(0)
	for _, c := range t.Column(t.Schema().FieldIndices(name)[0]).Data().Chunks() {
		for i := range c.Len() {
			if row >= from && row < to {
				out = append(out, c.ValueStr(i))
			}
			row++
		}
	}
	return out
}

// TestSlicesOfTables cuts every table that pandas wrote and compares with the
// same part of the whole.
func TestSlicesOfTables(t *testing.T) {
	for ext, content := range contents {
		files, err := filepath.Glob("testdata/tables/*" + ext)
		if err != nil || len(files) == 0 {
			t.Fatalf("no tables: %v", err)
		}
		for _, path := range files {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			rec := codec.Record{Type: codec.TypePandas, ContentType: content}
			whole, ok := decode(t, b, rec).(arrow.Table)
			if !ok {
				continue // an Index by itself
			}
			checkInfo(t, path, b, rec, whole)
			n := whole.NumRows()
			for _, s := range []codec.TableSlice{{}, {Rows: 1}, {Offset: n / 3, Rows: max(n/3, 1)}, {Offset: n / 2}, {Offset: n + 7, Rows: 3}, {Rows: n + 1}} {
				got, err := codec.ReadTableSlice(bytes.NewReader(b), int64(len(b)), rec, s, codec.Limits{})
				if err != nil {
					t.Fatalf("%s, %+v: %v", path, s, err)
				}
				from, to := min(s.Offset, n), n
				if s.Rows > 0 {
					to = min(from+s.Rows, n)
				}
				if got.NumRows() != to-from || to > from && got.NumCols() != whole.NumCols() {
					t.Errorf("%s, %+v: %d rows of %d columns", path, s, got.NumRows(), got.NumCols())
					continue
				}
				if ext == ".csv.gz" {
					continue // the part has types of its own
				}
				for _, f := range whole.Schema().Fields() {
					if got, want := column(got, f.Name, 0, n), column(whole, f.Name, from, to); !reflect.DeepEqual(got, want) {
						t.Errorf("%s, %+v, %s: got %q, want %q", path, s, f.Name, got, want)
					}
				}
			}
			last := whole.Schema().Field(int(whole.NumCols()) - 1).Name
			one, err := codec.ReadTableSlice(bytes.NewReader(b), int64(len(b)), rec, codec.TableSlice{Columns: []string{last}}, codec.Limits{})
			if err != nil || !reflect.DeepEqual(column(one, last, 0, n), column(whole, last, 0, n)) {
				t.Errorf("%s, column %q: %v, %v", path, last, one, err)
			}
			_, err = codec.ReadTableSlice(bytes.NewReader(b), int64(len(b)), rec, codec.TableSlice{Columns: []string{"no such"}}, codec.Limits{})
			if !errors.Is(err, codec.ErrType) {
				t.Errorf("%s, a column that is not there: %v", path, err)
			}
		}
	}
}

func checkInfo(t *testing.T, path string, b []byte, rec codec.Record, whole arrow.Table) {
	t.Helper()
	info, err := codec.ReadTableInfo(bytes.NewReader(b), int64(len(b)), rec, codec.Limits{})
	switch {
	case filepath.Ext(path) == ".pickle":
		if !errors.Is(err, codec.ErrType) {
			t.Errorf("%s: %v", path, err)
		}
	case err != nil:
		t.Errorf("%s: %v", path, err)
	case filepath.Ext(path) == ".gz" && info.Rows != -1, filepath.Ext(path) != ".gz" && info.Rows != whole.NumRows():
		t.Errorf("%s: %d rows, want %d", path, info.Rows, whole.NumRows())
	case !info.Schema.Equal(whole.Schema()):
		t.Errorf("%s: got %s\nwant %s", path, info.Schema, whole.Schema())
	}
}

// longTable has numbers, texts and lists in more than one group of rows.
func longTable(rows int) arrow.Table {
	mem := memory.DefaultAllocator
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "number", Type: arrow.PrimitiveTypes.Int64},
		{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "list", Type: arrow.ListOf(arrow.PrimitiveTypes.Int32), Nullable: true},
	}, nil)
	b := array.NewRecordBuilder(mem, schema)
	defer b.Release()
	list := b.Field(2).(*array.ListBuilder)
	for i := range rows {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		if i%7 == 0 {
			b.Field(1).AppendNull()
		} else {
			b.Field(1).(*array.StringBuilder).Append(fmt.Sprint("text ", i))
		}
		list.Append(true)
		for k := range i % 4 {
			list.ValueBuilder().(*array.Int32Builder).Append(int32(i + k))
		}
	}
	return array.NewTableFromRecords(schema, []arrow.RecordBatch{b.NewRecordBatch()})
}

// TestSlicesOfLongTables crosses the border between groups of rows, and reads
// a few rows within limits that the whole would pass.
func TestSlicesOfLongTables(t *testing.T) {
	const rows = 150_000
	whole := longTable(rows)
	for _, c := range []codec.Codec{codec.Parquet{}, codec.Feather{}} {
		b, rec := write(t, c, whole)
		for _, offset := range []int64{0, 65_530, 131_060, rows - 5} {
			s := codec.TableSlice{Offset: offset, Rows: 20}
			got, err := codec.ReadTableSlice(bytes.NewReader(b), int64(len(b)), rec, s, codec.Limits{})
			if err != nil {
				t.Fatalf("%T at %d: %v", c, offset, err)
			}
			for _, f := range whole.Schema().Fields() {
				if got, want := column(got, f.Name, 0, 20), column(whole, f.Name, offset, offset+20); !reflect.DeepEqual(got, want) {
					t.Errorf("%T at %d, %s: got %q, want %q", c, offset, f.Name, got, want)
				}
			}
		}
		l := codec.Limits{Rows: 100}
		if _, err := codec.ReadTableSlice(bytes.NewReader(b), int64(len(b)), rec, codec.TableSlice{Offset: 9, Rows: 100}, l); err != nil {
			t.Errorf("%T: %v", c, err)
		}
		if _, err := codec.Decode(bytes.NewReader(b), int64(len(b)), rec, l); !errors.Is(err, codec.ErrTooLarge) {
			t.Errorf("%T, the whole: %v", c, err)
		}
	}
	b, rec := write(t, codec.Parquet{}, whole)
	r := &countingAt{ReaderAt: bytes.NewReader(b)}
	s := codec.TableSlice{Rows: 10, Columns: []string{"number"}}
	if _, err := codec.ReadTableSlice(r, int64(len(b)), rec, s, codec.Limits{Bytes: 4 << 20}); err != nil {
		t.Error(err)
	}
	if r.n > int64(len(b))/2 {
		t.Errorf("read %d of %d bytes for ten numbers", r.n, len(b))
	}
}
