package crash_test

import (
	"bufio"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/coffer-ml/coffer/test/instance"
)

const mib = 1 << 20

// crowd are 16 clients that upload and register until the store is full.
type crowd struct {
	client
	instance *instance.Instance
	args     []string
	task     string

	mu    sync.Mutex
	acked map[string][]byte // contents by path
}

const (
	crowdSize = 16
	// enough refusals of a client show that there is no more room for it.
	enough = 3
)

func newCrowd(t *testing.T, data string, args ...string) *crowd {
	t.Helper()
	i := start(t, data, args...)
	keys, err := i.CreateKeys(t.Context())
	must(t, err)
	c := &crowd{client: client{http: &http.Client{}, at: i.Addresses, keys: keys}, instance: i, args: args, acked: map[string][]byte{}}
	c.task = c.newTask(t)
	return c
}

// fill has all clients upload contents of up to the given size until they are
// refused, each refusal with its reason.
func (c *crowd) fill(t *testing.T, phase string, largest int) {
	t.Helper()
	var working sync.WaitGroup
	for n := range crowdSize {
		working.Go(func() {
			random := rand.New(rand.NewPCG(uint64(n), uint64(len(phase))))
			refused := 0
			for i := 0; refused < enough; i++ {
				path := fmt.Sprintf("full/%s/%d/%d.bin", phase, n, i)
				content := make([]byte, 1+random.IntN(largest))
				_, _ = rand.NewChaCha8([32]byte{byte(n), byte(i), byte(i >> 8), byte(len(phase))}).Read(content)
				got, err := c.upload(t.Context(), path, content)
				switch {
				case err != nil:
					t.Errorf("%s: %v", path, err)
					return
				case got.ok():
					c.mu.Lock()
					c.acked[path] = content
					c.mu.Unlock()
				case got.status != http.StatusInsufficientStorage || !strings.Contains(got.message(), "the store is full"):
					t.Errorf("%s: %d %s, want 507 and that the store is full", path, got.status, got.body)
					return
				default:
					refused++
					continue
				}
				got, err = c.register(t.Context(), c.task, path, path, content, i)
				if err != nil || !got.ok() && !strings.Contains(got.message(), "the store is full") {
					t.Errorf("register %s: %d %s %v, want that the store is full", path, got.status, got.body, err)
					return
				}
			}
		})
	}
	working.Wait()
	c.check(t)
}

// check reads back all that was acknowledged.
func (c *crowd) check(t *testing.T) {
	t.Helper()
	if len(c.acked) == 0 {
		t.Error("nothing was acknowledged, so nothing was shown")
	}
	for path, content := range c.acked {
		got, err := c.read(t.Context(), path, "")
		must(t, err)
		if !got.ok() || sum(got.body) != sum(content) || got.header.Get("ETag") != etag(sum(content)) {
			t.Errorf("%s was acknowledged and reads as %d, %d bytes", path, got.status, len(got.body))
		}
	}
}

// works shows that uploads go through.
func (c *crowd) works(t *testing.T, when string) {
	t.Helper()
	path, content := "full/after "+when, []byte(when)
	got, err := c.upload(t.Context(), strings.ReplaceAll(path, " ", "-"), content)
	must(t, err)
	if !got.ok() {
		t.Fatalf("%s: %d %s", path, got.status, got.body)
	}
}

// forget deletes the files that no artifact names, and what they held.
func (c *crowd) forget(t *testing.T, data string) report {
	t.Helper()
	named := map[string]bool{}
	for _, v := range c.versions(t, c.task) {
		named[v.Key] = true
	}
	keys := make([]any, 0, len(named))
	for key := range named {
		keys = append(keys, map[string]any{"key": key, "mode": "output"})
	}
	if got, err := c.call(t.Context(), "tasks.delete_artifacts", map[string]any{"task": c.task, "force": true, "artifacts": keys}, nil); err != nil || !got.ok() {
		t.Fatalf("delete artifacts: %d %s %v", got.status, got.body, err)
	}
	for path := range c.acked {
		got, err := c.remove(t.Context(), path)
		must(t, err)
		if !got.ok() {
			t.Fatalf("delete %s: %d %s", path, got.status, got.body)
		}
	}
	clear(c.acked)
	w := witness{data: data, args: c.args}
	r, err := w.collect(t.Context())
	must(t, err)
	return r
}

func TestFullDiskOfFiles(t *testing.T) {
	withMounts(t, func(t *testing.T) {
		d, data := newDisk(t, 24*mib), filepath.Join(t.TempDir(), "data")
		c := newCrowd(t, data, "--blobs", filepath.Join(d.dir, "blobs"), "--min-free-space", "0")
		c.fill(t, "first", mib)
		if free := d.free(t); free > 2*mib {
			t.Errorf("%d bytes are free: the disk never was full", free)
		}
		if left := len(files(t, filepath.Join(d.dir, "blobs"))); left != len(c.acked) {
			t.Errorf("%d files for %d contents: refused uploads left something", left, len(c.acked))
		}
		c.forget(t, data)
		c.works(t, "deleting")
		c.fill(t, "second", mib)
		d.resize(t, 48*mib)
		c.works(t, "growing")
		c.fill(t, "third", mib)
	})
}

func TestFullDiskOfTheDatabase(t *testing.T) {
	withMounts(t, func(t *testing.T) {
		d := newDisk(t, 32*mib)
		data := filepath.Join(d.dir, "data")
		c := newCrowd(t, data, "--blobs", filepath.Join(t.TempDir(), "blobs"), "--min-free-space", "0")
		for _, phase := range []string{"first", "second"} {
			makeRoom := d.leave(t, 3*mib/2)
			c.fill(t, phase, 4<<10)
			makeRoom()
			c.works(t, phase+" time")
		}
		before := len(c.versions(t, c.task))
		must(t, c.instance.Stop())
		sound(t, filepath.Join(data, "coffer.db"))
		c.at = start(t, data, c.args...).Addresses
		c.check(t)
		if after := len(c.versions(t, c.task)); after != before {
			t.Errorf("%d artifact versions after a restart, %d before", after, before)
		}
	})
}

// sound checks the database file.
func sound(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	must(t, err)
	defer func() { must(t, db.Close()) }()
	var verdict string
	must(t, db.QueryRow("PRAGMA integrity_check").Scan(&verdict))
	if verdict != "ok" {
		t.Errorf("the database is damaged: %s", verdict)
	}
}

// Below the threshold uploads are refused before they send anything, while
// everything else goes on.
func TestLowDisk(t *testing.T) {
	withMounts(t, func(t *testing.T) {
		const keep = 8 * mib
		d, data := newDisk(t, 24*mib), filepath.Join(t.TempDir(), "data")
		c := newCrowd(t, data, "--blobs", filepath.Join(d.dir, "blobs"), "--min-free-space", fmt.Sprint(keep))
		c.fill(t, "low", mib)
		if free := d.free(t); free < keep-crowdSize*mib/2 {
			t.Errorf("%d bytes are free, %d were to stay free", free, keep)
		}
		if first := c.askToUpload(t, 64*mib); !strings.Contains(first, " 507 ") {
			t.Errorf("an upload that waits to be told to go on was answered with %q, want 507", first)
		}
		d.leave(t, keep/2)
		c.readyz(t, true)
		c.check(t) // reading goes on
		if r := c.forget(t, data); r.Blobs == 0 || r.Bytes == 0 {
			t.Errorf("the collection freed %+v", r)
		}
		c.works(t, "deleting")
		c.readyz(t, false)
	})
}

// askToUpload announces an upload, waits to be told to go on, and returns the
// first line of the answer.
func (c *crowd) askToUpload(t *testing.T, size int64) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(c.at.Files, "http://"))
	must(t, err)
	defer func() { _ = conn.Close() }()
	must(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	req, err := http.NewRequest(http.MethodPost, c.at.Files+"/", nil)
	must(t, err)
	req.SetBasicAuth(c.keys.Access, c.keys.Secret)
	_, err = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
		req.Header.Get("Authorization"), size)
	must(t, err)
	line, err := bufio.NewReader(conn).ReadString('\n')
	must(t, err)
	return line
}

func (c *crowd) readyz(t *testing.T, low bool) {
	t.Helper()
	got, err := c.do(t.Context(), http.MethodGet, c.at.Web+"/readyz", "", nil)
	must(t, err)
	if !got.ok() || strings.Contains(string(got.body), "uploads are refused") != low {
		t.Errorf("readyz says %d %q, low is %v", got.status, got.body, low)
	}
	metrics, err := c.do(t.Context(), http.MethodGet, c.at.Web+"/metrics", "", nil)
	must(t, err)
	for _, name := range []string{`coffer_free_bytes{of="blobs"}`, `coffer_free_bytes{of="data"}`, `coffer_free_bytes_least{of="blobs"} 8.388608e+06`} {
		if !strings.Contains(string(metrics.body), name) {
			t.Errorf("the metrics do not show %s", name)
		}
	}
}
