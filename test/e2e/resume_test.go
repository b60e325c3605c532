package e2e_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/test/instance"
)

const (
	// fileSize is that of weights of a model of some size.
	fileSize = 2 << 30
	// stampEvery makes every part of every size differ from all others.
	stampEvery = 64 << 10
	// mostMemory is what an upload may add to the server's peak.
	mostMemory = 32 << 20
)

// makeFile makes a file of which each stretch differs from all others, mostly
// holes, and returns its digest.
func makeFile(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for at := int64(0); at < fileSize; at += stampEvery {
		if _, err := f.WriteAt(binary.LittleEndian.AppendUint64(nil, uint64(at)+1), at); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Truncate(fileSize); err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// sender is the process that sends the file.
func sender(t *testing.T, api string, keys instance.Keys, path, source string) (*exec.Cmd, io.Reader) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self, path, source)
	c.Env = append(instance.Clean(), sendAPI+"="+api, sendAccess+"="+keys.Access, sendSecret+"="+keys.Secret)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c, out
}

// memory reads a figure of a process's memory, in bytes.
func memory(t *testing.T, pid int, figure string) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if name, value, _ := strings.Cut(line, ":"); name == figure {
			n, err := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n << 10
		}
	}
	t.Fatalf("no %s of process %d", figure, pid)
	return 0
}

// watched runs fn and checks how much it adds to the peak of a server's memory.
func watched(t *testing.T, server *instance.Instance, what string, fn func()) {
	t.Helper()
	before := memory(t, server.PID(), "VmRSS")
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", server.PID()), []byte("5"), 0); err != nil {
		t.Fatal(err)
	}
	fn()
	added := memory(t, server.PID(), "VmHWM") - before
	t.Logf("%s: the server's peak grew by %d KiB", what, added>>10)
	if added > mostMemory {
		t.Errorf("%s: the server's peak grew by %d bytes, the limit is %d", what, added, mostMemory)
	}
}

// A large upload through a proxy at its defaults, whose client is killed on the
// way and whose server is killed after that, goes on where it was when the same
// command runs again; and so does a download.
func TestResume(t *testing.T) {
	coffer := buildCoffer(t)
	folder := t.TempDir()
	source := filepath.Join(folder, "weights.bin")
	want := makeFile(t, source)
	config := instance.Config{Binary: coffer, Data: filepath.Join(folder, "data"), Env: instance.Clean()}
	first := start(t, config)
	proxy := startNginx(t, first.Web)
	keys, err := first.CreateKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := caller{t: t, base: proxy.url, keys: keys}
	const path = "lab/run 7/weights.bin"
	task := c.register(first.Web+"/files/"+(&url.URL{Path: path}).EscapedPath(), want)
	if state := c.state(task); state != "pending" {
		t.Errorf("before the upload the artifact is %s", state)
	}

	watched(t, first, "the first upload", func() {
		killed, progress := sender(t, proxy.url+"/api", keys, path, source)
		lines := bufio.NewScanner(progress)
		for lines.Scan() {
			if n, _ := strconv.ParseInt(lines.Text(), 10, 64); n >= fileSize*6/10 {
				break
			}
		}
		if err := killed.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := killed.Wait(); err == nil {
			t.Fatal("the client had ended before it was killed")
		}
	})
	kill(t, first)
	before, refused := proxy.bodies(t)
	if refused == 0 {
		t.Error("the proxy refused no part: it does not stand at its default")
	}

	config.Args, config.Log = []string{"--listen", strings.TrimPrefix(first.Web, "http://")}, filepath.Join(folder, "second.log")
	second := start(t, config)
	if state := c.state(task); state != "pending" {
		t.Errorf("with 60 %% of its bytes there the artifact is %s", state)
	}
	watched(t, second, "the second upload", func() {
		again, progress := sender(t, proxy.url+"/api", keys, path, source)
		if _, err := io.Copy(io.Discard, progress); err != nil {
			t.Fatal(err)
		}
		if err := again.Wait(); err != nil {
			t.Fatal(err)
		}
	})
	after, _ := proxy.bodies(t)
	t.Logf("the repeat sent %d of %d bytes, %.1f %%", after-before, int64(fileSize), float64(after-before)*100/fileSize)
	if sent := after - before; sent > fileSize*45/100 {
		t.Errorf("the repeat sent %d of %d bytes", sent, int64(fileSize))
	}
	if state := c.state(task); state != "stored" {
		t.Errorf("after the upload the artifact is %s", state)
	}

	watched(t, second, "the download", func() { c.downloadInTwo(path, want) })
	watched(t, second, "the known content", func() {
		before, _ := proxy.bodies(t)
		third, progress := sender(t, proxy.url+"/api", keys, "lab/run 8/weights.bin", source)
		if told, err := io.ReadAll(progress); err != nil || len(told) > 0 {
			t.Errorf("of a known content parts were sent: %s, %v", told, err)
		}
		if err := third.Wait(); err != nil {
			t.Fatal(err)
		}
		if after, _ := proxy.bodies(t); after != before {
			t.Errorf("%d bytes of a known content were sent", after-before)
		}
	})
}

// caller talks to the server through the proxy.
type caller struct {
	t    *testing.T
	base string
	keys instance.Keys
}

func (c caller) do(method, path string, body any, header map[string]string) *http.Response {
	c.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, bytes.NewReader(text))
	if err != nil {
		c.t.Fatal(err)
	}
	r.SetBasicAuth(c.keys.Access, c.keys.Secret)
	r.Header.Set("Content-Type", "application/json")
	for k, v := range header {
		r.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp
}

func (c caller) json(method, path string, body any) map[string]any {
	c.t.Helper()
	resp := c.do(method, path, body, nil)
	defer func() { _ = resp.Body.Close() }()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || resp.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: %d %v, %v", path, resp.StatusCode, out, err)
	}
	return out
}

// register records an artifact whose bytes are not there yet.
func (c caller) register(uri, digest string) (task string) {
	created := c.json("POST", "/api/v2.23/tasks.create", map[string]any{"name": "train", "type": "training"})
	task = created["data"].(map[string]any)["id"].(string)
	c.json("POST", "/api/v2.23/tasks.started", map[string]any{"task": task})
	c.json("POST", "/api/v2.23/tasks.add_or_update_artifacts", map[string]any{"task": task, "artifacts": []any{
		map[string]any{"key": "weights", "type": "custom", "uri": uri, "hash": digest, "content_size": int64(fileSize), "timestamp": 1},
	}})
	return task
}

func (c caller) state(task string) any {
	return c.json("GET", "/api/tasks/"+task+"/artifact?key=weights", nil)["state"]
}

// downloadInTwo reads a file up to 60 %, breaks off, and reads the rest.
func (c caller) downloadInTwo(path, digest string) {
	address := "/files/" + (&url.URL{Path: path}).EscapedPath()
	h := sha256.New()
	resp := c.do("GET", address, nil, nil)
	n, err := io.CopyN(h, resp.Body, fileSize*6/10)
	_ = resp.Body.Close() // in mid-transfer: the connection is cut
	if err != nil || resp.Header.Get("ETag") != `"`+digest+`"` {
		c.t.Fatalf("%d bytes of %s, %v", n, resp.Header.Get("ETag"), err)
	}
	resp = c.do("GET", address, nil, map[string]string{"Range": fmt.Sprintf("bytes=%d-", n), "If-Range": resp.Header.Get("ETag")})
	defer func() { _ = resp.Body.Close() }()
	rest, err := io.Copy(h, resp.Body)
	if err != nil || resp.StatusCode != http.StatusPartialContent || rest != fileSize-n {
		c.t.Fatalf("the rest: %d, %d bytes, %v", resp.StatusCode, rest, err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != digest {
		c.t.Errorf("both parts together have the SHA-256 %s, expected %s", got, digest)
	}
}
