package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/coffer-ml/coffer/test/instance"
)

// coffer is the binary under test.
var coffer string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "coffer-server-test-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(dir) }()
		coffer = filepath.Join(dir, "coffer")
		if out, err := exec.Command("go", "build", "-o", coffer, "../cmd/coffer").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "building coffer: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// running is a server with a key pair.
type running struct {
	*instance.Instance
	data string
	keys instance.Keys
}

// start runs a server on the directory, or on one of its own.
func start(t *testing.T, data string, args ...string) *running {
	t.Helper()
	if data == "" {
		data = filepath.Join(t.TempDir(), "data")
	}
	i, err := instance.Start(t.Context(), instance.Config{Binary: coffer, Data: data, Args: args, Env: instance.Clean()})
	if err != nil {
		t.Fatal(err)
	}
	r := &running{Instance: i, data: data}
	t.Cleanup(func() { r.end(t) })
	if r.keys, err = i.CreateKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

// end stops the server, which must end with 0.
func (r *running) end(t *testing.T) {
	t.Helper()
	if err := r.Stop(); err != nil {
		t.Error(err)
	}
}

func (r *running) log(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(r.Log)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// answer is an HTTP reply.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// client follows no redirect: a redirected POST would become a GET.
var client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// do sends a request with the key pair of the server.
func (r *running) do(t *testing.T, method, address string, body []byte, header ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(r.keys.Access, r.keys.Secret)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, text}
}

// call calls an endpoint below base and returns its data.
func (r *running) call(t *testing.T, base, endpoint string, body any, header ...string) map[string]any {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	a := r.do(t, http.MethodPost, base+"/"+endpoint, text, append(header, "Content-Type", "application/json")...)
	var e struct{ Data map[string]any }
	if err := json.Unmarshal(a.body, &e); err != nil || a.status != http.StatusOK {
		t.Fatalf("%s: %d %s", endpoint, a.status, a.body)
	}
	return e.Data
}

// form is an upload of one file, and its content type.
func form(t *testing.T, path, content string) (body []byte, media string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile(path, path)
	if err == nil {
		_, err = io.WriteString(part, content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), w.FormDataContentType()
}

func (r *running) upload(t *testing.T, address, path, content string) answer {
	t.Helper()
	body, media := form(t, path, content)
	return r.do(t, http.MethodPost, address, body, "Content-Type", media)
}

// command runs coffer to its end.
func command(ctx context.Context, args ...string) (stdout, stderr string, code int) {
	var out, problem bytes.Buffer
	c := exec.CommandContext(ctx, coffer, args...)
	c.Stdout, c.Stderr, c.Env = &out, &problem, instance.Clean()
	_ = c.Run() // the code tells
	return out.String(), problem.String(), c.ProcessState.ExitCode()
}

func decode(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}
