package sdk_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/codec"
)

func TestF01ToF16ModelsAreMadeFoundAndRead(t *testing.T) {
	c := open(t, cached(t))
	ctx := t.Context()
	dir := folder(t, map[string]string{"weights.pt": "one", "vocabulary.txt": "a b"})
	run := start(t, c, "train")
	m, err := run.OutputModel(ctx, client.ModelSpec{Name: "gbm", Labels: map[string]int64{"cat": 1}, Design: "layers: 3"})
	must(t, err)
	if m.URI != "" || m.Task != run.ID || m.Published {
		t.Errorf("got %+v", m)
	}
	is(t, func() error { _, err := m.LocalCopy(ctx); return err }(), client.ErrPending)
	must(t, m.Update(ctx, codec.File(filepath.Join(dir, "weights.pt")), client.SnapshotOptions{Iteration: 3, Wait: true}))
	packed, err := run.OutputModel(ctx, client.ModelSpec{Name: "package"})
	must(t, err)
	must(t, packed.Update(ctx, codec.Dir(dir), client.SnapshotOptions{Wait: true}))
	must(t, m.SetMetadata(ctx, map[string]client.Metadata{"metric": {Type: "float", Value: "0.9"}}, false))
	run.End(ctx, nil)

	found, err := c.FindModel(ctx, client.ModelQuery{Name: "gbm", Project: project(t)})
	must(t, err)
	if found.ID != m.ID || found.Framework != "PyTorch" || found.Labels["cat"] != 1 || found.Design != "layers: 3" || found.Metadata["metric"].Value != "0.9" {
		t.Errorf("got %+v", found)
	}
	path, err := found.LocalCopy(ctx)
	must(t, err)
	if text, err := os.ReadFile(path); err != nil || string(text) != "one" {
		t.Errorf("got %q, error %v", text, err)
	}
	packed, err = c.Model(ctx, packed.ID)
	must(t, err)
	path, err = packed.LocalCopy(ctx)
	must(t, err)
	if !packed.Package() || !reflect.DeepEqual(contents(t, path), map[string]string{"weights.pt": "one", "vocabulary.txt": "a b"}) {
		t.Errorf("got %+v with %v", packed, contents(t, path))
	}

	consumer := start(t, c, "consumer")
	must(t, consumer.ConnectModel(ctx, found, "base"))
	models, err := consumer.Models(ctx)
	must(t, err)
	produced, err := run.Models(ctx)
	must(t, err)
	if len(models.Input) != 1 || models.Input[0].Entry != "base" || len(produced.Output) != 2 || produced.Output[1].Name != "package" {
		t.Errorf("got %+v and %+v", models, produced)
	}
	far, err := c.ImportModel(ctx, "s3://bucket/far.onnx", client.ModelSpec{Project: project(t)})
	must(t, err)
	again, err := c.ImportModel(ctx, "s3://bucket/far.onnx", client.ModelSpec{Name: "ignored"})
	must(t, err)
	if far.ID != again.ID || far.Framework != "ONNX" {
		t.Errorf("got %+v and %+v", far, again)
	}
	must(t, found.Archive(ctx))
	must(t, found.Unarchive(ctx))
	must(t, found.Publish(ctx, false))
	is(t, found.Update(ctx, codec.Link("s3://bucket/other")), client.ErrState)
	must(t, packed.Delete(ctx, client.ModelDeleteOptions{Force: true}))
	_, err = c.Model(ctx, packed.ID)
	is(t, err, client.ErrNotFound)
	consumer.End(ctx, nil)
}
