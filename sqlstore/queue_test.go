package sqlstore_test

import (
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/internal/ident"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/queue"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

func aQueue(name string) queue.Queue {
	return queue.Queue{ID: queue.ID(ident.New()), Name: name, DisplayName: "the " + name, User: "u1", Created: at(0), LastUpdate: at(1)}
}

func TestQueues(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		store := db.Queues()
		fast, slow := aQueue("fast"), aQueue("slow")
		fast.Tags, fast.SystemTags = []string{"gpu"}, []string{"k8s"}
		must(t, store.Insert(ctx, fast))
		must(t, store.Insert(ctx, slow))

		t.Run("are read as they were written", func(t *testing.T) {
			for _, want := range []queue.Queue{fast, slow} {
				got, err := store.Get(ctx, want.ID)
				must(t, err)
				if !reflect.DeepEqual(got, want) {
					t.Errorf("got %+v\nwant %+v", got, want)
				}
			}
		})
		t.Run("absent ones are told", func(t *testing.T) {
			_, err := store.Get(ctx, "nobody")
			wantIs(t, err, queue.ErrNotFound)
		})
		t.Run("a name is taken once", func(t *testing.T) {
			wantIs(t, store.Insert(ctx, aQueue("fast")), queue.ErrNameTaken)
		})
		t.Run("are listed by pattern, tag and page", func(t *testing.T) {
			for name, c := range map[string]struct {
				r    query.Request
				want []string
			}{
				"all":        {query.Request{}, []string{"slow", "fast"}},
				"by name":    {query.Request{Filter: query.Match{Field: "name", Pattern: pattern(t, "^FA", true)}}, []string{"fast"}},
				"by tag":     {query.Request{Filter: query.Not{Part: query.In{Field: "tags", Values: []string{"gpu"}}}}, []string{"slow"}},
				"the second": {query.Request{Page: query.Page{Offset: 1, Limit: 1}}, []string{"fast"}},
				"none":       {query.Request{Filter: query.Or{}}, []string{}},
			} {
				t.Run(name, func(t *testing.T) {
					c.r.Order = []query.Order{{Field: "name", Desc: true}}
					got, err := store.List(ctx, c.r)
					must(t, err)
					if names := ids(got, func(q queue.Queue) string { return q.Name }); !slices.Equal(names, c.want) {
						t.Errorf("got %q, want %q", names, c.want)
					}
				})
			}
		})
		t.Run("hold tasks in the order in which they came", func(t *testing.T) {
			first, second := aTask("first"), aTask("second")
			addTasks(t, db, first, second)
			for i, id := range []task.ID{first.ID, second.ID} {
				must(t, db.Tx(ctx, func(ctx context.Context) error {
					if err := store.Lock(ctx, fast.ID); err != nil {
						return err
					}
					return store.Append(ctx, fast.ID, queue.Entry{Task: id, Added: at(10 + i)})
				}))
			}
			must(t, store.Append(ctx, slow.ID, queue.Entry{Task: first.ID, Added: at(20)}))
			wantIs(t, store.Append(ctx, fast.ID, queue.Entry{Task: first.ID, Added: at(30)}), queue.ErrQueuedAlready)
			wantIs(t, db.Tx(ctx, func(ctx context.Context) error { return store.Lock(ctx, "nobody") }), queue.ErrNotFound)
			want := func(lines map[queue.ID][]queue.Entry) {
				t.Helper()
				got, err := store.Entries(ctx, []queue.ID{fast.ID, slow.ID})
				must(t, err)
				if !reflect.DeepEqual(got, lines) {
					t.Errorf("got %v, want %v", got, lines)
				}
			}
			leave := func(id task.ID, from, unless queue.ID, count int) {
				t.Helper()
				n, err := store.Remove(ctx, id, from, unless)
				must(t, err)
				if n != count {
					t.Errorf("left %d queues, want %d", n, count)
				}
			}
			one, two := queue.Entry{Task: first.ID, Added: at(10)}, queue.Entry{Task: second.ID, Added: at(11)}
			want(map[queue.ID][]queue.Entry{fast.ID: {one, two}, slow.ID: {{Task: first.ID, Added: at(20)}}})
			leave(first.ID, "", fast.ID, 1)
			leave(first.ID, slow.ID, "", 0)
			want(map[queue.ID][]queue.Entry{fast.ID: {one, two}})
			leave(first.ID, "", "", 1)
			must(t, store.Append(ctx, fast.ID, queue.Entry{Task: first.ID, Added: at(50)}))
			want(map[queue.ID][]queue.Entry{fast.ID: {two, {Task: first.ID, Added: at(50)}}})
			_, err := db.Tasks().Delete(ctx, second.ID)
			must(t, err)
			want(map[queue.ID][]queue.Entry{fast.ID: {{Task: first.ID, Added: at(50)}}})
			q, err := store.ByName(ctx, "fast")
			must(t, err)
			if q.ID != fast.ID || !q.LastUpdate.Equal(at(50)) {
				t.Errorf("by name: %+v", q)
			}
			_, err = store.ByName(ctx, "nobody")
			wantIs(t, err, queue.ErrNotFound)
		})
		t.Run("two default queues are one too many", func(t *testing.T) {
			for _, name := range []string{"one", "two"} {
				q := aQueue(name)
				q.SystemTags = []string{queue.Default}
				must(t, store.Insert(ctx, q))
				defer func() { must(t, store.Delete(ctx, q.ID)) }()
			}
			s := queue.New(queue.Config{Store: store, Tx: db.Tx, Now: func() time.Time { return at(3) }})
			_, err := s.DefaultQueue(ctx, user.Identity{Role: user.Guest})
			wantIs(t, err, queue.ErrDefaults)
		})
		t.Run("one default queue is made, however often it is asked for", func(t *testing.T) {
			s := queue.New(queue.Config{Store: store, Tx: db.Tx, Now: func() time.Time { return at(3) }})
			who := user.Identity{Role: user.Guest}
			_, err := s.DefaultQueue(ctx, who)
			wantIs(t, err, queue.ErrNoDefault)
			must(t, s.Bootstrap(ctx))
			must(t, s.Bootstrap(ctx))
			q, err := s.DefaultQueue(ctx, who)
			must(t, err)
			if q.Name != queue.Default || !q.Created.Equal(at(3)) {
				t.Errorf("default queue %+v", q)
			}
		})
	})
}
