package sqlstore_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/mem"
	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/lifecycle"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// rounds is how often a race is run: what goes wrong goes wrong within a few.
const rounds = 8

// twoServers are two servers on one database and one blob store, where the
// engine takes several; else one server that is named twice. No object is old
// enough for the sweep of those without a row, which relies on a grace period
// longer than any upload.
func twoServers(t *testing.T, e engine, grace time.Duration) (a, b *nouns, blobs *mem.Store) {
	t.Helper()
	blobs = &mem.Store{Now: func() time.Time { return time.Now().Add(time.Hour) }}
	both := e.pair(t)
	return nounsOn(both[0], blobs, time.Now, grace), nounsOn(both[1], blobs, time.Now, grace), blobs
}

// atOnce runs all functions at once.
func atOnce(fns ...func()) {
	var wait sync.WaitGroup
	start := make(chan struct{})
	for _, fn := range fns {
		wait.Go(func() { <-start; fn() })
	}
	close(start)
	wait.Wait()
}

// many is fn for each of n numbers, by turns on either server.
func many(n int, a, b *nouns, fn func(i int, on *nouns)) (fns []func()) {
	for i := range n {
		on := a
		if i%2 == 1 {
			on = b
		}
		fns = append(fns, func() { fn(i, on) })
	}
	return fns
}

func upload(on *nouns, p file.Path, content string) (file.Generation, error) {
	return on.files.Upload(context.Background(), user.Operator, p, strings.NewReader(content), file.UploadOptions{})
}

func read(on *nouns, p file.Path) (string, error) {
	ctx := context.Background()
	g, err := on.files.Stat(ctx, user.Operator, p, file.Want{})
	if err != nil {
		return "", err
	}
	c, err := on.files.Open(ctx, user.Operator, g)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	content, err := io.ReadAll(c)
	return string(content), err
}

// spec registers the content under the path.
func spec(t testing.TB, key string, p file.Path, content string, timestamp int64) artifact.Spec {
	size := int64(len(content))
	return artifact.Spec{Ref: output(key), Version: artifact.Version{
		Type: "custom", Address: ownAddress(t, string(p)), Hash: string(sumOf(content)), Size: &size, Timestamp: timestamp,
	}}
}

func sumOf(content string) blob.Digest { return blob.DigestOf(sha256.Sum256([]byte(content))) }

func onBoth(t *testing.T, test func(t *testing.T, e engine)) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) { test(t, e) })
	}
}

func TestUploadsAtOnce(t *testing.T) {
	ctx := context.Background()
	onBoth(t, func(t *testing.T, e engine) {
		a, b, blobs := twoServers(t, e, time.Hour)

		t.Run("to one new path are its generations", func(t *testing.T) {
			const n = 8
			for round := range rounds {
				p := file.Path(fmt.Sprint("new/", round))
				var numbers [n]int
				atOnce(many(n, a, b, func(i int, on *nouns) {
					g, err := upload(on, p, fmt.Sprint(round, "/", i))
					if err != nil {
						t.Error(err)
					}
					numbers[i] = g.Number
				})...)
				seen := make(map[int]bool)
				for i, number := range numbers {
					seen[number] = true
					g, err := a.files.Stat(ctx, user.Operator, p, file.Want{Number: number})
					must(t, err)
					if g.Digest != sumOf(fmt.Sprint(round, "/", i)) {
						t.Errorf("generation %d is not what was uploaded as such", number)
					}
				}
				if newest, err := a.files.Stat(ctx, user.Operator, p, file.Want{}); err != nil || newest.Number != n || len(seen) != n {
					t.Errorf("numbers %v, newest %d, %v", numbers, newest.Number, err)
				}
			}
		})

		t.Run("of the same bytes keep them once", func(t *testing.T) {
			before := count(t, blobs)
			for round := range rounds {
				atOnce(many(8, a, b, func(i int, on *nouns) {
					if _, err := upload(on, file.Path(fmt.Sprintf("same/%d/%d", round, i)), fmt.Sprint("same ", round)); err != nil {
						t.Error(err)
					}
				})...)
			}
			if n := count(t, blobs) - before; n != rounds {
				t.Errorf("%d objects for %d contents", n, rounds)
			}
		})
	})
}

// count returns how many objects a store holds.
func count(t testing.TB, s blob.Store) (n int) {
	t.Helper()
	for _, err := range s.List(context.Background(), "") {
		must(t, err)
		n++
	}
	return n
}

func TestUploadAndRecordAtOnceFindEachOther(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		a, b, _ := twoServers(t, e, time.Hour)
		of := a.newTask(t, "x")
		for round := range 4 * rounds {
			p, content := file.Path(fmt.Sprint("p/", round)), fmt.Sprint("content ", round)
			key := fmt.Sprint("k", round)
			atOnce(
				func() {
					_, err := upload(a, p, content)
					if err != nil {
						t.Error(err)
					}
				},
				func() {
					_, err := b.artifacts.Register(context.Background(), user.Operator, of, []artifact.Spec{spec(t, key, p, content, 1)})
					if err != nil {
						t.Error(err)
					}
				},
			)
			got, err := a.artifacts.Get(context.Background(), user.Operator, of, output(key), 0, 0)
			must(t, err)
			if got.State != artifact.Stored {
				t.Errorf("round %d: the artifact is %s", round, got.State)
			}
		}
	})
}

func TestDeleteAndRecordAtOnce(t *testing.T) {
	ctx := context.Background()
	onBoth(t, func(t *testing.T, e engine) {
		a, b, _ := twoServers(t, e, time.Hour)
		of := a.newTask(t, "x")
		for round := range 4 * rounds {
			p, content := file.Path(fmt.Sprint("p/", round)), fmt.Sprint("content ", round)
			_, err := upload(a, p, content)
			must(t, err)
			key := fmt.Sprint("k", round)
			atOnce(
				func() {
					if err := a.files.Delete(ctx, user.Operator, p); err != nil {
						t.Error(err)
					}
				},
				func() {
					if _, err := b.artifacts.Register(ctx, user.Operator, of, []artifact.Spec{spec(t, key, p, content, 1)}); err != nil {
						t.Error(err)
					}
				},
			)
			// Either the delete came first, and the record waits for bytes, or
			// the record did, and then the file is there.
			got, err := a.artifacts.Get(ctx, user.Operator, of, output(key), 0, 0)
			must(t, err)
			_, err = read(b, p)
			if err != nil && !errors.Is(err, file.ErrNotFound) {
				t.Fatal(err)
			}
			if stored := got.State == artifact.Stored; stored != (err == nil) {
				t.Errorf("round %d: the artifact is %s, reading the file says %v", round, got.State, err)
			}
		}
	})
}

func TestUploadAndSweepAtOnceLoseNothing(t *testing.T) {
	ctx := context.Background()
	onBoth(t, func(t *testing.T, e engine) {
		a, b, _ := twoServers(t, e, time.Hour)
		for round := range 4 * rounds {
			content := fmt.Sprint("content ", round)
			old, fresh := file.Path(fmt.Sprint("old/", round)), file.Path(fmt.Sprint("new/", round))
			_, err := upload(a, old, content)
			must(t, err)
			must(t, a.files.Delete(ctx, user.Operator, old))
			atOnce(
				func() {
					if _, err := a.files.Collect(ctx, 0); err != nil {
						t.Error(err)
					}
				},
				func() {
					if _, err := b.files.Collect(ctx, 0); err != nil {
						t.Error(err)
					}
				},
				func() {
					if err := untilNotSwept(b, fresh, content); err != nil {
						t.Error(err)
					}
				},
				func() {
					if err := untilNotSwept(a, old, content); err != nil { // revives it
						t.Error(err)
					}
				},
			)
			for _, p := range []file.Path{old, fresh} {
				if got, err := read(b, p); err != nil || got != content {
					t.Errorf("round %d: %s reads %q, %v", round, p, got, err)
				}
			}
		}
	})
}

// untilNotSwept uploads, again if a sweep of the other server, which does not
// know what is under way here, was quicker.
func untilNotSwept(on *nouns, p file.Path, content string) error {
	for {
		if _, err := upload(on, p, content); !errors.Is(err, file.ErrSwept) {
			return err
		}
	}
}

func TestRecordsAtOnce(t *testing.T) {
	ctx := context.Background()
	onBoth(t, func(t *testing.T, e engine) {
		a, b, _ := twoServers(t, e, time.Hour)
		of := a.newTask(t, "x")

		t.Run("that are equal are one version", func(t *testing.T) {
			for round := range rounds {
				key := fmt.Sprint("equal", round)
				added := make([]int, 8)
				atOnce(many(len(added), a, b, func(i int, on *nouns) {
					var err error
					if added[i], err = on.artifacts.Register(ctx, user.Operator, of, []artifact.Spec{spec(t, key, "p", "c", 1)}); err != nil {
						t.Error(err)
					}
				})...)
				sum := 0
				for _, n := range added {
					sum += n
				}
				if v := versions(t, a.db, of, output(key)); len(v) != 1 || sum != 1 {
					t.Errorf("%d versions, %d were told to be new", len(v), sum)
				}
			}
		})

		t.Run("of one artifact are all kept, the latest is the newest", func(t *testing.T) {
			const n = 12
			atOnce(many(n, a, b, func(i int, on *nouns) {
				if _, err := on.artifacts.Register(ctx, user.Operator, of, []artifact.Spec{spec(t, "many", "p", fmt.Sprint(i), int64(i))}); err != nil {
					t.Error(err)
				}
			})...)
			got, err := a.artifacts.Get(ctx, user.Operator, of, output("many"), 0, 0)
			must(t, err)
			if got.Timestamp != n-1 || got.Versions != n {
				t.Errorf("newest %d of %d versions", got.Timestamp, got.Versions)
			}
		})

		t.Run("of two hundred writers are all there", func(t *testing.T) {
			of := a.newTask(t, "crowded")
			atOnce(many(200, a, b, func(i int, on *nouns) {
				if _, err := on.artifacts.Register(ctx, user.Operator, of, []artifact.Spec{spec(t, fmt.Sprint("k", i), "p", "c", 1)}); err != nil {
					t.Error(err)
				}
			})...)
			list, err := a.artifacts.List(ctx, user.Operator, artifact.Selection{Tasks: []task.ID{of}})
			if err != nil || len(list) != 200 {
				t.Errorf("%d are there, %v", len(list), err)
			}
		})
	})
}

func TestProjectsAtOnce(t *testing.T) {
	ctx := context.Background()
	onBoth(t, func(t *testing.T, e engine) {
		a, b, _ := twoServers(t, e, time.Hour)
		all := func() map[project.ID]project.Project {
			list, err := a.projects.List(ctx, user.Operator, project.Query{})
			must(t, err)
			out := make(map[project.ID]project.Project)
			names := make(map[string]bool)
			for _, p := range list {
				out[p.ID] = p
				if names[p.Name] {
					t.Errorf("there are two projects %q", p.Name)
				}
				names[p.Name] = true
			}
			return out
		}
		wholeTree := func() {
			t.Helper()
			list := all()
			for _, p := range list {
				if above := list[p.Parent]; p.Parent != "" && above.Name+"/"+p.Basename() != p.Name {
					t.Errorf("%q lies below %q", p.Name, above.Name)
				}
			}
		}

		t.Run("are found or made once, with their parents", func(t *testing.T) {
			for round := range rounds {
				ids := make([]project.ID, 8)
				atOnce(many(len(ids), a, b, func(i int, on *nouns) {
					p, err := on.projects.FindOrCreate(ctx, user.Operator, fmt.Sprintf("found %d/a/b/%c", round, 'c'+i%2))
					if err != nil {
						t.Error(err)
					}
					ids[i] = p.ID
				})...)
				for i, id := range ids {
					if id != ids[i%2] {
						t.Errorf("round %d: several ids for one name", round)
					}
				}
			}
			wholeTree()
		})

		t.Run("of one name are made once", func(t *testing.T) {
			for round := range rounds {
				made := make([]bool, 8)
				atOnce(many(len(made), a, b, func(i int, on *nouns) {
					_, err := on.projects.Create(ctx, user.Operator, project.Spec{Name: fmt.Sprint("once ", round)})
					made[i] = err == nil
					if err != nil && !errors.Is(err, project.ErrNameTaken) {
						t.Error(err)
					}
				})...)
				n := 0
				for _, ok := range made {
					if ok {
						n++
					}
				}
				if n != 1 {
					t.Errorf("round %d: made %d times", round, n)
				}
			}
		})

		t.Run("stay below their parent when that is renamed", func(t *testing.T) {
			for round := range 2 * rounds {
				top, err := a.projects.FindOrCreate(ctx, user.Operator, fmt.Sprint("top ", round))
				must(t, err)
				_, err = a.projects.FindOrCreate(ctx, user.Operator, top.Name+"/mid")
				must(t, err)
				to := fmt.Sprint("renamed ", round)
				atOnce(
					func() {
						if _, err := a.projects.Update(ctx, user.Operator, top.ID, project.Patch{Name: &to}); err != nil {
							t.Error(err)
						}
					},
					func() {
						if _, err := b.projects.FindOrCreate(ctx, user.Operator, top.Name+"/mid/low"); err != nil {
							t.Error(err)
						}
					},
				)
			}
			wholeTree()
		})

		t.Run("count what lies in them, also while it moves and they are merged", func(t *testing.T) {
			everything := query.Or{query.Empty{Field: "parent"}, query.Not{Part: query.Empty{Field: "parent"}}}
			for round := range rounds {
				from, err := a.projects.FindOrCreate(ctx, user.Operator, fmt.Sprint("from ", round))
				must(t, err)
				into, err := a.projects.FindOrCreate(ctx, user.Operator, fmt.Sprint("into ", round))
				must(t, err)
				ids := make([]task.ID, 8)
				for i := range ids {
					made, err := a.tasks.Create(ctx, user.Operator, task.Spec{Name: "counted", Type: "training", Project: from.ID})
					must(t, err)
					ids[i] = made.ID
				}
				work := many(len(ids), a, b, func(i int, on *nouns) {
					if _, err := on.tasks.Started(ctx, user.Operator, ids[i], task.Why{}); err != nil {
						t.Error(err)
					}
					if i%2 == 0 {
						return
					}
					if _, err := on.lifecycle.ArchiveTasks(ctx, user.Operator, ids[i:i+1], task.Why{}, false); err != nil {
						t.Error(err)
					}
				})
				atOnce(append(work, func() {
					if _, err := b.lifecycle.MergeProject(ctx, user.Operator, from.ID, into.ID); err != nil {
						t.Error(err)
					}
				})...)
				in := []project.ID{into.ID}
				kept, err := a.db.Tasks().Summaries(ctx, task.Summing{Projects: in, Living: true})
				must(t, err)
				counted, err := b.db.Tasks().Summaries(ctx, task.Summing{Projects: in, Living: true, Filter: everything})
				must(t, err)
				held, err := a.db.Tasks().Held(ctx, in)
				must(t, err)
				n := 0
				for _, h := range held {
					n += h.Number
				}
				if fmt.Sprint(kept) != fmt.Sprint(counted) || kept[into.ID].Number[task.InProgress] != len(ids)/2 || n != len(ids) {
					t.Errorf("kept %v, counted %v; %d in all, want %d", kept, counted, n, len(ids))
				}
			}
		})
	})
}

func TestEventsAtOnceAreCountedOnce(t *testing.T) {
	ctx := context.Background()
	onBoth(t, func(t *testing.T, e engine) {
		a, b, _ := twoServers(t, e, time.Hour)
		of := event.Target{Kind: event.Task, ID: string(a.newTask(t, "x"))}
		const batches, points = 12, 20
		atOnce(many(batches, a, b, func(i int, on *nouns) {
			var batch []event.Event
			for j := range points {
				v := float64(j)
				// each batch overlaps with the next one by half
				batch = append(batch, event.Event{Type: event.Scalar, Target: of, Metric: "m", Variant: "v", Iter: int64(i*points/2 + j), Value: &v, Timestamp: 1})
				batch = append(batch, event.Event{Type: event.Log, Target: of, Msg: fmt.Sprint(i*points/2 + j), Timestamp: 1})
			}
			if _, err := on.events.Add(ctx, user.Operator, batch); err != nil {
				t.Error(err)
			}
		})...)
		const want = (batches + 1) * points / 2
		p, err := a.events.Progress(ctx, user.Operator, []event.Target{of}, event.WithSeries)
		must(t, err)
		if s := p[of]; len(s.Series) != 1 || s.Series[0].Summary().Count != want || s.LastIteration != want-1 {
			t.Errorf("the summary is %+v, expected %d points", s, want)
		}
		if _, n, err := a.events.Log(ctx, user.Operator, of, event.LogQuery{Limit: 1}); err != nil || n != want {
			t.Errorf("%d log lines, expected %d, %v", n, want, err)
		}
	})
}

func TestFirstStartsAtOnceDrawOneAdministrator(t *testing.T) {
	ctx := context.Background()
	onBoth(t, func(t *testing.T, e engine) {
		for range 3 {
			a, b, _ := twoServers(t, e, time.Hour)
			var first [2]*user.FirstRun
			atOnce(many(2, a, b, func(i int, on *nouns) {
				var err error
				if first[i], err = on.users.Bootstrap(ctx); err != nil {
					t.Error(err)
				}
				if err := on.queues.Bootstrap(ctx); err != nil {
					t.Error(err)
				}
			})...)
			shown := first[0]
			if shown == nil {
				shown = first[1]
			}
			if (first[0] == nil) == (first[1] == nil) {
				t.Fatalf("shown were %v and %v", first[0], first[1])
			}
			if _, err := b.users.Authenticate(ctx, user.Basic{Name: shown.Pair.Access, Secret: shown.Pair.Secret}); err != nil {
				t.Error("the pair that was shown:", err)
			}
		}
	})
}

func TestDeleteOfATaskAndRecordAtOnce(t *testing.T) {
	ctx := context.Background()
	onBoth(t, func(t *testing.T, e engine) {
		a, b, _ := twoServers(t, e, time.Hour)
		for round := range 2 * rounds {
			of := a.newTask(t, fmt.Sprint("x", round))
			atOnce(
				func() {
					if _, err := a.lifecycle.DeleteTask(ctx, user.Operator, of, lifecycle.Delete{Force: true, Outputs: lifecycle.Outputs{}}); err != nil {
						t.Error(err)
					}
				},
				func() {
					_, err := b.artifacts.Register(ctx, user.Operator, of, []artifact.Spec{spec(t, "k", "p", "c", 1)})
					if err != nil && !errors.Is(err, task.ErrNotFound) {
						t.Error(err)
					}
				},
			)
			if left, err := a.db.Texts(ctx, `SELECT key FROM artifact WHERE task_id = ?`, of); err != nil || len(left) != 0 {
				t.Errorf("of a deleted task is left %q, %v", left, err)
			}
		}
	})
}
