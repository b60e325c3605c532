package preview_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/coffer-ml/coffer/codec"
	"github.com/coffer-ml/coffer/preview"
)

// frame is a table of numbers, texts and moments, some of them missing.
func frame(rows int) arrow.Table {
	mem := memory.DefaultAllocator
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "score", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "label", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "at", Type: &arrow.TimestampType{Unit: arrow.Microsecond}, Nullable: true},
	}, nil)
	b := array.NewRecordBuilder(mem, schema)
	defer b.Release()
	dice := rand.New(rand.NewPCG(1, 2))
	for i := range rows {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		if i%10 == 3 {
			b.Field(1).AppendNull()
		} else {
			b.Field(1).(*array.Float64Builder).Append(dice.NormFloat64())
		}
		b.Field(2).(*array.StringBuilder).Append([]string{"cat", "dog", "owl"}[i%3])
		b.Field(3).(*array.TimestampBuilder).Append(arrow.Timestamp(int64(i) * 1e6))
	}
	return array.NewTableFromRecords(schema, []arrow.RecordBatch{b.NewRecordBatch()})
}

func encoded(t *testing.T, c codec.Codec, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	_, err := codec.Write(&b, c, "a", v)
	must(t, err)
	return b.Bytes()
}

// settled asks until the statistics are those of all rows.
func (w *world) settled(t *testing.T, src preview.Source, q preview.Query) preview.Preview {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); w.Run(ctx) }()
	defer func() { stop(); <-ended }()
	for {
		p := w.show(t, src, q)
		if p.Table == nil || p.Table.Statistics == "complete" || p.Table.Job == "failed" {
			return p
		}
		time.Sleep(time.Millisecond)
	}
}

func TestTables(t *testing.T) {
	const rows = 30_000
	table := frame(rows)
	for name, c := range map[string]codec.Codec{"a.csv.gz": codec.CSVGzip{}, "a.parquet": codec.Parquet{}, "a.feather": codec.Feather{}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			src, read := file(name, encoded(t, c, table))
			p := w.show(t, src, preview.Query{})
			shift := 0
			if strings.HasPrefix(name, "a.csv") {
				shift = 1 // pandas' index is a column
			}
			tab := p.Table
			if p.Kind != "table" || p.Problem != "" || len(tab.Columns) != 4+shift || len(tab.Cells) != 100 || !tab.More {
				t.Fatalf("%+v %+v", p, tab)
			}
			if tab.Statistics != "sampled" || tab.Job != "waiting" || tab.Columns[shift].Rows >= rows {
				t.Errorf("%s %s, %d rows", tab.Statistics, tab.Job, tab.Columns[shift].Rows)
			}
			if got := fmt.Sprint(tab.Cells[3][shift:]); !strings.HasPrefix(got, "[3 <nil> cat 1970-01-01 00:00:03") {
				t.Error(got)
			}
			first := read.read
			p = w.settled(t, src, preview.Query{})
			tab = p.Table
			if tab.Statistics != "complete" || tab.Rows != rows || tab.Job != "" {
				t.Fatalf("%+v", tab)
			}
			score, label, at := tab.Columns[shift+1], tab.Columns[shift+2], tab.Columns[shift+3]
			if score.Nulls != rows/10 || score.Numbers.Count != rows-rows/10 || score.Numbers.Sampled || float64(score.Numbers.Std) < 0.95 || float64(score.Numbers.Std) > 1.05 {
				t.Errorf("%+v %+v", score, score.Numbers)
			}
			if label.Distinct != 3 || label.Top[0].Count != rows/3 {
				t.Errorf("%+v", label.Summary)
			}
			if !strings.HasPrefix(at.First, "1970-01-01") || !strings.Contains(at.Last, "08:19:59") {
				t.Errorf("%+v", at.Summary)
			}
			if ids := tab.Columns[shift].Numbers; ids.Max != rows-1 || ids.Mean < rows/2-1 || ids.Mean > rows/2 {
				t.Errorf("%+v", ids)
			}
			p = w.show(t, src, preview.Query{Rows: preview.Span{From: rows - 1, To: rows + 10}, Cols: preview.Span{From: int64(shift), To: int64(shift) + 1}})
			if got := fmt.Sprint(p.Table.Cells, p.Table.More, p.Table.From); got != fmt.Sprintf("[[%d]] false %d", rows-1, rows-1) {
				t.Error(got)
			}
			before := read.read
			w.show(t, src, preview.Query{})
			if read.read != before {
				t.Errorf("a complete preview was made anew after %d bytes", first)
			}
		})
	}
}

func TestSmallTablesNeedNoJob(t *testing.T) {
	for name, c := range map[string]codec.Codec{"a.csv.gz": codec.CSVGzip{}, "a.parquet": codec.Parquet{}, "a.feather": codec.Feather{}} {
		w := newWorld(t)
		src, _ := file(name, encoded(t, c, frame(50)))
		if p := w.show(t, src, preview.Query{}); p.Table.Statistics != "complete" || p.Table.Rows != 50 || p.Table.More {
			t.Errorf("%s: %+v", name, p.Table)
		}
	}
}

// The first page of a table reads its beginning alone: of a compressed CSV at
// most 8 MiB, of a Parquet file the footer and the first pages of the columns.
func TestTheFirstPageReadsLittle(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	var text bytes.Buffer
	text.WriteString("name,value\n")
	for text.Len() < 60<<20 {
		fmt.Fprintf(&text, "%x,%d\n", dice.Uint64(), dice.Uint64())
	}
	w := newWorld(t)
	src, c := file("a.csv.gz", gzipped(t, text.Bytes()))
	p := w.show(t, src, preview.Query{})
	if c.far > 8<<20 || c.read > 8<<20 || len(p.Table.Cells) != 100 || p.Table.Rows != -1 || p.Table.AtLeast < 100 {
		t.Errorf("%d bytes up to %d of %d: %+v", c.read, c.far, src.Size, p.Title)
	}
	src, c = file("wide.csv.gz", gzipped(t, []byte(strings.Repeat("x", 20<<20))))
	p = w.show(t, src, preview.Query{})
	if c.read > 8<<20 || p.Table == nil && p.Problem == "" {
		t.Errorf("%d bytes: %+v", c.read, p)
	}

	mem := memory.DefaultAllocator
	const columns, rows = 20, 200_000
	var fields []arrow.Field
	for i := range columns {
		fields = append(fields, arrow.Field{Name: fmt.Sprint("c", i), Type: arrow.PrimitiveTypes.Float64})
	}
	b := array.NewRecordBuilder(mem, arrow.NewSchema(fields, nil))
	defer b.Release()
	for i := range columns {
		for range rows {
			b.Field(i).(*array.Float64Builder).Append(dice.Float64())
		}
	}
	content := encoded(t, codec.Parquet{}, b.NewRecordBatch())
	src, c = file("a.parquet", content)
	p = w.show(t, src, preview.Query{Cols: preview.Span{To: 2}})
	if len(p.Table.Cells) != 100 || c.read > 3<<20 {
		t.Errorf("%d of %d bytes were read for two columns", c.read, src.Size)
	}
}

func TestTablesOfText(t *testing.T) {
	w := newWorld(t)
	src, _ := file("a.csv", []byte("a,b,c,d\n1,1.5,x,true\n2,,\"y, z\",false\n3,nan,w\n4,2,v,true,9\n"))
	p := w.show(t, src, preview.Query{})
	var types []string
	for _, c := range p.Table.Columns {
		types = append(types, c.Type)
	}
	if got := fmt.Sprint(types, p.Table.Ragged, p.Table.Rows, p.Table.Cells[1]); got != "[int64 float64 string string] 2 4 [2 <nil> y, z false]" {
		t.Error(got)
	}
	src, _ = file("a.tsv", []byte("a\tb\n1\tx y\n"))
	if p := w.show(t, src, preview.Query{}); fmt.Sprint(p.Table.Cells) != "[[1 x y]]" {
		t.Errorf("%+v", p.Table)
	}
	src, _ = file("mixed.csv", []byte("a\n"+strings.Repeat("1\n", 3000)+"oops\n"))
	p = w.settled(t, src, preview.Query{})
	if c := p.Table.Columns[0]; c.Type != "string" || c.Numbers != nil || c.Distinct != -1 {
		t.Errorf("%+v %+v", c, c.Summary)
	}
	src, _ = file("a.csv", []byte("a,b\n1,\"open\n"))
	if p := w.show(t, src, preview.Query{}); p.Kind != "text" || !strings.Contains(p.Problem, "quote") {
		t.Errorf("%s %s", p.Kind, p.Problem)
	}
}

// A job that fails is not tried for ever, and what was seen stays.
func TestBrokenTablesStaySampled(t *testing.T) {
	w := newWorld(t)
	content := encoded(t, codec.CSVGzip{}, frame(30_000))
	src, _ := file("a.csv.gz", content[:len(content)-1000])
	p := w.settled(t, src, preview.Query{})
	if p.Table == nil || p.Table.Statistics != "sampled" || p.Table.Job != "failed" || len(p.Table.Cells) != 100 {
		t.Errorf("%+v", p)
	}
}

func TestPickles(t *testing.T) {
	w := newWorld(t)
	src, _ := file("a.pkl", encoded(t, codec.Pickle{}, map[string]any{"lr": 0.1, "layers": []any{int64(1), "two", nil}, "blob": []byte("x")}))
	p := w.show(t, src, preview.Query{})
	if !p.Pickle.Plain || p.Tree.Node.Count != 3 || p.Tree.Node.Children[1].Count != 3 || len(p.Pickle.Imports) != 0 {
		t.Errorf("%+v %+v", p.Pickle, p.Tree)
	}
	if got := w.show(t, src, preview.Query{Path: "/layers/1"}).Tree.Node.Value; got != "two" {
		t.Error(got)
	}
	src, _ = file("evil.pkl", []byte("cos\nsystem\n(S'rm -rf /'\ntR."))
	p = w.show(t, src, preview.Query{})
	if p.Pickle.Plain || !p.Pickle.Runs || p.Pickle.Imports[0].Name != "os.system" || p.Pickle.Imports[0].Reading != "danger" || p.Warning == "" || p.Tree != nil {
		t.Errorf("%+v", p)
	}
	src, _ = file("model.pkl", []byte("\x80\x04\x8c\x07mymodel\x8c\x03Net\x93)\x81."))
	p = w.show(t, src, preview.Query{})
	if p.Pickle.Plain || p.Pickle.Runs || p.Pickle.Imports[0].Reading != "unknown" || !strings.Contains(p.Warning, "mymodel.Net") {
		t.Errorf("%+v", p)
	}
	src, _ = file("broken.pkl", []byte("\x80\x04\x8c\x07mymodel\x8c\x03Net\x93)"))
	if p = w.show(t, src, preview.Query{}); p.Pickle.Broken == "" || len(p.Pickle.Ops) != 5 || len(p.Pickle.Imports) != 1 {
		t.Errorf("%+v", p.Pickle)
	}
	src, _ = file("zipped.pkl", gzipped(t, encoded(t, codec.Pickle{}, []int{1, 2})))
	if p = w.show(t, src, preview.Query{As: "pickle"}); p.Tree.Node.Count != 2 {
		t.Errorf("%+v", p)
	}
}

func TestSafetensors(t *testing.T) {
	w := newWorld(t)
	head := `{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}`
	content := append([]byte{byte(len(head)), 0, 0, 0, 0, 0, 0, 0}, head...)
	src, _ := file("m.safetensors", append(content, make([]byte, 24)...))
	p := w.show(t, src, preview.Query{})
	if p.Tensors == nil || p.Tensors.Parameters != 6 || p.Tensors.Bytes != 24 || p.Tensors.Tensors[0].Name != "w" {
		t.Errorf("%+v", p)
	}
	content[4] = 1 // 4 GiB of header
	src, _ = file("m.safetensors", content)
	if p := w.show(t, src, preview.Query{}); p.Kind != "hex" || p.Problem == "" {
		t.Errorf("%+v", p)
	}
}
