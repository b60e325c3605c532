// Command table logs a table in three formats, each of which pandas reads as a
// DataFrame, and reads them back.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/codec"
)

func main() {
	spec := client.TaskSpec{Project: "Coffer examples", Name: "tables"}
	if err := client.RunTask(context.Background(), client.Config{}, spec, run); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, run *client.Run) error {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "customer", Type: arrow.BinaryTypes.String},
		{Name: "months", Type: arrow.PrimitiveTypes.Int64},
		{Name: "score", Type: arrow.PrimitiveTypes.Float64},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	b.Field(0).(*array.StringBuilder).AppendValues([]string{"a", "b", "c"}, nil)
	b.Field(1).(*array.Int64Builder).AppendValues([]int64{3, 14, 15}, nil)
	b.Field(2).(*array.Float64Builder).AppendValues([]float64{0.5, 0.25, 0}, []bool{true, true, false}) // the last is missing
	table := array.NewTableFromRecords(schema, []arrow.RecordBatch{b.NewRecordBatch()})
	indexed, err := codec.WithIndex(table, "customer") // as a DataFrame's index
	if err != nil {
		return err
	}
	err = errors.Join(
		run.Upload(ctx, "scores", indexed), // Parquet
		run.Upload(ctx, "scores as csv", indexed, client.UploadOptions{Format: codec.CSVGzip{}}),
		run.Upload(ctx, "scores as feather", indexed, client.UploadOptions{Format: codec.Feather{}}),
		run.Flush(ctx),
	)
	if err != nil {
		return err
	}
	for _, name := range []string{"scores", "scores as csv", "scores as feather"} {
		got, err := client.Read[arrow.Table](ctx, run.Task, name)
		if err != nil {
			return err
		}
		fmt.Printf("%s: %d rows\n%s\n", name, got.NumRows(), codec.TableText(got)) // as pandas prints it
	}
	return nil
}
