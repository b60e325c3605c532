// Command artifact logs artifacts, reads them back in every way there is, and
// removes one.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/codec"
)

func main() {
	spec := client.TaskSpec{Project: "Coffer examples", Name: "artifacts"}
	if err := client.RunTask(context.Background(), client.Config{}, spec, run); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, run *client.Run) error {
	// Uploads go in the background; Flush waits for them, and so does the end.
	features := codec.Array([]float64{1, 2, 3, 4, 5, 6}, 2, 3)
	err := errors.Join(
		run.Upload(ctx, "features", features, client.UploadOptions{Metadata: map[string]string{"split": "train"}}),
		run.Upload(ctx, "note", "the first note"),
		run.Upload(ctx, "note", "the second note"),
		run.Upload(ctx, "raw", codec.Link("https://example.com/raw.csv")), // registered, not uploaded
		run.Flush(ctx),
	)
	if err != nil {
		return err
	}

	a, err := run.Artifact(ctx, "features") // without its bytes
	if err != nil {
		return err
	}
	fmt.Println(a.Type, a.State, a.Size, "bytes,", a.Metadata["split"])
	values, err := client.Get[[][]float64](ctx, a) // decoded, the digest checked
	if err != nil {
		return err
	}
	path, err := a.LocalCopy(ctx) // in the cache, fetched once
	if err != nil {
		return err
	}
	fmt.Println(values, path)

	note, err := run.Artifact(ctx, "note")
	if err != nil {
		return err
	}
	for v, err := range note.All(ctx) { // every version
		if err != nil {
			return err
		}
		text, err := client.Get[string](ctx, v)
		if err != nil {
			return err
		}
		fmt.Println("version", v.Version, "is", text)
	}
	r, err := note.OpenRange(ctx, 4, 6)
	if err != nil {
		return err
	}
	part, err := io.ReadAll(r)
	fmt.Printf("%s\n", part)
	if err := errors.Join(err, r.Close()); err != nil {
		return err
	}

	_, err = client.Get[[]float64](ctx, note)
	fmt.Println(errors.Is(err, client.ErrType), err) // it says what it is instead
	return run.RemoveArtifacts(ctx, []string{"raw"})
}
