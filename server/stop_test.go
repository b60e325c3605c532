package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/test/instance"
)

// slowUpload is an upload whose body the server has begun to read, and that
// goes on only when the test says so.
type slowUpload struct {
	conn net.Conn
	in   *bufio.Reader
	rest []byte
}

func (r *running) slowUpload(t *testing.T, files, path, content string) *slowUpload {
	t.Helper()
	at, err := url.Parse(files)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", at.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	body, media := form(t, path, content)
	req, _ := http.NewRequest(http.MethodPost, files, nil)
	req.SetBasicAuth(r.keys.Access, r.keys.Secret)
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
		req.URL.RequestURI(), at.Host, req.Header.Get("Authorization"), media, len(body))
	if err != nil {
		t.Fatal(err)
	}
	// The server asks for the body when its handler reads it.
	in := bufio.NewReader(conn)
	if line, err := in.ReadString('\n'); err != nil || !strings.Contains(line, " 100 ") {
		t.Fatalf("%q, %v", line, err)
	}
	if _, err := in.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	half := len(body) / 2
	if _, err := conn.Write(body[:half]); err != nil {
		t.Fatal(err)
	}
	return &slowUpload{conn, in, body[half:]}
}

// finish sends the rest and returns the status.
func (u *slowUpload) finish(t *testing.T) int {
	t.Helper()
	if _, err := u.conn.Write(u.rest); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(u.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// stopping waits until the server has said that it stops.
func (r *running) stopping(t *testing.T) {
	t.Helper()
	for range 1000 {
		if strings.Contains(r.log(t), "msg=stopping") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the server does not say that it stops")
}

// busy waits until so many requests run.
func (r *running) busy(t *testing.T, count int) {
	t.Helper()
	for range 1000 {
		if strings.Contains(string(r.do(t, http.MethodGet, r.Web+"/metrics", nil).body), fmt.Sprintf("\ncoffer_http_requests_running %d\n", count)) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("there never ran %d requests at once", count)
}

const megabyte = 1 << 20

func TestARunningUploadEndsBeforeTheServerDoes(t *testing.T) {
	r := start(t, "", "--shutdown-grace", "10m")
	content := strings.Repeat("x", megabyte)
	u := r.slowUpload(t, r.Files, "/slow", content)
	if err := syscall.Kill(r.PID(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	r.stopping(t)
	for what, address := range map[string]string{"API": r.API + "/v2.23/tasks.get_all", "files": r.Files + "/slow", "readiness": r.Web + "/readyz"} {
		got := r.do(t, http.MethodGet, address, nil)
		if got.status != http.StatusServiceUnavailable || what != "readiness" && got.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d, Retry-After %q", what, got.status, got.header.Get("Retry-After"))
		}
	}
	if got := r.do(t, http.MethodGet, r.Web+"/healthz", nil); got.status != http.StatusOK {
		t.Errorf("the process lives, /healthz says %d", got.status)
	}
	if status := u.finish(t); status != http.StatusOK {
		t.Errorf("the upload ended with %d", status)
	}
	again := startAfter(t, r)
	if got := again.do(t, http.MethodGet, again.Files+"/slow", nil); string(got.body) != content {
		t.Errorf("%d, %d bytes", got.status, len(got.body))
	}
}

// startAfter waits for the end of a server that was told to stop, and starts
// the next one on its directory.
func startAfter(t *testing.T, r *running) *running {
	t.Helper()
	for range 3000 {
		if syscall.Kill(r.PID(), 0) != nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	_ = r.Stop() // it ended before it was asked to, by our signal
	return start(t, r.data)
}

func TestWhatStillRunsInTheEndIsCutOffAndLeavesNothing(t *testing.T) {
	r := start(t, "", "--shutdown-grace", "1ms")
	u := r.slowUpload(t, r.Files, "/cut", strings.Repeat("x", megabyte))
	r.end(t)
	if !strings.Contains(r.log(t), "requests are cut off") {
		t.Error("the log does not say that requests were cut off")
	}
	if text, err := io.ReadAll(u.in); err == nil && strings.Contains(string(text), " 200 ") {
		t.Errorf("the upload was acknowledged: %s", text)
	}
	again := start(t, r.data)
	if got := again.do(t, http.MethodGet, again.Files+"/cut", nil); got.status != http.StatusNotFound {
		t.Errorf("half an upload is visible: %d", got.status)
	}
}

func TestWhoWaitsForBytesDoesNotHoldUpTheStop(t *testing.T) {
	r := start(t, "", "--shutdown-grace", "10m")
	id := r.call(t, r.API, "tasks.create", map[string]any{"name": "waits", "type": "training"})["id"].(string)
	item := map[string]any{"key": "a", "type": "custom", "uri": r.Files + "/never", "hash": strings.Repeat("0", 64)}
	r.call(t, r.API, "tasks.add_or_update_artifacts", map[string]any{"task": id, "artifacts": []any{item}})
	got := make(chan answer, 1)
	go func() { got <- r.do(t, http.MethodGet, r.Web+"/api/tasks/"+id+"/artifact?key=a&wait=300", nil) }()
	r.busy(t, 2) // it and the look at the metrics
	r.end(t)     // well within the grace period, or instance gives up
	if a := <-got; a.status != http.StatusOK || !strings.Contains(string(a.body), `"state":"pending"`) {
		t.Errorf("who waited was told %d %s", a.status, a.body)
	}
}

func TestASecondSignalEndsTheServerAtOnce(t *testing.T) {
	first := start(t, "")
	first.end(t)
	c := exec.Command(coffer, "serve", "--data", first.data, "--listen", "127.0.0.1:0", "--api-listen", "off", "--files-listen", "off", "--shutdown-grace", "10m")
	c.Env = instance.Clean()
	log, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	lines := bufio.NewScanner(log)
	until := func(part string) string {
		for lines.Scan() {
			if strings.Contains(lines.Text(), part) {
				return lines.Text()
			}
		}
		t.Fatalf("the log never said %q", part)
		return ""
	}
	_, rest, _ := strings.Cut(until("msg=serving"), "web=")
	web, _, _ := strings.Cut(rest, " ")
	first.slowUpload(t, web+"/files", "/stays-open", strings.Repeat("x", megabyte))
	_ = c.Process.Signal(syscall.SIGTERM)
	until("msg=stopping")
	_ = c.Process.Signal(syscall.SIGTERM)
	_ = c.Wait()
	if status, ok := c.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("it ended with %s", c.ProcessState)
	}
}
