// Command register follows a table that grows while the task runs: whoever
// reads it meanwhile gets the last snapshot.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/coffer-ml/coffer/client"
)

func main() {
	spec := client.TaskSpec{Project: "Coffer examples", Name: "a growing table"}
	if err := client.RunTask(context.Background(), client.Config{}, spec, run); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, run *client.Run) error {
	var seen []int64
	// The function is asked for the table as it is: now, every five minutes, at a
	// flush and at the end.
	samples := func() (arrow.Table, error) { return table(seen), nil }
	if _, err := run.Register(ctx, "samples", samples, client.RegisterOptions{Metadata: map[string]string{"split": "train"}}); err != nil {
		return err
	}
	for i := range int64(100) {
		seen = append(seen, i*i)
	}
	if err := run.Flush(ctx); err != nil {
		return err
	}
	a, err := run.Artifact(ctx, "samples")
	if err != nil {
		return err
	}
	got, err := client.Get[arrow.Table](ctx, a)
	if err != nil {
		return err
	}
	fmt.Println(a.Type, "version", a.Version, "has", got.NumRows(), "rows")
	return run.Unregister(ctx, "samples") // a last snapshot, then no more; the artifact stays
}

func table(values []int64) arrow.Table {
	schema := arrow.NewSchema([]arrow.Field{{Name: "value", Type: arrow.PrimitiveTypes.Int64}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	b.Field(0).(*array.Int64Builder).AppendValues(values, nil)
	return array.NewTableFromRecords(schema, []arrow.RecordBatch{b.NewRecordBatch()})
}
