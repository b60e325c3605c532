package file_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/blobtest"
	"github.com/coffer-ml/coffer/blob/local"
	"github.com/coffer-ml/coffer/blob/mem"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// The size of the random test: writers share contents, so that a blob that one
// lets go of is taken up by another while the collector looks at it.
const (
	writers  = 4
	steps    = 24
	paths    = 3 // of each writer
	contents = 5 // in all
)

// Whatever writers and a collector without grace do beside each other, what is
// referenced can be read, and in the end nothing else is left. With an odd seed
// the collector is another server's, which does not know what is under way: it
// may refuse an upload, and never takes what was acknowledged.
func TestCollectNeverTakesWhatIsReferenced(t *testing.T) {
	for engine, seeds := range map[string]uint64{"sqlite": 120, "postgres": 20} {
		for seed := range seeds {
			t.Run(fmt.Sprint(engine, " seed ", seed), func(t *testing.T) {
				t.Parallel()
				collectBesideWriters(t, engine, seed)
			})
		}
	}
}

func collectBesideWriters(t *testing.T, engine string, seed uint64) {
	var blobs blob.Store = &mem.Store{}
	if seed%4 == 0 { // slower: a folder for each
		var err error
		blobs, err = local.Open(local.Config{Dir: filepath.Join(t.TempDir(), "blobs")})
		must(t, err)
	}
	w := newWorld(t, engine, blobs, nil)
	collector := w.files
	if seed%2 == 1 {
		collector = w.elsewhere
	}
	pool := make([][]byte, contents)
	for i := range pool {
		pool[i] = blobtest.Bytes(i*700, seed+uint64(i))
	}
	var wait sync.WaitGroup
	for n := range writers {
		p := &writer{world: w, t: t, name: n, collector: collector, pool: pool, random: rand.New(rand.NewPCG(seed, uint64(n))), has: map[file.Path][]byte{}}
		wait.Go(p.run)
	}
	wait.Wait()
	if _, err := w.files.Collect(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	w.isExact(t)
}

// writer changes paths of its own, whose contents it therefore knows.
type writer struct {
	*world
	t         *testing.T
	name      int
	collector *file.Service
	pool      [][]byte
	random    *rand.Rand
	has       map[file.Path][]byte // what was acknowledged
}

func (p *writer) run() {
	ctx := p.t.Context()
	for step := range steps {
		path := file.Path(fmt.Sprintf("w%d/p%d", p.name, p.random.IntN(paths)))
		key := fmt.Sprintf("w%d-%d", p.name, p.random.IntN(2))
		content := p.pool[p.random.IntN(len(p.pool))]
		switch what := p.random.IntN(20); {
		case what < 8:
			_, err := p.upload(ctx, path, content)
			if p.collector != p.files && errors.Is(err, file.ErrSwept) {
				break
			}
			if err != nil {
				p.t.Errorf("upload: %v", err)
				return
			}
			p.has[path] = content
		case what < 11:
			err := p.files.Delete(ctx, user.Operator, path)
			if err != nil && !errors.Is(err, file.ErrNotFound) {
				p.t.Errorf("delete: %v", err)
				return
			}
			if r, err := p.artifacts.References(ctx, path); err != nil || r.Count == 0 {
				delete(p.has, path)
			}
		case what < 14: // of the content that is there, or of one that may come
			if there, ok := p.has[path]; ok && what < 13 {
				content = there
			}
			if err := p.register(ctx, key, path, content, int64(step)); err != nil {
				p.t.Errorf("register: %v", err)
				return
			}
		case what < 15:
			p.unregister(ctx, key)
		case what < 16: // as a crash leaves it
			if _, err := blob.Put(ctx, p.blobs, bytes.NewReader(content), blob.PutOptions{}); err != nil {
				p.t.Errorf("put: %v", err)
				return
			}
		default:
			if _, err := p.collector.Collect(ctx, 0); err != nil {
				p.t.Errorf("collect: %v", err)
				return
			}
		}
		p.check(ctx)
	}
}

// unregister takes an artifact off the task: deletes of its paths that were
// remembered take effect.
func (p *writer) unregister(ctx context.Context, key string) {
	if _, err := p.artifacts.Remove(ctx, user.Operator, p.task, []artifact.Ref{{Key: key, Mode: artifact.Output}}); err != nil {
		p.t.Errorf("remove: %v", err)
	}
	for path := range p.has {
		if _, err := p.files.Stat(ctx, user.Operator, path, file.Want{}); errors.Is(err, file.ErrNotFound) {
			delete(p.has, path)
		}
	}
}

func (p *writer) check(ctx context.Context) {
	for path, want := range p.has {
		if g, got, err := p.read(ctx, path, file.Want{}); err != nil || !bytes.Equal(got, want) || g.Digest != digestOf(want) {
			p.t.Errorf("%s does not read as acknowledged: %v", path, err)
		}
	}
}

// isExact checks that each generation that can be addressed reads with its
// digest, that artifacts that are stored do, and that the store holds the
// objects of these generations and no other.
func (w *world) isExact(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	referenced := map[blob.Key]bool{}
	for n := range writers {
		for p := range paths {
			path := file.Path(fmt.Sprintf("w%d/p%d", n, p))
			newest, err := w.files.Stat(ctx, user.Operator, path, file.Want{})
			if errors.Is(err, file.ErrNotFound) {
				continue
			}
			must(t, err)
			for number := 1; number <= newest.Number; number++ {
				g, content, err := w.read(ctx, path, file.Want{Number: number})
				if errors.Is(err, file.ErrNotFound) {
					continue // collected
				}
				if err != nil || digestOf(content) != g.Digest || int64(len(content)) != g.Size {
					t.Errorf("%s, version %d: other bytes, %v", path, number, err)
				}
				referenced[g.Key] = true
			}
		}
	}
	all, err := w.artifacts.List(ctx, user.Operator, artifact.Selection{Tasks: []task.ID{w.task}})
	must(t, err)
	for _, a := range all {
		versions, err := w.artifacts.Versions(ctx, user.Operator, w.task, a.Ref)
		must(t, err)
		for _, v := range slices.DeleteFunc(versions, func(v artifact.Version) bool { return v.State != artifact.Stored }) {
			if _, content, err := w.read(ctx, v.Address.Path, file.Want{Digest: v.Digest()}); err != nil || digestOf(content) != v.Digest() {
				t.Errorf("artifact %s, version %d is stored and does not read: %v", a.Key, v.Number, err)
			}
		}
	}
	stored := w.stored(t)
	for k := range referenced {
		if !stored[k] {
			t.Errorf("object %s is referenced and not there", k)
		}
		delete(stored, k)
	}
	for k := range stored {
		t.Errorf("object %s is there and not referenced", k)
	}
}
