package crash_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/test/instance"
	"github.com/coffer-ml/coffer/test/objectstore"
	"github.com/coffer-ml/coffer/test/postgres"
)

// together is how long two servers work on one bucket. COFFER_TOGETHER makes it
// longer.
func together(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("COFFER_TOGETHER")
	if text == "" {
		return 20 * time.Second
	}
	d, err := time.ParseDuration(text)
	must(t, err)
	return d
}

// pairOf are two servers on one database and one bucket, of which the second is
// killed now and then.
type pairOf struct {
	mu      sync.Mutex
	servers [2]*instance.Instance
	keys    instance.Keys
}

func (p *pairOf) client(n int) *client {
	p.mu.Lock()
	defer p.mu.Unlock()
	return &client{http: http.DefaultClient, at: p.servers[n].Addresses, keys: p.keys}
}

// kept is an artifact that a server acknowledged.
type kept struct {
	path    string
	content []byte
	by      int
}

// TestTwoServersOnOneBucket spreads clients over two servers that share a
// PostgreSQL database and a bucket, and kills one of them at random. All that
// either acknowledged reads back from the other.
func TestTwoServersOnOneBucket(t *testing.T) {
	args := []string{"--db", postgres.Database(t), "--blobs", objectstore.Bucket(t, objectstore.S3)}
	dirs := [2]string{filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")}
	p := &pairOf{}
	for n := range p.servers {
		p.servers[n] = start(t, dirs[n], args...)
	}
	var err error
	p.keys, err = p.servers[0].CreateKeys(t.Context())
	must(t, err)
	task := p.client(0).newTask(t)

	ctx, cancel := context.WithTimeout(t.Context(), together(t))
	defer cancel()
	const uploaders = 16
	var all [uploaders][]kept
	var torn atomic.Int64
	var working sync.WaitGroup
	for n := range uploaders {
		working.Go(func() {
			random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(n)))
			for i := 0; ctx.Err() == nil; i++ {
				by := (n + i) % 2
				k := kept{path: fmt.Sprintf("together/%d/%d.bin", n, i), content: contentOf(sizes[random.IntN(7)], random.Uint64()), by: by}
				if err := p.client(by).log(ctx, task, k); err != nil {
					if by == 0 && ctx.Err() == nil {
						t.Errorf("the server that was not killed: %v", err)
					}
					torn.Add(1)
					continue
				}
				all[n] = append(all[n], k)
			}
		})
	}
	kills := 0
	for ; ctx.Err() == nil; kills++ {
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(300+rand.IntN(2000)) * time.Millisecond):
		}
		must(t, p.servers[1].Kill())
		again := start(t, dirs[1], args...)
		p.mu.Lock()
		p.servers[1] = again
		p.mu.Unlock()
	}
	working.Wait()

	acknowledged := 0
	for _, list := range all {
		for _, k := range list {
			acknowledged++
			got, err := p.client(1-k.by).read(t.Context(), k.path, "")
			must(t, err)
			if !got.ok() || sum(got.body) != sum(k.content) {
				t.Errorf("%s was acknowledged by server %d with %d bytes; the other one answers %d with %d", k.path, k.by, len(k.content), got.status, len(got.body))
			}
		}
	}
	states := map[string]string{}
	for _, v := range p.client(1).versions(t, task) {
		states[v.Key] = v.State
	}
	for _, list := range all {
		for _, k := range list {
			if states[k.path] != "stored" {
				t.Errorf("the artifact %s was acknowledged and is %q", k.path, states[k.path])
			}
		}
	}
	if acknowledged == 0 || torn.Load() == 0 {
		t.Errorf("%d artifacts were acknowledged, %d interrupted: nothing was shown", acknowledged, torn.Load())
	}
	t.Logf("%d artifacts were acknowledged, %d interrupted by %d kills", acknowledged, torn.Load(), kills)
}

// log uploads and records an artifact. Without an error both are acknowledged.
func (c *client) log(ctx context.Context, task string, k kept) error {
	a, err := c.upload(ctx, k.path, k.content)
	if err == nil && a.ok() {
		a, err = c.register(ctx, task, k.path, k.path, k.content, 1)
	}
	if err == nil && !a.ok() {
		err = fmt.Errorf("%s: %d %s", k.path, a.status, a.body)
	}
	return err
}
