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

// world is the file server alone, without a network; whoever calls is the
// operator.
type world struct {
	handler http.Handler
	files   *file.Service
	blobs   *mem.Store
}

func newWorld(t testing.TB) *world {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Config{Path: filepath.Join(t.TempDir(), "coffer.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	logger := slog.New(slog.NewTextHandler(io.Discard, nil))
	w := &world{blobs: &mem.Store{Now: time.Now}}
	w.files = file.New(file.Config{Store: db.Files(), Blobs: w.blobs, Tx: db.Tx, After: db.After, Now: time.Now, Logger: logger})
	users := user.New(user.Config{Store: db.Users(), Tx: db.Tx, Now: time.Now, Build: "test"})
	w.handler = fileserver.New(fileserver.Config{Files: w.files, Guard: &door.Guard{Users: users}, Logger: logger})
	return w
}

func (w *world) do(t testing.TB, method, target string, header http.Header, body io.Reader) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(door.AsOperator(t.Context()), method, target, body)
	for k, v := range header {
		r.Header[k] = v
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec
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
