package sqlstore_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/task"
)

func output(key string) artifact.Ref { return artifact.Ref{Key: key, Mode: artifact.Output} }

// aVersion is a version elsewhere, of the given timestamp.
func aVersion(timestamp int64) artifact.Version {
	return artifact.Version{
		Type: "custom", Address: file.Elsewhere("s3://bucket/x"), Timestamp: timestamp,
		State: artifact.External, Registered: at(1), User: "u1",
	}
}

func ownAddress(t testing.TB, written string) file.Address {
	t.Helper()
	a, err := file.Own(written)
	must(t, err)
	return a
}

// add appends a version and returns it as it should be read, with its id left
// out.
func add(t testing.TB, db *sqlstore.DB, of task.ID, ref artifact.Ref, v artifact.Version, identity string) artifact.Version {
	t.Helper()
	number, err := db.Artifacts().Add(context.Background(), of, ref, v, identity)
	must(t, err)
	v.Number = number
	return v
}

// versions reads the living versions without their ids.
func versions(t testing.TB, db *sqlstore.DB, of task.ID, ref artifact.Ref) []artifact.Version {
	t.Helper()
	got, err := db.Artifacts().Versions(context.Background(), of, ref, true)
	must(t, err)
	for i := range got {
		if got[i].ID == 0 {
			t.Error("a version has no id")
		}
		got[i].ID = 0
	}
	return got
}

func numbers(list []artifact.Version) []int {
	out := make([]int, len(list))
	for i, v := range list {
		out[i] = v.Number
	}
	return out
}

func newest(t testing.TB, db *sqlstore.DB, of task.ID, ref artifact.Ref) artifact.Artifact {
	t.Helper()
	got, err := db.Artifacts().List(context.Background(), artifact.Selection{Tasks: []task.ID{of}, Ref: &ref})
	must(t, err)
	if len(got) != 1 {
		t.Fatalf("%d artifacts %q, expected one", len(got), ref.Key)
	}
	return got[0]
}

// land makes a generation of a path.
func land(t testing.TB, db *sqlstore.DB, p file.Path, content string) file.Generation {
	t.Helper()
	ctx := context.Background()
	var g file.Generation
	must(t, db.Tx(ctx, func(ctx context.Context) error {
		files := db.Files()
		r, err := files.Lock(ctx, p)
		if err != nil {
			r, err = files.Create(ctx, p, at(0))
		}
		must(t, err)
		d := digest(content)
		b, found, err := files.Live(ctx, d)
		must(t, err)
		if !found {
			b, err = files.AddBlob(ctx, blob.Object{Key: blob.NewKey(), Digest: d, Size: int64(len(content))}, 1, at(0))
			must(t, err)
		}
		g, err = files.AddGeneration(ctx, r, b, "u1", at(0))
		return err
	}))
	return g
}

func digest(content string) blob.Digest {
	d, err := blob.ParseDigest(fmt.Sprintf("%064x", content))
	if err != nil {
		panic(err)
	}
	return d
}

func TestArtifactVersions(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		x := aTask("t")
		addTasks(t, db, x)

		t.Run("are read as they were written", func(t *testing.T) {
			g := land(t, db, "p/a b.npy", "bytes")
			v := artifact.Version{
				Type: "numpy", Address: ownAddress(t, "/p/a%20b.npy"), Hash: strings.ToUpper(string(g.Digest)), Size: ptr(int64(5)), Timestamp: 10,
				ContentType: "application/numpy", DataHash: "dh", Preview: "[1 2 3]", Metadata: [][]string{{"shape", "(3,)"}, {"", ""}},
				State: artifact.Stored, Generation: g.ID, Registered: at(1), User: "u1",
			}
			want := add(t, db, x.ID, output("full"), v, "i1")
			want.FileNumber = 1
			if got := versions(t, db, x.ID, output("full")); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
			bare := add(t, db, x.ID, output("bare"), artifact.Version{State: artifact.External, Registered: at(1)}, "i1")
			if got := versions(t, db, x.ID, output("bare")); len(got) != 1 || !reflect.DeepEqual(got[0], bare) {
				t.Errorf("got %+v\nwant %+v", got, bare)
			}
		})

		t.Run("come without previews unless asked for", func(t *testing.T) {
			got, err := db.Artifacts().Versions(ctx, x.ID, output("full"), false)
			if err != nil || len(got) != 1 || got[0].Preview != "" {
				t.Errorf("got %+v, %v", got, err)
			}
		})

		t.Run("the newest is the one with the latest timestamp, of equal ones the last to come", func(t *testing.T) {
			ref := output("order")
			for i, c := range []struct {
				timestamp int64
				newest    int
			}{{100, 1}, {50, 1}, {100, 3}, {200, 4}, {150, 4}, {0, 4}} {
				v := add(t, db, x.ID, ref, aVersion(c.timestamp), fmt.Sprint(i))
				if v.Number != i+1 {
					t.Errorf("version %d got number %d", i+1, v.Number)
				}
				if a := newest(t, db, x.ID, ref); a.Number != c.newest || a.Versions != i+1 {
					t.Errorf("after %d: newest is %d of %d, expected %d of %d", i+1, a.Number, a.Versions, c.newest, i+1)
				}
			}
			if got := numbers(versions(t, db, x.ID, ref)); !slices.Equal(got, []int{4, 5, 3, 1, 2, 6}) {
				t.Errorf("versions %v", got)
			}
		})

		t.Run("of the same key but another mode are another artifact", func(t *testing.T) {
			in := artifact.Ref{Key: "order", Mode: artifact.Input}
			if v := add(t, db, x.ID, in, aVersion(1), "0"); v.Number != 1 {
				t.Errorf("number %d", v.Number)
			}
		})

		t.Run("of a task that is not there are refused", func(t *testing.T) {
			if _, err := db.Artifacts().Add(ctx, "nobody", output("a"), aVersion(1), "i"); err == nil {
				t.Error("it was taken")
			}
			if got := versions(t, db, "nobody", output("a")); len(got) != 0 {
				t.Errorf("got %v", got)
			}
		})
	})
}

func TestArtifactLists(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		x, y, z := aTask("x"), aTask("y"), aTask("z")
		x.ID, y.ID, z.ID = "x"+x.ID[1:], "y"+y.ID[1:], "z"+z.ID[1:]
		addTasks(t, db, x, y, z)
		v := aVersion(1)
		v.Preview = "text"
		for _, key := range []string{"b", "B", "a", "é"} {
			add(t, db, y.ID, output(key), v, key)
			add(t, db, x.ID, output(key), v, key)
		}
		add(t, db, x.ID, artifact.Ref{Key: "a", Mode: artifact.Input}, v, "a")
		add(t, db, z.ID, output("other"), v, "a")
		_, err := db.Artifacts().Remove(ctx, y.ID, []artifact.Ref{output("b")}, at(3))
		must(t, err)

		list := func(sel artifact.Selection) []string {
			t.Helper()
			got, err := db.Artifacts().List(ctx, sel)
			must(t, err)
			return ids(got, func(a artifact.Artifact) string {
				return string(a.Task[:1]) + " " + a.Key + " " + string(a.Mode) + " " + a.Preview
			})
		}
		for name, c := range map[string]struct {
			sel  artifact.Selection
			want []string
		}{
			"by task, key and mode": {
				artifact.Selection{Tasks: []task.ID{y.ID, x.ID}},
				[]string{"x B output ", "x a input ", "x a output ", "x b output ", "x é output ", "y B output ", "y a output ", "y é output "},
			},
			"of one task, with previews": {
				artifact.Selection{Tasks: []task.ID{y.ID}, Previews: true}, []string{"y B output text", "y a output text", "y é output text"},
			},
			"one of each task": {
				artifact.Selection{Tasks: []task.ID{x.ID, y.ID, z.ID}, Ref: ptr(output("b"))}, []string{"x b output "},
			},
			"the first of them": {
				artifact.Selection{Tasks: []task.ID{x.ID}, Limit: 2}, []string{"x B output ", "x a input "},
			},
			"the next, of the same key": {
				artifact.Selection{Tasks: []task.ID{x.ID}, After: &artifact.Ref{Key: "a", Mode: artifact.Input}, Limit: 2}, []string{"x a output ", "x b output "},
			},
			"the rest, behind one that is gone": {
				artifact.Selection{Tasks: []task.ID{y.ID}, After: ptr(output("b"))}, []string{"y é output "},
			},
			"of nobody": {artifact.Selection{}, []string{}},
		} {
			t.Run(name, func(t *testing.T) {
				if got := list(c.sel); !slices.Equal(got, c.want) {
					t.Errorf("got %q\nwant %q", got, c.want)
				}
			})
		}
	})
}

func TestArtifactKnown(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		x := aTask("x")
		addTasks(t, db, x)
		a, b, in := output("a"), output("b"), artifact.Ref{Key: "a", Mode: artifact.Input}
		for _, identity := range []string{"kept", "gone", "again", "twice"} {
			add(t, db, x.ID, a, aVersion(1), identity)
		}
		remove := func(number, second int) {
			t.Helper()
			_, err := db.Artifacts().RemoveVersion(ctx, x.ID, a, number, at(second))
			must(t, err)
		}
		remove(2, 20)
		remove(3, 30)
		remove(4, 40)
		add(t, db, x.ID, a, aVersion(1), "again") // living once more
		add(t, db, x.ID, a, aVersion(1), "twice")
		remove(6, 60)
		add(t, db, x.ID, b, aVersion(1), "b")
		add(t, db, x.ID, in, aVersion(1), "in")

		got, err := db.Artifacts().Known(ctx, x.ID, []artifact.Ref{a, output("unknown")})
		must(t, err)
		want := artifact.Known{a: {"kept": time.Time{}, "gone": at(20), "again": time.Time{}, "twice": at(60)}}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %v\nwant %v", got, want)
		}
		many := []artifact.Ref{a, in}
		for i := range 100 {
			many = append(many, output(fmt.Sprint("unknown ", i)))
		}
		want[in] = map[string]time.Time{"in": {}}
		got, err = db.Artifacts().Known(ctx, x.ID, many)
		must(t, err)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("of many: got %v\nwant %v", got, want)
		}
		none, err := db.Artifacts().Known(ctx, x.ID, nil)
		if err != nil || none == nil || len(none) != 0 {
			t.Errorf("of no refs: %v, %v", none, err)
		}
	})
}

func TestArtifactBytes(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		store := db.Artifacts()
		x, y := aTask("x"), aTask("y")
		addTasks(t, db, x, y)
		g := land(t, db, "p/a", "one")
		put := func(of task.ID, key string, state artifact.State, change func(*artifact.Version)) {
			t.Helper()
			v := aVersion(1)
			v.Address, v.State, v.Hash = ownAddress(t, "p/a"), state, string(digest("one"))
			if change != nil {
				change(&v)
			}
			add(t, db, of, output(key), v, key)
		}
		put(x.ID, "pending", artifact.Pending, nil)
		put(y.ID, "mismatched", artifact.Mismatched, nil)
		put(x.ID, "missing", artifact.Missing, nil)
		put(x.ID, "stored", artifact.Stored, func(v *artifact.Version) { v.Generation = g.ID })
		put(y.ID, "unhashed", artifact.Stored, func(v *artifact.Version) { v.Generation, v.Hash = g.ID, "" })
		put(x.ID, "elsewhere", artifact.External, func(v *artifact.Version) { v.Address = file.Elsewhere("s3://p/a") })
		put(x.ID, "other path", artifact.Pending, func(v *artifact.Version) { v.Address = ownAddress(t, "p/A") })
		put(x.ID, "removed", artifact.Pending, nil)
		_, err := store.Remove(ctx, x.ID, []artifact.Ref{output("removed")}, at(2))
		must(t, err)

		var waiting []artifact.Pointer
		t.Run("unsettled are the living ones at the path that wait for bytes", func(t *testing.T) {
			waiting, err = store.Unsettled(ctx, "p/a")
			must(t, err)
			if got := ids(waiting, func(p artifact.Pointer) string { return p.Key }); !slices.Equal(got, []string{"pending", "mismatched", "missing"}) {
				t.Errorf("got %q", got)
			}
			if p := waiting[0]; p.Task != x.ID || p.State != artifact.Pending || p.Digest() != digest("one") {
				t.Errorf("got %+v", p)
			}
		})

		t.Run("settled ones are bound and found by their generation", func(t *testing.T) {
			second := land(t, db, "p/a", "two")
			must(t, store.Settle(ctx, waiting[0].ID, artifact.Stored, second.ID))
			must(t, store.Settle(ctx, waiting[1].ID, artifact.Mismatched, 0))
			if a := newest(t, db, x.ID, output("pending")); a.State != artifact.Stored || a.Generation != second.ID || a.FileNumber != 2 {
				t.Errorf("got %+v", a)
			}
			if a := newest(t, db, y.ID, output("mismatched")); a.State != artifact.Mismatched || a.Generation != 0 || a.FileNumber != 0 {
				t.Errorf("got %+v", a)
			}
			bound, err := store.Bound(ctx, []int64{g.ID, second.ID, 999})
			must(t, err)
			slices.Sort(bound)
			if !slices.Equal(bound, []int64{g.ID, second.ID}) {
				t.Errorf("bound %v", bound)
			}
			_, err = store.Remove(ctx, x.ID, []artifact.Ref{output("pending")}, at(2))
			must(t, err)
			if bound, err := store.Bound(ctx, []int64{second.ID}); err != nil || len(bound) != 0 {
				t.Errorf("bound %v, %v after the removal", bound, err)
			}
			if bound, err := store.Bound(ctx, nil); err != nil || len(bound) != 0 {
				t.Errorf("of none: %v, %v", bound, err)
			}
		})

		t.Run("references count living versions and name a published task", func(t *testing.T) {
			r, err := store.References(ctx, "p/a")
			if err != nil || r.Count != 4 || r.FrozenBy != "" {
				t.Errorf("got %+v, %v; expected 4 references", r, err)
			}
			y := y
			y.Status = task.Published
			must(t, db.Tasks().Save(ctx, y, task.Row))
			r, err = store.References(ctx, "p/a")
			if want := fmt.Sprintf("task %s (y)", y.ID); err != nil || r.Count != 4 || r.FrozenBy != want {
				t.Errorf("got %+v, %v; expected %s", r, err, want)
			}
			r, err = store.References(ctx, "p")
			if err != nil || r != (file.References{}) {
				t.Errorf("of an unknown path: %+v, %v", r, err)
			}
		})

		t.Run("lost bytes are missed by all that stood on them, hashed or not", func(t *testing.T) {
			tasks, err := store.Lose(ctx, digest("one"))
			must(t, err)
			slices.Sort(tasks)
			want := []task.ID{x.ID, y.ID}
			slices.Sort(want)
			if !slices.Equal(tasks, want) {
				t.Errorf("tasks %v, want %v", tasks, want)
			}
			for of, key := range map[task.ID]string{x.ID: "stored", y.ID: "unhashed"} {
				if a := newest(t, db, of, output(key)); a.State != artifact.Missing {
					t.Errorf("%s is %s", key, a.State)
				}
			}
			if a := newest(t, db, y.ID, output("mismatched")); a.State != artifact.Mismatched {
				t.Errorf("what never was stored is %s", a.State)
			}
			tasks, err = store.Lose(ctx, digest("nothing"))
			if err != nil || len(tasks) != 0 {
				t.Errorf("of unknown bytes: %v, %v", tasks, err)
			}
		})
	})
}

func TestTwoHundredWritersLoseNothing(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		x := aTask("x")
		addTasks(t, db, x)
		var wait sync.WaitGroup
		for i := range 50 {
			wait.Go(func() {
				for j := range 4 {
					v := aVersion(int64(j))
					v.Preview = fmt.Sprint(i)
					if _, err := db.Artifacts().Add(ctx, x.ID, output(fmt.Sprint(i)), v, fmt.Sprint(j)); err != nil {
						t.Error(err)
					}
					if _, err := db.Artifacts().Add(ctx, x.ID, output("shared"), v, fmt.Sprint(i, j)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		got, err := db.Artifacts().List(ctx, artifact.Selection{Tasks: []task.ID{x.ID}})
		must(t, err)
		if len(got) != 51 {
			t.Errorf("%d artifacts, expected 51", len(got))
		}
		if n := newest(t, db, x.ID, output("shared")); n.Versions != 200 || n.Timestamp != 3 {
			t.Errorf("%d versions, newest of %d; expected 200, newest of 3", n.Versions, n.Timestamp)
		}
	})
}
