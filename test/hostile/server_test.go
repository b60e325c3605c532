package hostile_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/coffer-ml/coffer/test/instance"
)

// patience is for what must happen, however busy the machine is.
const patience = 2 * time.Minute

// binary is coffer, built once.
var binary string

func TestMain(m *testing.M) {
	if address := os.Getenv(holdAddress); address != "" {
		os.Exit(hold(address, os.Getenv(holdCount)))
	}
	dir, err := os.MkdirTemp("", "coffer-hostile-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "coffer")
	if out, err := exec.CommandContext(context.Background(), "go", "build", "-o", binary, "../../cmd/coffer").CombinedOutput(); err != nil {
		panic(fmt.Sprintf("building coffer: %v\n%s", err, out))
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// server is a running coffer with a folder around its data directory that
// holds things which are none of its business.
type server struct {
	*instance.Instance
	keys   instance.Keys
	around string // the folder
	data   string // the data directory, inside of it
	client *http.Client
}

const secret = "nobody may read this"

func start(t *testing.T, args ...string) *server {
	t.Helper()
	s := &server{around: t.TempDir(), client: &http.Client{Timeout: patience}}
	s.data = filepath.Join(s.around, "nested", "data")
	for _, path := range []string{"secret", "nested/secret", "x", "nested/x"} {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(s.around, path)), 0o755))
		must(t, os.WriteFile(filepath.Join(s.around, path), []byte(secret), 0o644))
	}
	var err error
	s.Instance, err = instance.Start(t.Context(), instance.Config{
		Binary: binary, Data: s.data, Args: args, Env: instance.Clean(), Log: filepath.Join(t.TempDir(), "log"),
	})
	must(t, err)
	ctx := context.WithoutCancel(t.Context())
	s.keys, err = s.CreateKeys(ctx)
	must(t, err)
	before := s.outside(t)
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		if after := s.outside(t); !maps.Equal(before, after) {
			t.Errorf("beside the data directory there was %v, and now is %v", before, after)
		}
		for _, word := range []string{"panic", "level=ERROR"} {
			if lines := s.logged(t, word); len(lines) > 0 {
				t.Errorf("the log says %s: %.2000s", word, strings.Join(lines, "\n"))
			}
		}
	})
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// logged returns the lines of the log with a word.
func (s *server) logged(t *testing.T, word string) (lines []string) {
	t.Helper()
	text, err := os.ReadFile(s.Log)
	must(t, err)
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, word) {
			lines = append(lines, line)
		}
	}
	return lines
}

// outside lists what is around the data directory, with the contents.
func (s *server) outside(t *testing.T) map[string]string {
	t.Helper()
	return list(t, s.around, s.data)
}

// folder stands for the content of one.
const folder = "/"

func list(t *testing.T, root, without string) map[string]string {
	t.Helper()
	out := map[string]string{}
	must(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == without:
			return filepath.SkipDir
		case d.IsDir():
			out[path] = folder
			return nil
		}
		content, err := os.ReadFile(path)
		out[path] = string(content)
		return err
	}))
	return out
}

// stored says what the server keeps: the files of the blob folder, and how
// many rows each table has but those of credentials.
func (s *server) stored(t *testing.T) []string {
	t.Helper()
	var files []string
	for path, content := range list(t, filepath.Join(s.data, "blobs"), "") {
		if content != folder {
			files = append(files, path)
		}
	}
	slices.Sort(files)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.data, "coffer.db")+"?mode=ro&_pragma=busy_timeout(10000)")
	must(t, err)
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(t.Context(), `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'user_%' ORDER BY name`)
	must(t, err)
	defer func() { _ = rows.Close() }()
	var tables []string
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		tables = append(tables, name)
	}
	must(t, rows.Err())
	for _, name := range tables {
		var n int
		must(t, db.QueryRowContext(t.Context(), `SELECT count(*) FROM "`+name+`"`).Scan(&n))
		files = append(files, fmt.Sprintf("%s: %d rows", name, n))
	}
	return files
}

// storesNothing runs an attempt and checks that nothing of it is kept.
func (s *server) storesNothing(t *testing.T, attempt func()) {
	t.Helper()
	before := s.stored(t)
	attempt()
	if after := s.stored(t); !slices.Equal(before, after) {
		for _, x := range after {
			if !slices.Contains(before, x) {
				t.Errorf("stored now: %s", x)
			}
		}
		for _, x := range before {
			if !slices.Contains(after, x) {
				t.Errorf("no longer: %s", x)
			}
		}
	}
}

// answer is a reply of any of the doors.
type answer struct {
	status  int
	subcode int
	message string
	data    map[string]any
	header  http.Header
	body    []byte
}

// understand reads status, subcode and message out of a reply: the envelope
// of the API, or the problem of the files.
func understand(t *testing.T, resp *http.Response) answer {
	t.Helper()
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Errorf("reading the reply: %v", err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, body: body, subcode: -1}
	var reply struct {
		Meta *struct {
			Code    int    `json:"result_code"`
			Subcode int    `json:"result_subcode"`
			Msg     string `json:"result_msg"`
		} `json:"meta"`
		Data  map[string]any `json:"data"`
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	_ = json.Unmarshal(body, &reply) // not every reply is one of these
	a.message, a.data = reply.Error.Message, reply.Data
	if reply.Meta != nil {
		a.subcode, a.message = reply.Meta.Subcode, reply.Meta.Msg
		if reply.Meta.Code != a.status {
			t.Errorf("status %d, result_code %d", a.status, reply.Meta.Code)
		}
	}
	return a
}

// do sends a request with the key pair.
func (s *server) do(t *testing.T, method, target string, header map[string]string, body io.Reader) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, target, body)
	must(t, err)
	r.SetBasicAuth(s.keys.Access, s.keys.Secret)
	for k, v := range header {
		r.Header.Set(k, v)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		t.Fatalf("%s %.200s: no answer: %v", method, target, err)
	}
	return understand(t, resp)
}

func (s *server) call(t *testing.T, endpoint string, body []byte) answer {
	t.Helper()
	return s.do(t, http.MethodPost, s.API+"/v2.23/"+endpoint, map[string]string{"Content-Type": "application/json"}, bytes.NewReader(body))
}

// task makes a task and returns its id.
func (s *server) task(t *testing.T) string {
	t.Helper()
	a := s.call(t, "tasks.create", []byte(`{"name":"t","type":"training"}`))
	id, _ := a.data["id"].(string)
	if a.status != http.StatusOK || id == "" {
		t.Fatalf("tasks.create: %d %s", a.status, a.body)
	}
	return id
}

// dial opens a connection to one of the listeners.
func dial(t *testing.T, base string) net.Conn {
	t.Helper()
	u, err := url.Parse(base)
	must(t, err)
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", u.Host)
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	must(t, c.SetDeadline(time.Now().Add(patience)))
	return c
}

// head writes the lines of a request's header with credentials in them.
func (s *server) head(lines ...string) string {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(s.keys.Access, s.keys.Secret)
	return strings.Join(append(lines, "Authorization: "+r.Header.Get("Authorization")), "\r\n") + "\r\n\r\n"
}

// raw sends bytes as they are, closes its side if asked to, and returns the
// first reply; status 0 means that the server closed the connection silently.
func raw(t *testing.T, base, request string, closeAfter bool) answer {
	t.Helper()
	c := dial(t, base)
	go func() {
		_, _ = io.WriteString(c, request) // a server that refuses early may not read it all
		if closeAfter {
			_ = c.(*net.TCPConn).CloseWrite()
		}
	}()
	method, _, _ := strings.Cut(request, " ")
	return reply(t, c, method)
}

// reply reads the next reply of a connection; status 0 means that there was
// none.
func reply(t *testing.T, c net.Conn, method string) answer {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		return answer{subcode: -1, message: err.Error()}
	}
	return understand(t, resp)
}
