package fileserver_test

import (
	"bytes"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/blob/mem"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/fileserver"
	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/user"
)

// world is the file server alone, without a network, at a time of its own.
type world struct {
	handler http.Handler
	files   *file.Service
	users   *user.Service
	now     time.Time
	// who calls, by what is in his Authorization header; "" is the operator
	credentials string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Config{Path: filepath.Join(t.TempDir(), "coffer.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	logger := slog.New(slog.NewTextHandler(io.Discard, nil))
	w := &world{now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return w.now }
	w.files = file.New(file.Config{Store: db.Files(), Sessions: db.Sessions(), Blobs: &mem.Store{Now: clock}, Tx: db.Tx, After: db.After, Now: clock, Logger: logger})
	w.users = user.New(user.Config{Store: db.Users(), Tx: db.Tx, Now: clock, Build: "test"})
	if _, err := w.users.Bootstrap(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.handler = fileserver.New(fileserver.Config{Files: w.files, Guard: &door.Guard{Users: w.users}, Logger: logger})
	return w
}

// account makes an account with a key pair and opens a session for it.
func (w *world) account(t testing.TB, role user.Role) (pair user.Pair, token string) {
	t.Helper()
	u, err := w.users.Create(t.Context(), user.Operator, user.Spec{Name: string(role), Role: role})
	if err != nil {
		t.Fatal(err)
	}
	if pair, err = w.users.CreateKey(t.Context(), user.Operator, u.ID, ""); err != nil {
		t.Fatal(err)
	}
	who, err := w.users.Authenticate(t.Context(), user.Basic{Name: pair.Access, Secret: pair.Secret})
	if err != nil {
		t.Fatal(err)
	}
	if token, err = w.users.Login(t.Context(), who, 0); err != nil {
		t.Fatal(err)
	}
	return pair, token
}

// nobody brings no credentials.
const nobody = "nobody"

func (w *world) do(t testing.TB, method, target string, header http.Header, body io.Reader) *httptest.ResponseRecorder {
	t.Helper()
	ctx := t.Context()
	if w.credentials == "" {
		ctx = door.AsOperator(ctx)
	}
	r := httptest.NewRequestWithContext(ctx, method, target, body)
	for k, v := range header {
		r.Header[k] = v
	}
	if w.credentials != "" && w.credentials != nobody {
		r.Header.Set("Authorization", w.credentials)
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec
}

// upload stores one file and expects success.
func (w *world) upload(t testing.TB, name, content string) {
	t.Helper()
	body, header := form(t, [2]string{name, content})
	if rec := w.do(t, http.MethodPost, "/", header, body); rec.Code != http.StatusOK {
		t.Fatalf("upload of %q: %d %s", name, rec.Code, rec.Body)
	}
}

// form is a form with one file for each name and content.
func form(t testing.TB, parts ...[2]string) (body *bytes.Buffer, header http.Header) {
	t.Helper()
	body = &bytes.Buffer{}
	m := multipart.NewWriter(body)
	for _, p := range parts {
		quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(p[0])
		part, err := m.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + quoted + `"; filename="` + quoted + `"`}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, p[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return body, http.Header{"Content-Type": {m.FormDataContentType()}}
}
