package crash_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/test/instance"
)

const clients = 8

// sizes are those of the contents that all clients share: many small ones, as
// most artifacts are, and some that take their time.
var sizes = []int{0, 1, 100, 4 << 10, 4<<10 + 1, 70_000, 300_000, 1 << 20, 4 << 20}

// TestKill kills a server while clients upload, again and again on the same
// data directory. After each restart what was acknowledged reads back with its
// digest, nothing can be read by half, and a collection leaves exactly what is
// referenced.
func TestKill(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			data, args := filepath.Join(t.TempDir(), "data"), e.args(t)
			i := start(t, data, args...)
			keys, err := i.CreateKeys(t.Context())
			must(t, err)
			w := &witness{client: client{http: &http.Client{}, at: i.Addresses, keys: keys}, data: data, args: args}
			w.task = w.newTask(t)
			for n := range clients {
				w.actors = append(w.actors, newActor(w, n))
			}
			random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
			for round := range *rounds {
				ctx, cancel := context.WithCancel(t.Context())
				var working sync.WaitGroup
				for _, a := range w.actors {
					working.Go(func() { a.work(ctx) })
				}
				if round%3 == 2 {
					working.Go(func() { _, _ = w.collect(ctx) }) // is killed with the server
				}
				time.Sleep(time.Duration(20+random.IntN(400)) * time.Millisecond)
				must(t, i.Kill())
				cancel()
				working.Wait()
				i = start(t, data, args...)
				w.at = i.Addresses
				w.testify(t, round)
				if t.Failed() {
					t.Fatalf("round %d; the end of the log:\n%s", round, i.LogTail())
				}
			}
			if w.acknowledged() == 0 || w.interrupted() == 0 {
				t.Errorf("%d operations were acknowledged and %d interrupted: nothing was shown", w.acknowledged(), w.interrupted())
			}
			t.Logf("%d operations were acknowledged, %d interrupted", w.acknowledged(), w.interrupted())
		})
	}
}

// witness knows what the clients were told.
type witness struct {
	client
	data   string
	args   []string
	task   string
	actors []*actor
}

// entry is what may stand at a path: one of several contents, if the last word
// on it never came. "" means that there is none.
type entry struct {
	path string
	may  []string // digests
}

// actor is one client. It works on paths of its own, with contents that all
// share.
type actor struct {
	w          *witness
	name       int
	random     *rand.Rand
	clock      int
	files      []*entry                   // may be deleted
	logged     []*entry                   // named by artifacts
	promises   map[string]map[string]bool // digests by path: bytes and record were acknowledged
	done, torn int
	touched    map[*entry]bool // since the last restart
	complaints []string
}

func newActor(w *witness, n int) *actor {
	return &actor{
		w: w, name: n, random: rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(n))),
		promises: map[string]map[string]bool{}, touched: map[*entry]bool{},
	}
}

// content is one that others upload, too; few are large.
func (a *actor) content() []byte {
	size := sizes[min(a.random.IntN(len(sizes)), a.random.IntN(len(sizes)))]
	c := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{byte(a.random.IntN(12))}).Read(c)
	return c
}

// pick returns one of the entries, or a new one.
func (a *actor) pick(of *[]*entry, kind string) *entry {
	// most bounds what the end of the test must read.
	const most = 30
	if n := len(*of); n == most || n > 0 && a.random.IntN(2) == 0 {
		return (*of)[a.random.IntN(n)]
	}
	e := &entry{path: fmt.Sprintf("crash/%d/%s-%d.bin", a.name, kind, len(*of)), may: []string{""}}
	*of = append(*of, e)
	return e
}

// work does one thing after the other until the server is gone.
func (a *actor) work(ctx context.Context) {
	for {
		var alive bool
		switch what := a.random.IntN(10); {
		case what < 6:
			e := a.pick(&a.logged, "artifact")
			content := a.content()
			if what == 5 { // the record may come first
				if alive = a.register(ctx, e, content); alive {
					alive = a.upload(ctx, e, content)
				}
			} else if alive = a.upload(ctx, e, content); alive {
				alive = a.register(ctx, e, content)
			}
		case what < 8:
			alive = a.upload(ctx, a.pick(&a.files, "file"), a.content())
		default:
			alive = a.remove(ctx, a.pick(&a.files, "file"))
		}
		if !alive {
			return
		}
	}
}

// learn notes what has become of an entry, and reports whether there was an
// answer.
func (a *actor) learn(e *entry, got answer, err error, good bool, digest string) bool {
	a.touched[e] = true
	switch {
	case err != nil:
		a.torn++
		e.may = append(e.may, digest)
		return false
	case !good:
		a.complaints = append(a.complaints, fmt.Sprintf("%s: %d %s", e.path, got.status, got.body))
		return false
	}
	a.done++
	e.may = []string{digest}
	return true
}

func (a *actor) upload(ctx context.Context, e *entry, content []byte) bool {
	got, err := a.w.upload(ctx, e.path, content)
	return a.learn(e, got, err, got.ok(), sum(content))
}

func (a *actor) remove(ctx context.Context, e *entry) bool {
	got, err := a.w.remove(ctx, e.path)
	// A delete of what may be absent may be answered with 404.
	return a.learn(e, got, err, got.ok() || got.status == http.StatusNotFound && slices.Contains(e.may, ""), "")
}

// register records a content at a path and, once that is acknowledged and so
// were the bytes, keeps the server to it.
func (a *actor) register(ctx context.Context, e *entry, content []byte) bool {
	a.clock++
	got, err := a.w.register(ctx, a.w.task, e.path, e.path, content, a.clock)
	if err != nil {
		a.torn++
		return false
	}
	if !got.ok() {
		a.complaints = append(a.complaints, fmt.Sprintf("register %s: %d %s", e.path, got.status, got.body))
		return false
	}
	a.done++
	if slices.Equal(e.may, []string{sum(content)}) {
		if a.promises[e.path] == nil {
			a.promises[e.path] = map[string]bool{}
		}
		a.promises[e.path][sum(content)] = true
	}
	return true
}

func (w *witness) acknowledged() (n int) {
	for _, a := range w.actors {
		n += a.done
	}
	return n
}

func (w *witness) interrupted() (n int) {
	for _, a := range w.actors {
		n += a.torn
	}
	return n
}

// testify checks everything after a restart: what the last round touched, and
// in the last round all.
func (w *witness) testify(t *testing.T, round int) {
	t.Helper()
	last := round == *rounds-1
	reachable := map[string]bool{}
	for _, a := range w.actors {
		for _, c := range a.complaints {
			t.Error(c)
		}
		for _, e := range slices.Concat(a.files, a.logged) {
			w.settle(t, e, last || a.touched[e])
		}
		clear(a.touched)
	}
	freed, err := w.collect(t.Context())
	must(t, err)
	for _, a := range w.actors {
		for _, e := range slices.Concat(a.files, a.logged) {
			w.reach(t, e, reachable)
		}
	}
	promised := map[string]map[string]bool{}
	for _, v := range w.versions(t, w.task) {
		if promised[v.path(t)] == nil {
			promised[v.path(t)] = map[string]bool{}
		}
		promised[v.path(t)][v.SHA256] = v.State == "stored"
		if v.State == "stored" && !reachable[v.SHA256] {
			t.Errorf("version %d of %s is stored and its bytes cannot be read", v.Version, v.Key)
		}
	}
	for _, a := range w.actors {
		for path, digests := range a.promises {
			for digest := range digests {
				if !promised[path][digest] {
					t.Errorf("%s with %s was acknowledged and is not stored", path, digest)
				}
			}
		}
	}
	w.isExact(t, reachable, freed)
}

// settle checks that a path gives what it may, with the digest it says, and
// takes that for what it has.
func (w *witness) settle(t *testing.T, e *entry, whole bool) {
	t.Helper()
	method := http.MethodHead
	if whole {
		method = http.MethodGet
	}
	got, err := w.do(t.Context(), method, w.at.Files+"/"+e.path, "", nil)
	must(t, err)
	digest := strings.Trim(got.header.Get("ETag"), `"`)
	switch {
	case got.status == http.StatusNotFound:
		digest = ""
	case !got.ok():
		t.Errorf("%s: %d %s", e.path, got.status, got.body)
		return
	case whole && sum(got.body) != digest:
		t.Errorf("%s reads as %d bytes with another digest than it says", e.path, len(got.body))
	}
	if !slices.Contains(e.may, digest) {
		t.Errorf("%s has %q, acknowledged was one of %q", e.path, digest, e.may)
	}
	e.may = []string{digest}
}

// reach notes the digests of all versions of a path that can be read.
func (w *witness) reach(t *testing.T, e *entry, into map[string]bool) {
	t.Helper()
	var newest int
	got, err := w.do(t.Context(), http.MethodHead, w.at.Files+"/"+e.path, "", nil)
	must(t, err)
	_, _ = fmt.Sscan(got.header.Get("X-Coffer-Version"), &newest)
	for n := newest; n > 0; n-- {
		got, err := w.do(t.Context(), http.MethodHead, fmt.Sprintf("%s/%s?version=%d", w.at.Files, e.path, n), "", nil)
		must(t, err)
		if got.ok() {
			into[strings.Trim(got.header.Get("ETag"), `"`)] = true
		}
	}
}

// report is what the collection says.
type report struct {
	Blobs, Orphans, Temporary int
	Bytes                     int64
}

// collect runs `coffer gc` without grace.
func (w *witness) collect(ctx context.Context) (r report, err error) {
	command := exec.CommandContext(ctx, binary, append([]string{"gc", "--data", w.data, "--grace", "0", "--json"}, w.args...)...)
	command.Env = instance.Clean()
	out, err := command.Output()
	if err == nil {
		err = json.Unmarshal(out, &r)
	}
	return r, err
}

// isExact checks that the folder of the blobs holds each content that can be
// read once, and nothing else.
func (w *witness) isExact(t *testing.T, reachable map[string]bool, freed report) {
	t.Helper()
	objects := files(t, filepath.Join(w.data, "blobs"))
	for _, path := range objects {
		content, err := os.ReadFile(path)
		must(t, err)
		if !reachable[sum(content)] {
			t.Errorf("%s is left over after a collection that freed %+v", path, freed)
		}
	}
	if len(objects) != len(reachable) {
		t.Errorf("%d objects for %d contents that can be read", len(objects), len(reachable))
	}
}

// files lists the files below a folder, but for the mark of a blob store.
func files(t *testing.T, dir string) (paths []string) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != string(blob.MarkKey) {
			paths = append(paths, path)
		}
		return err
	}))
	return paths
}
