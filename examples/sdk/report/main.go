// Command report reports scalars, texts, a table, a plot and a picture while it
// runs.
package main

import (
	"context"
	"image"
	"image/color"
	"log"
	"log/slog"
	"math"

	"github.com/coffer-ml/coffer/client"
)

func main() {
	spec := client.TaskSpec{Project: "Coffer examples", Name: "reports"}
	if err := client.RunTask(context.Background(), client.Config{}, spec, run); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, run *client.Run) error {
	l := run.Logger()
	for i := range int64(100) {
		l.Scalar("loss", "train", i, math.Exp(-float64(i)/20))
	}
	l.Single("accuracy", 0.93)
	l.Text(slog.LevelInfo, "done with training")
	l.Table("confusion", "test", 0, []string{"class", "right", "wrong"}, [][]any{{"cat", 40, 2}, {"dog", 38, 5}})
	l.Plotly("curve", "roc", 0, map[string]any{"data": []any{map[string]any{"type": "scatter", "x": []int{0, 1}, "y": []int{0, 1}}}, "layout": map[string]any{}})
	picture := image.NewGray(image.Rect(0, 0, 16, 16))
	picture.Set(3, 4, color.White)
	return l.Image(ctx, "samples", "first", 0, picture)
}
