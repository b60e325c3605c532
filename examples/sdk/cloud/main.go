// Command cloud keeps artifacts in a bucket, whose address is its argument, such
// as s3://bucket/folder, gs://bucket/folder or
// azure://account.blob.core.windows.net/container/folder. Keys are those of
// clearml.conf or of the environment.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/client/storage/azure"
	"github.com/coffer-ml/coffer/client/storage/gcs"
	"github.com/coffer-ml/coffer/client/storage/s3"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("expected the address of a folder in a bucket")
	}
	cfg := client.Config{Drivers: []client.Driver{s3.Driver{}, gcs.Driver{}, azure.Driver{}}}
	spec := client.TaskSpec{Project: "Coffer examples", Name: "cloud", Destination: os.Args[1]} // tried when the task starts
	if err := client.RunTask(context.Background(), cfg, spec, run); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, run *client.Run) error {
	if err := run.Upload(ctx, "note", "kept in a bucket", client.UploadOptions{Wait: true}); err != nil {
		return err
	}
	a, err := run.Artifact(ctx, "note")
	if err != nil {
		return err
	}
	text, err := client.Get[string](ctx, a)
	if err != nil {
		return err
	}
	fmt.Println(a.State, text)
	for o, err := range run.Client().Storage().List(ctx, run.Destination+"/") {
		if err != nil {
			return err
		}
		fmt.Println(o.Size, "bytes:", o.Address)
	}
	return nil
}
