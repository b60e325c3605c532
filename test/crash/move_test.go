package crash_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/test/instance"
	"github.com/coffer-ml/coffer/test/objectstore"
)

// target is where bytes are moved to.
type target struct {
	name string
	// spec makes an empty store and returns its specification.
	spec func(t *testing.T) string
}

var targets = []target{
	{"folder", func(t *testing.T) string { return "file://" + filepath.Join(t.TempDir(), "blobs") }},
	{"s3", func(t *testing.T) string { return objectstore.Bucket(t, objectstore.S3) }},
}

// TestKillWhileMoving moves the bytes of a server under load to another store,
// and kills the server or the command at random points. In the end all that was
// acknowledged reads back from the new store, and the old one is empty.
func TestKillWhileMoving(t *testing.T) {
	for _, to := range targets {
		for _, e := range engines {
			t.Run(to.name+" "+e.name, func(t *testing.T) { killWhileMoving(t, to.spec(t), e.args(t)) })
		}
	}
}

func killWhileMoving(t *testing.T, to string, db []string) {
	data := filepath.Join(t.TempDir(), "data")
	from := filepath.Join(data, "blobs")
	i := start(t, data, db...)
	keys, err := i.CreateKeys(t.Context())
	must(t, err)
	c := &client{http: &http.Client{}, at: i.Addresses, keys: keys}
	m := &mover{client: c, content: map[string][]byte{}, binary: binary, data: data, from: "file://" + from, to: to, db: db}
	for n := range 400 {
		m.upload(t, fmt.Sprintf("before/%d", n), sizes[n%6], uint64(n))
	}
	m.upload(t, "before/large", 64<<20, 1000)
	must(t, i.Stop())

	args := append([]string{"--blobs", to, "--also-blobs", from}, db...)
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	interrupted := 0
	for round := range max(4, *rounds/2) {
		i = start(t, data, args...)
		c.at = i.Addresses
		ctx, cancel := context.WithCancel(t.Context())
		var working sync.WaitGroup
		for n := range 2 {
			working.Go(func() { m.load(ctx, fmt.Sprintf("beside/%d/%d", round, n)) })
		}
		var moved error
		working.Go(func() { _, moved = m.move(ctx) })
		time.Sleep(time.Duration(random.IntN(300)) * time.Millisecond)
		if round%3 == 0 {
			cancel() // kills the command, and lets the server be
			working.Wait()
			must(t, i.Kill())
		} else {
			must(t, i.Kill())
			cancel()
			working.Wait()
		}
		if moved != nil {
			interrupted++
		}
	}
	i = start(t, data, args...)
	c.at = i.Addresses
	out, err := m.move(t.Context())
	must(t, err)
	t.Logf("%d of the moves were interrupted; the last one: %s", interrupted, out)
	if interrupted == 0 {
		t.Error("no move was interrupted: nothing was shown")
	}
	m.readsBack(t)
	if _, err := m.run(t.Context(), "gc", "--grace", "0"); err != nil {
		t.Error(err)
	}
	m.readsBack(t)
	if left := files(t, from); len(left) != 0 {
		t.Errorf("%d files are left where the bytes were: %s", len(left), left[:1])
	}
	text, err := m.run(t.Context(), "blobs", "ls", "--json")
	must(t, err)
	var stores []struct {
		Location              string
		Contents, Left, Lost  int
		Number, Bytes, Upload int64
	}
	must(t, json.Unmarshal([]byte(text), &stores))
	if len(stores) != 2 || stores[0].Contents+stores[0].Left+stores[0].Lost != 0 || stores[1].Contents == 0 || stores[1].Lost != 0 {
		t.Errorf("listed are %+v", stores)
	}
}

// mover knows what was acknowledged.
type mover struct {
	*client
	binary, data, from, to string
	db                     []string
	mu                     sync.Mutex
	content                map[string][]byte
}

func contentOf(size int, seed uint64) []byte {
	content := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(content)
	return content
}

func (m *mover) upload(t *testing.T, path string, size int, seed uint64) {
	t.Helper()
	content := contentOf(size, seed)
	a, err := m.client.upload(t.Context(), path, content)
	must(t, err)
	if !a.ok() {
		t.Fatalf("%s: %d %s", path, a.status, a.body)
	}
	m.content[path] = content
}

// load uploads until the server is gone: contents of its own, and some that are
// being moved.
func (m *mover) load(ctx context.Context, prefix string) {
	for n := 0; ; n++ {
		path, content := fmt.Sprintf("%s/%d", prefix, n), contentOf(sizes[n%7], uint64(n))
		a, err := m.client.upload(ctx, path, content)
		if err != nil || !a.ok() {
			return
		}
		m.mu.Lock()
		m.content[path] = content
		m.mu.Unlock()
	}
}

func (m *mover) move(ctx context.Context) (string, error) {
	return m.run(ctx, "blobs", "move", "--from", m.from, "--to", m.to)
}

// run runs a command of the server; with the context it is killed.
func (m *mover) run(ctx context.Context, args ...string) (string, error) {
	command := exec.CommandContext(ctx, m.binary, append(append(args, "--data", m.data, "--blobs", m.to), m.db...)...)
	command.Env = instance.Clean()
	var problem strings.Builder
	command.Stderr = &problem
	out, err := command.Output()
	if err != nil {
		err = fmt.Errorf("coffer %s: %w\n%s", strings.Join(args, " "), err, problem.String())
	}
	return string(out), err
}

func (m *mover) readsBack(t *testing.T) {
	t.Helper()
	for path, content := range m.content {
		a, err := m.read(t.Context(), path, "")
		must(t, err)
		if !a.ok() || sum(a.body) != sum(content) {
			t.Errorf("%s was acknowledged with %d bytes and reads as %d with %d", path, len(content), a.status, len(a.body))
		}
	}
}
