// Command model makes a model with two snapshots of weights, publishes it, and
// has another task take it for its input.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/codec"
)

func main() {
	ctx := context.Background()
	train := client.TaskSpec{Project: "Coffer examples", Name: "train a model"}
	if err := client.RunTask(ctx, client.Config{}, train, produce); err != nil {
		log.Fatal(err)
	}
	use := client.TaskSpec{Project: "Coffer examples", Name: "use a model", Type: client.Inference}
	if err := client.RunTask(ctx, client.Config{}, use, consume); err != nil {
		log.Fatal(err)
	}
}

func produce(ctx context.Context, run *client.Run) error {
	dir, err := os.MkdirTemp("", "coffer-example-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	m, err := run.OutputModel(ctx, client.ModelSpec{Name: "example net", Labels: map[string]int64{"cat": 0, "dog": 1}, Tags: []string{"example"}})
	if err != nil {
		return err
	}
	for epoch := range int64(2) {
		weights := filepath.Join(dir, "weights.pt")
		if err := os.WriteFile(weights, fmt.Appendf(nil, "weights of epoch %d", epoch), 0o600); err != nil {
			return err
		}
		// The model keeps its former weights until these have arrived.
		if err := m.Update(ctx, codec.File(weights), client.SnapshotOptions{Iteration: epoch + 1, Wait: true}); err != nil {
			return err
		}
	}
	if err := m.SetMetadata(ctx, map[string]client.Metadata{"accuracy": {Type: "float", Value: "0.93"}}, false); err != nil {
		return err
	}
	return m.Publish(ctx, false) // from now on it stays as it is
}

func consume(ctx context.Context, run *client.Run) error {
	m, err := run.Client().FindModel(ctx, client.ModelQuery{Name: "example net", Tags: client.All("example"), Published: true})
	if err != nil {
		return err
	}
	if err := run.ConnectModel(ctx, m, "base"); err != nil {
		return err
	}
	path, err := m.LocalCopy(ctx)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	fmt.Println(m.Framework, m.Labels["dog"], m.Metadata["accuracy"].Value, string(text))
	return nil
}
