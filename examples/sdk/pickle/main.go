// Command pickle logs values of Go as the Python objects that they are there,
// and reads them back without running anything.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/codec"
)

func main() {
	spec := client.TaskSpec{Project: "Coffer examples", Name: "pickles"}
	if err := client.RunTask(context.Background(), client.Config{}, spec, run); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, run *client.Run) error {
	err := errors.Join(
		run.Upload(ctx, "layers", []int{64, 32}),                                                             // a list
		run.Upload(ctx, "seed", 42),                                                                          // an int
		run.Upload(ctx, "began", time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)),                               // a datetime
		run.Upload(ctx, "shape", codec.Tuple{3, "channels", nil}),                                            // a tuple
		run.Upload(ctx, "names", codec.Dict{{Key: 1, Value: "cat"}}),                                         // a dict whose keys are no texts
		run.Upload(ctx, "raw", []byte{0, 1}),                                                                 // bytes
		run.Upload(ctx, "settings", map[string]any{"lr": 0.1}, client.UploadOptions{Format: codec.Pickle{}}), // rather than JSON
		run.Flush(ctx),
	)
	if err != nil {
		return err
	}
	layers, err := client.Read[[]int](ctx, run.Task, "layers")
	if err != nil {
		return err
	}
	began, err := client.Read[time.Time](ctx, run.Task, "began")
	if err != nil {
		return err
	}
	shape, err := client.Read[any](ctx, run.Task, "shape") // whatever it is
	if err != nil {
		return err
	}
	a, err := run.Artifact(ctx, "settings")
	if err != nil {
		return err
	}
	fmt.Println(layers, began.Year(), codec.PyRepr(shape), a.Type, a.Preview)
	return nil
}
