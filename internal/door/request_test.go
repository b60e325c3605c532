package door_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/internal/ident"
)

// answer runs one request through the log around a handler and returns the
// reply and the lines that were written.
func answer(t *testing.T, h http.HandlerFunc, r *http.Request) (*httptest.ResponseRecorder, []map[string]any) {
	t.Helper()
	var text bytes.Buffer
	w := httptest.NewRecorder()
	log := door.Log{Logger: slog.New(slog.NewJSONHandler(&text, nil)), Now: time.Now}
	log.Wrap(h).ServeHTTP(w, r)
	var lines []map[string]any
	for d := json.NewDecoder(&text); ; {
		var line map[string]any
		if err := d.Decode(&line); errors.Is(err, io.EOF) {
			return w, lines
		} else if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
}

func TestRequestIDs(t *testing.T) {
	for _, c := range []struct {
		expectation, sent string
		kept              bool
	}{
		{"a sane one is kept", "build-7_a", true},
		{"none: one is drawn", "", false},
		{"one with other characters is replaced", "a b\u2028", false},
		{"one that would break a line is replaced", "a\nb", false},
		{"a long one is replaced", strings.Repeat("a", 65), false},
	} {
		t.Run(c.expectation, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("X-Request-Id", c.sent)
			var inside string
			w, lines := answer(t, func(_ http.ResponseWriter, r *http.Request) { inside = door.RequestID(r.Context()) }, r)
			if got := w.Header().Get("X-Request-Id"); got != inside || lines[0]["id"] != inside {
				t.Errorf("told %q, inside %q, logged %q", got, inside, lines[0]["id"])
			}
			if c.kept != (inside == c.sent) || !c.kept && !ident.Valid(inside) {
				t.Errorf("the id is %q", inside)
			}
		})
	}
	t.Run("outside of a request there is none", func(t *testing.T) {
		if id := door.RequestID(t.Context()); id != "" {
			t.Error(id)
		}
	})
}

func TestOneLineForEachRequest(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/tasks.create?token=secret1", strings.NewReader("secret2"))
	r.SetBasicAuth("key", "secret3")
	r.AddCookie(&http.Cookie{Name: door.Cookie, Value: "secret4"})
	w, lines := answer(t, func(w http.ResponseWriter, r *http.Request) {
		door.NoteUser(r.Context(), "ana")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "hello")
	}, r)
	if len(lines) != 1 || w.Body.String() != "hello" {
		t.Fatalf("%d lines, reply %q", len(lines), w.Body)
	}
	for name, want := range map[string]any{
		"method": "POST", "path": "/tasks.create", "status": 418.0, "bytes": 5.0, "user": "ana",
	} {
		if lines[0][name] != want {
			t.Errorf("%s is %v, expected %v", name, lines[0][name], want)
		}
	}
	if text, _ := json.Marshal(lines); bytes.Contains(text, []byte("secret")) {
		t.Errorf("a secret is logged: %s", text)
	}
}

func TestAPanicIsAnswered(t *testing.T) {
	t.Run("with 500 while nothing was sent", func(t *testing.T) {
		w, lines := answer(t, func(http.ResponseWriter, *http.Request) { panic("secret cause") }, httptest.NewRequest(http.MethodGet, "/", nil))
		if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if len(lines) != 2 || lines[0]["panic"] != "secret cause" || lines[1]["status"] != 500.0 {
			t.Errorf("logged %v", lines)
		}
	})
	t.Run("by cutting off a reply that had begun", func(t *testing.T) {
		log := door.Log{Logger: slog.New(slog.DiscardHandler), Now: time.Now}
		server := httptest.NewServer(log.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			panic("cause")
		})))
		defer server.Close()
		resp, err := http.Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		if body, err := io.ReadAll(resp.Body); err == nil {
			t.Errorf("the reply %q was taken for whole", body)
		}
	})
}

// sender is the writer of a server that can send files without copying them.
type sender struct {
	*httptest.ResponseRecorder
	sent    *os.File
	flushed bool
}

func (s *sender) ReadFrom(r io.Reader) (int64, error) {
	if limited, ok := r.(*io.LimitedReader); ok {
		s.sent, _ = limited.R.(*os.File)
	}
	return io.Copy(s.ResponseRecorder, r)
}

func (s *sender) Flush() { s.flushed = true }

func TestFilesStillGoOutByTheServersOwnWay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var status int
	log := door.Log{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Observe: func(_ *http.Request, s int, _ time.Duration) { status = s }}
	w := &sender{ResponseRecorder: httptest.NewRecorder()}
	log.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, f)
		w.(http.Flusher).Flush()
	})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.sent != f {
		t.Error("the file was copied instead of handed over")
	}
	if !w.flushed {
		t.Error("Flush did not reach the writer below")
	}
	if status != http.StatusOK || w.Body.String() != "0123456789" {
		t.Errorf("%d %q", status, w.Body)
	}
}
