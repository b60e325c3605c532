package cluster_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/coffer-ml/coffer/server"
)

// limit only keeps a broken server from hanging the run.
const limit = 60 * time.Second

// journal takes what a server writes.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// running is a server in this process.
type running struct {
	server.Addresses
	data     string
	out, log journal
	pair     pair
	stop     func()
}

// pair is a key pair as `coffer keys create` prints it.
type pair struct {
	Access string `json:"access_key"`
	Secret string `json:"secret_key"`
}

// load makes a configuration out of arguments of serve.
func load(t testing.TB, args ...string) (server.Config, error) {
	t.Helper()
	f := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	server.Flags(f)
	if err := f.Parse(args); err != nil {
		t.Fatal(err)
	}
	return server.Load(f, func(string) string { return "" })
}

// serve runs a server with a data directory of its own until the test ends.
func serve(t testing.TB, args ...string) *running {
	t.Helper()
	r := &running{data: t.TempDir()}
	cfg, err := load(t, append([]string{"--data", r.data, "--listen", "127.0.0.1:0", "--api-listen", "127.0.0.1:0", "--files-listen", "127.0.0.1:0"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, cfg, &r.out, &r.log) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with %v\n%s", err, r.log.String())
		}
	})
	t.Cleanup(r.stop)
	eventually(t, "the server is ready", func() bool {
		select {
		case err := <-ended:
			t.Fatalf("the server did not start: %v\n%s", err, r.log.String())
		default:
		}
		text, err := os.ReadFile(filepath.Join(r.data, "addresses.json"))
		return err == nil && json.Unmarshal(text, &r.Addresses) == nil && r.get(t, r.Web+"/readyz").status == http.StatusOK
	})
	must(t, json.Unmarshal([]byte(command(t, "keys", "create", "--data", r.data, "--format", "json")), &r.pair))
	return r
}

// command runs one of the server's commands and returns what it printed.
func command(t testing.TB, args ...string) string {
	t.Helper()
	out, err := tryCommand(args...)
	must(t, err)
	return out
}

func tryCommand(args ...string) (string, error) {
	root := &cobra.Command{Use: "coffer", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(server.Commands()...)
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(args)
	err := server.Run(root)
	return out.String(), err
}

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// reply is an answer over HTTP.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (r *running) do(t testing.TB, method, url, contentType string, body io.Reader) reply {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	must(t, err)
	req.SetBasicAuth(r.pair.Access, r.pair.Secret)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Errorf("%s %s: %v", method, url, err)
		return reply{}
	}
	defer func() { _ = resp.Body.Close() }()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Errorf("%s %s: %v", method, url, err)
	}
	return reply{resp.StatusCode, resp.Header, content}
}

func (r *running) get(t testing.TB, url string) reply {
	t.Helper()
	return r.do(t, http.MethodGet, url, "", nil)
}

// upload sends a file as the SDK does.
func (r *running) upload(t testing.TB, path, content string) reply {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("/"+path, "/"+path)
	must(t, err)
	_, err = io.WriteString(part, content)
	must(t, err)
	must(t, form.Close())
	return r.do(t, http.MethodPost, r.Files, form.FormDataContentType(), &body)
}

// envelope is an answer of the API.
type envelope struct {
	Meta struct {
		Code    int    `json:"result_code"`
		Message string `json:"result_msg"`
	} `json:"meta"`
	Data map[string]any `json:"data"`
}

func (r *running) call(t testing.TB, endpoint string, args any) (reply, envelope) {
	t.Helper()
	text, err := json.Marshal(args)
	must(t, err)
	got := r.do(t, http.MethodPost, r.API+"/v2.23/"+endpoint, "application/json", bytes.NewReader(text))
	var e envelope
	if err := json.Unmarshal(got.body, &e); err != nil || e.Meta.Code != got.status {
		t.Errorf("%s: no envelope: %d %s", endpoint, got.status, got.body)
	}
	return got, e
}

// newTask makes a task and returns its id.
func (r *running) newTask(t testing.TB, name string) string {
	t.Helper()
	_, e := r.call(t, "tasks.create", map[string]any{"name": name, "type": "training"})
	id, _ := e.Data["id"].(string)
	if id == "" {
		t.Fatalf("no task: %+v", e)
	}
	return id
}

// record registers an artifact that lies at a path of this server.
func (r *running) record(t testing.TB, of, key, path, digest string) (reply, envelope) {
	t.Helper()
	return r.call(t, "tasks.add_or_update_artifacts", map[string]any{"task": of, "artifacts": []any{map[string]any{
		"key": key, "type": "custom", "uri": r.Files + "/" + path, "hash": digest, "timestamp": 1,
	}}})
}

// state asks for the state of an artifact, and waits for its bytes.
func (r *running) state(t testing.TB, of, key string, wait int) string {
	t.Helper()
	at := fmt.Sprintf("%s/api/tasks/%s/artifact?key=%s", r.Web, of, key)
	if wait > 0 {
		at += fmt.Sprint("&wait=", wait)
	}
	got := r.get(t, at)
	var a struct {
		State string `json:"state"`
	}
	if err := json.Unmarshal(got.body, &a); err != nil || got.status != http.StatusOK {
		t.Errorf("artifact %s: %d %s", key, got.status, strings.TrimSpace(string(got.body)))
	}
	return a.State
}
