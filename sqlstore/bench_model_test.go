package sqlstore_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/sqlstore"
)

// seedModels fills a database with models as people have them: many snapshots
// and fine-tunings of few architectures.
func seedModels(b *testing.B, db *sqlstore.DB, models int) {
	b.Helper()
	kinds := []string{"resnet", "yolo", "bert", "unet", "gpt"}
	for from := 0; from < models; from += 1000 {
		must(b, db.Tx(context.Background(), func(ctx context.Context) error {
			for i := from; i < min(from+1000, models); i++ {
				m := aModel(fmt.Sprintf("%s fine-tuned %06d", kinds[i%len(kinds)], i/2))
				m.LastUpdate, m.Created, m.Framework = at(i), at(i), []string{"PyTorch", "JAX"}[i%2]
				m.Tags, m.Ready = []string{fmt.Sprint("tag ", i%100), "common"}, i%3 == 0
				m.Metadata = model.Metadata{
					"accuracy": {Key: "accuracy", Type: "float", Value: fmt.Sprint(float64(i%997) / 1000)},
					"stage":    {Key: "stage", Type: "str", Value: []string{"staging", "production", "retired"}[i%3]},
				}
				if err := db.Models().Insert(ctx, m); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

// BenchmarkListsOfModels loads pages of fifty by name pattern, tags and
// metadata together, among few models and among many.
func BenchmarkListsOfModels(b *testing.B) {
	latest := []query.Order{{Field: "last_update", Desc: true}}
	is := func(field string, values ...string) query.Filter { return query.In{Field: field, Values: values} }
	holds := func(text string) query.Filter { return query.Match{Field: "name", Pattern: pattern(b, text, true)} }
	for _, n := range []int{10_000, 100_000} {
		for _, e := range engines(b) {
			b.Run(fmt.Sprintf("%s/of %d", e.name, n), func(b *testing.B) {
				db := e.open(b)
				seedModels(b, db, n)
				if e.name == "postgres" {
					must(b, db.Exec(context.Background(), `ANALYZE`))
				}
				for name, filter := range map[string]query.Filter{
					"common name, rare tag, metadata":   query.And{holds("resnet"), is("tags", "tag 5"), is("metadata.stage.value", "production")},
					"common name, common tag, metadata": query.And{holds("yolo"), is("tags", "common"), is("metadata.stage.value", "staging")},
					"rare name, tag, metadata":          query.And{holds("tuned 0000"), is("tags", "common"), is("metadata.stage.value", "staging")},
					"name, tag, rare metadata":          query.And{holds("bert"), is("tags", "common"), is("metadata.accuracy.value", "0.042")},
				} {
					b.Run(name, func(b *testing.B) {
						q := model.Query{Request: query.Request{Filter: filter, Order: latest, Page: query.Page{Limit: 50}}}
						for b.Loop() {
							_, err := db.Models().List(context.Background(), q)
							must(b, err)
						}
					})
				}
			})
		}
	}
}
