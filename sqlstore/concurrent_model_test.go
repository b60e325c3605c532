package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/lifecycle"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// A hundred who publish a model and edit it at once: one publication succeeds,
// model and task are published together, and no edit is half done.
func TestPublishersAndEditorsOfAModelAtOnce(t *testing.T) {
	ctx := context.Background()
	onBoth(t, func(t *testing.T, e engine) {
		a, b, _ := twoServers(t, e, time.Hour)
		for range 3 {
			of := a.newTask(t, "maker")
			for _, step := range []func(context.Context, user.Identity, task.ID, task.Why) (task.Task, error){a.tasks.Started, a.tasks.Completed} {
				_, err := step(ctx, user.Operator, of, task.Why{})
				must(t, err)
			}
			m, err := a.lifecycle.CreateModel(ctx, user.Operator, model.Spec{Name: "m", Address: file.Elsewhere("s3://b/m"), Task: of})
			must(t, err)
			_, err = a.tasks.AddModel(ctx, user.Operator, of, task.LinkRef{Name: "out"}, string(m.ID))
			if err != nil {
				t.Fatal(err)
			}
			var published, edited atomic.Int64
			atOnce(many(100, a, b, func(i int, on *nouns) {
				switch i % 4 {
				case 0, 1:
					_, with, err := on.lifecycle.PublishModel(ctx, user.Operator, m.ID, lifecycle.PublishModel{Task: true})
					switch {
					case err == nil:
						published.Add(1)
						if with == nil || with.Status != task.Published {
							t.Errorf("published without its task: %+v", with)
						}
					case !errors.Is(err, model.ErrReady):
						t.Error(err)
					}
				case 2:
					framework, text := fmt.Sprint("framework ", i), fmt.Sprint("framework ", i)
					_, err := on.lifecycle.EditModel(ctx, user.Operator, m.ID, model.Patch{Framework: &framework, Comment: &text}, nil)
					if err != nil && !errors.Is(err, model.ErrReady) {
						t.Error(err)
					}
				case 3:
					_, err := on.models.EditMetadata(ctx, user.Operator, m.ID, []model.Item{{Key: fmt.Sprint(i), Value: "v"}}, false)
					if err != nil {
						t.Error(err)
					}
					edited.Add(1)
				}
			})...)
			got, err := b.models.Get(ctx, user.Operator, m.ID)
			must(t, err)
			maker, err := b.tasks.Get(ctx, user.Operator, of)
			must(t, err)
			if published.Load() != 1 || !got.Ready || maker.Status != task.Published {
				t.Errorf("%d published; ready %v, its task %s", published.Load(), got.Ready, maker.Status)
			}
			if got.Framework != got.Comment || len(got.Metadata) != int(edited.Load()) {
				t.Errorf("an edit is half done: %q and %q, %d of %d items", got.Framework, got.Comment, len(got.Metadata), edited.Load())
			}
		}
	})
}
