package client_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"gonum.org/v1/gonum/mat"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/codec"
)

// The programs that these are parts of are in examples/sdk, and run there.

var (
	ctx   = context.Background()
	c     *client.Client
	run   *client.Run
	task  *client.Task
	table arrow.Table
)

func Example() {
	err := client.RunTask(ctx, client.Config{}, client.TaskSpec{Project: "churn", Name: "train"}, func(ctx context.Context, run *client.Run) error {
		err := run.Upload(ctx, "config", map[string]int{"epochs": 3}) // a dict in Python
		run.Logger().Scalar("loss", "train", 1, 0.31)
		return err // completed, or failed with it
	})
	if err != nil {
		log.Fatal(err)
	}
}

func ExampleOpen() {
	c, err := client.Open(ctx, client.Config{ // {} is ~/clearml.conf and the CLEARML_* variables
		API: "http://localhost:8008", AccessKey: os.Getenv("ACCESS"), SecretKey: os.Getenv("SECRET"),
		Patience: time.Minute, Log: slog.Default(),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { // what did not arrive comes back here
		if err := c.Close(ctx); err != nil {
			log.Print(err)
		}
	}()
}

func ExampleClient_StartTask() {
	train := func() (err error) {
		run, err := c.StartTask(ctx, client.TaskSpec{Project: "churn", Name: "train", Type: client.Training, Tags: []string{"prod"}})
		if err != nil {
			return err
		}
		defer run.End(ctx, &err) // completed, failed with err, or failed by a panic
		return run.SetParameters(ctx, map[string]any{"lr": 0.1, "Data/split": "train"})
	}
	if err := train(); err != nil {
		log.Print(err)
	}
}

func ExampleClient_Tasks() {
	for t, err := range c.Tasks(ctx, client.TaskQuery{Project: "churn", Tags: client.All("prod").And(client.None("old")), OrderBy: "-last_update"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(t.Name, t.Status, t.Iteration)
	}
}

func ExampleTask_Upload() {
	err := errors.Join(
		run.Upload(ctx, "features", codec.Array([]float64{1, 2, 3, 4}, 2, 2)),             // numpy.ndarray
		run.Upload(ctx, "weights", mat.NewDense(2, 2, nil)),                               // the same
		run.Upload(ctx, "train", table),                                                   // pandas.DataFrame, by Parquet
		run.Upload(ctx, "csv", table, client.UploadOptions{Format: codec.CSVGzip{}}),      // the same by CSV
		run.Upload(ctx, "picture", image.NewGray(image.Rect(0, 0, 8, 8))),                 // PIL.Image
		run.Upload(ctx, "config", map[string]any{"lr": 0.1}),                              // dict
		run.Upload(ctx, "note", "a text"),                                                 // str
		run.Upload(ctx, "layers", []int{64, 32}),                                          // list, pickled
		run.Upload(ctx, "checkpoints", codec.Dir("ckpt")),                                 // a folder, zipped
		run.Upload(ctx, "log", codec.File("train.log"), client.UploadOptions{Wait: true}), // a file as it is
		run.Upload(ctx, "raw", codec.Link("s3://bucket/raw.csv")),                         // registered, not uploaded
		run.Flush(ctx), // the others go in the background
	)
	var lost *client.UploadError
	if errors.As(err, &lost) {
		for _, f := range lost.Failed {
			log.Print(f.Name, f.URI, f.Err)
		}
	}
}

func ExampleGet() {
	a, err := task.Artifact(ctx, "features")
	if err != nil {
		log.Fatal(err)
	}
	x, err := client.Get[*mat.Dense](ctx, a) // decoded, the digest checked
	switch {
	case errors.Is(err, client.ErrType):
		log.Print(err) // names what it is instead
	case errors.Is(err, client.ErrUnsafe):
		log.Print(err) // only running code could read it
	case err == nil:
		fmt.Println(x.Dims())
	}
}

func ExampleRead() {
	t, err := c.FindTask(ctx, client.TaskQuery{Project: "churn", Name: "train", Status: client.Completed})
	if err != nil {
		log.Fatal(err)
	}
	config, err := client.Read[struct{ Epochs int }](ctx, t, "config")
	fmt.Println(config.Epochs, err)
}

func ExampleArtifact_LocalCopy() {
	a, err := task.Artifact(ctx, "checkpoints")
	if err != nil {
		log.Fatal(err)
	}
	dir, err := a.LocalCopy(ctx) // in the cache, fetched once
	if err != nil {
		log.Fatal(err)
	}
	zipped, err := a.LocalCopy(ctx, client.LocalCopyOptions{KeepArchive: true, Dir: "downloads"})
	fmt.Println(dir, zipped, err)
}

func ExampleArtifact_All() {
	a, err := task.Artifact(ctx, "features")
	if err != nil {
		log.Fatal(err)
	}
	for v, err := range a.All(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(v.Version, v.State, v.Size, v.SHA256)
	}
}

func ExampleTask_WaitArtifact() {
	ctx, cancel := context.WithTimeout(ctx, time.Hour)
	defer cancel()
	a, err := task.WaitArtifact(ctx, "features") // another program is about to log it
	fmt.Println(a, err)
}

func ExampleRun_Register() {
	g, err := run.Register(ctx, "samples", table, client.RegisterOptions{Metadata: map[string]string{"split": "train"}})
	if err != nil {
		log.Fatal(err)
	}
	if err := g.Set(ctx, table); err != nil { // stored anew if its content differs
		log.Fatal(err)
	}
	if err := run.Unregister(ctx, "samples"); err != nil { // a last snapshot, then no more
		log.Fatal(err)
	}
}

func ExampleTask_OutputModel() {
	m, err := run.OutputModel(ctx, client.ModelSpec{Name: "gbm", Framework: "LightGBM"})
	if err != nil {
		log.Fatal(err)
	}
	if err := m.Update(ctx, codec.File("model.txt"), client.SnapshotOptions{Iteration: 200, Wait: true}); err != nil {
		log.Fatal(err)
	}
	if err := m.Publish(ctx, false); err != nil {
		log.Fatal(err)
	}
}

func ExampleClient_FindModel() {
	m, err := c.FindModel(ctx, client.ModelQuery{Project: "churn", Tags: client.All("prod"), Published: true})
	if err != nil {
		log.Fatal(err)
	}
	path, err := m.LocalCopy(ctx)
	fmt.Println(path, err, run.ConnectModel(ctx, m, "base"))
}

func ExampleLogger() {
	l := run.Logger()
	l.Scalar("loss", "train", 200, 0.31)
	l.Single("accuracy", 0.93)
	l.Text(slog.LevelWarn, "the learning rate is high")
	l.Table("confusion", "test", 200, []string{"class", "n"}, [][]any{{"cat", 3}, {"dog", 4}})
	if err := l.Image(ctx, "samples", "first", 200, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		log.Print(err)
	}
}

func ExampleStorage() {
	s := c.Storage()
	if err := s.PutFolder(ctx, "data", "s3://bucket/data", client.FolderOptions{Pattern: "*.csv"}); err != nil {
		log.Fatal(err)
	}
	for o, err := range s.List(ctx, "s3://bucket/data/") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(o.Address, o.Size)
	}
	path, err := s.Get(ctx, "s3://bucket/data/train.csv") // in the cache
	fmt.Println(path, err)
}
