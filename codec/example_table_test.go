package codec_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"log"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/coffer-ml/coffer/codec"
)

// scores is a small Arrow table.
func scores() arrow.Table {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "name", Type: arrow.BinaryTypes.String},
		{Name: "score", Type: arrow.PrimitiveTypes.Float64},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	b.Field(0).(*array.StringBuilder).AppendValues([]string{"ada", "bob", "eve"}, nil)
	b.Field(1).(*array.Float64Builder).AppendValues([]float64{0.5, 0.25, 0.75}, nil)
	return array.NewTableFromRecords(schema, []arrow.RecordBatch{b.NewRecordBatch()})
}

// An Arrow table becomes a file that pandas.read_parquet reads as a DataFrame,
// here with one of its columns as the index.
func ExampleParquet() {
	table, err := codec.WithIndex(scores(), "name")
	if err != nil {
		log.Fatal(err)
	}
	var file bytes.Buffer
	rec, err := codec.Write(&file, codec.Parquet{}, "scores", table)
	if err != nil {
		log.Fatal(err)
	}
	v, err := codec.Decode(bytes.NewReader(file.Bytes()), rec.Size, rec, codec.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	back, err := codec.As[arrow.Table](v)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(rec.File, rec.Type, rec.ContentType)
	fmt.Println(back.NumRows(), "rows, index", codec.IndexColumns(back.Schema()))
	// Output:
	// scores.parquet pandas application/parquet
	// 3 rows, index [name]
}

// CSV files are what the Python SDK writes of a DataFrame when nobody asks for
// another format. They have no types: these are inferred, as pandas does.
func ExampleCSVGzip() {
	text := ",name,score\n0,ada,0.5\n1,bob,\n"
	rec := codec.Record{Type: codec.TypePandas, ContentType: "text/csv"}
	v, err := codec.Decode(strings.NewReader(text), int64(len(text)), rec, codec.Limits{Rows: 1000})
	if err != nil {
		log.Fatal(err)
	}
	table := v.(arrow.Table)
	for _, f := range table.Schema().Fields() {
		fmt.Println(f.Name, f.Type)
	}
	fmt.Println(codec.TableText(table))
	// Output:
	// name utf8
	// score float64
	//   name  score
	// 0  ada    0.5
	// 1  bob    NaN
}

// A few rows and columns of a large table cost a few pages of its file.
func ExampleReadTableSlice() {
	var file bytes.Buffer
	rec, err := codec.Write(&file, codec.Parquet{}, "scores", scores())
	if err != nil {
		log.Fatal(err)
	}
	r := bytes.NewReader(file.Bytes())
	info, err := codec.ReadTableInfo(r, rec.Size, rec, codec.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	part, err := codec.ReadTableSlice(r, rec.Size, rec, codec.TableSlice{Offset: 1, Rows: 2, Columns: []string{"score"}}, codec.Limits{Rows: 100})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Rows, "rows")
	fmt.Println(codec.TableText(part))
	// Output:
	// 3 rows
	//    score
	// 0   0.25
	// 1   0.75
}

// The rows of an array are read without the rest of it.
func ExampleReadArraySlice() {
	var file bytes.Buffer
	if err := codec.WriteNPY(&file, codec.Array([]int64{1, 2, 3, 4, 5, 6}, 3, 2)); err != nil {
		log.Fatal(err)
	}
	r, size := bytes.NewReader(file.Bytes()), int64(file.Len())
	infos, err := codec.ReadArrayInfo(r, size, codec.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	rows, err := codec.ReadArraySlice(r, size, infos[0].Name, []int{1}, []int{3}, codec.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(infos[0].DType, infos[0].Shape)
	fmt.Println(rows)
	// Output:
	// int64 [3 2]
	// array([[3, 4],
	//        [5, 6]])
}

// A picture becomes a PNG, in the mode that Pillow will see.
func ExamplePNG() {
	m := image.NewGray(image.Rect(0, 0, 4, 3))
	m.SetGray(1, 2, color.Gray{Y: 200})

	var file bytes.Buffer
	rec, err := codec.Write(&file, codec.PNG{}, "mask", m)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(rec.File, rec.Preview)

	info, err := codec.ReadImageInfo(bytes.NewReader(file.Bytes()), rec.Size) // the header alone
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Format, info.Width, info.Height)

	v, err := codec.Decode(bytes.NewReader(file.Bytes()), rec.Size, rec, codec.Limits{Bytes: 1 << 20})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(v.(image.Image).At(1, 2))
	// Output:
	// mask.png PIL.Image.Image image mode=L size=4x3
	// png 4 3
	// {200}
}
