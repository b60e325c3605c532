// Command quick logs a map, a slice, an image and a folder, and reads them back.
package main

import (
	"context"
	"errors"
	"fmt"
	"image"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/codec"
)

func main() {
	fmt.Println(client.RunTask(context.Background(), client.Config{}, client.TaskSpec{Project: "churn", Name: "train"}, train))
}

func train(ctx context.Context, run *client.Run) (err error) {
	for name, value := range map[string]any{"config": map[string]int{"epochs": 3}, "curve": codec.Array([]float64{0.9, 0.5}, 2), "picture": image.NewGray(image.Rect(0, 0, 8, 8)), "data": codec.Dir(".")} {
		err = errors.Join(err, run.Upload(ctx, name, value, client.UploadOptions{Wait: true}))
		fmt.Println(client.Read[any](ctx, run.Task, name))
	}
	return err
}
