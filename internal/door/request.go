package door

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/coffer-ml/coffer/internal/ident"
)

type requestKey struct{}

// request is what the access log tells of a call, filled while it runs.
type request struct {
	id   string
	user string
}

// RequestID returns the id of the call that ctx belongs to; "" outside of one.
func RequestID(ctx context.Context) string {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r.id
	}
	return ""
}

// NoteUser tells the access log who called.
func NoteUser(ctx context.Context, name string) {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		r.user = name
	}
}

// maxRequestID bounds a request id that a proxy hands in.
const maxRequestID = 64

func acceptable(id string) bool {
	if id == "" || len(id) > maxRequestID {
		return false
	}
	for _, c := range []byte(id) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// Log gives each call a request id and writes one line about it when it ends.
// Observe, if set, is told the status and how long it took.
type Log struct {
	Logger  *slog.Logger
	Now     func() time.Time
	Observe func(r *http.Request, status int, took time.Duration)
}

// Wrap returns next with the log around it.
func (l Log) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := l.Now()
		note := &request{id: r.Header.Get("X-Request-Id")}
		if !acceptable(note.id) {
			note.id = ident.New()
		}
		w.Header().Set("X-Request-Id", note.id)
		rec := &recorder{ResponseWriter: w}
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, note))
		defer func() {
			took := l.Now().Sub(begun)
			l.Logger.LogAttrs(r.Context(), slog.LevelInfo, "request",
				slog.String("id", note.id), slog.String("method", r.Method), slog.String("path", r.URL.Path),
				slog.Int("status", rec.Status()), slog.Int64("bytes", rec.written),
				slog.Duration("took", took), slog.String("user", note.user))
			if l.Observe != nil {
				l.Observe(r, rec.Status(), took)
			}
		}()
		next.ServeHTTP(rec, r)
	})
}

// recorder remembers the status. It keeps ReadFrom and Flush of the writer
// below, so that files still go out by sendfile.
type recorder struct {
	http.ResponseWriter
	status  int
	written int64
}

// Status returns the status that was sent; 200 if the handler never said.
func (r *recorder) Status() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements io.Writer.
func (r *recorder) Write(p []byte) (int, error) {
	n, err := r.ResponseWriter.Write(p)
	r.written += int64(n)
	return n, err
}

// ReadFrom implements io.ReaderFrom.
func (r *recorder) ReadFrom(src io.Reader) (int64, error) {
	n, err := io.Copy(r.ResponseWriter, src)
	r.written += n
	return n, err
}

// Unwrap serves http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Flush implements http.Flusher.
func (r *recorder) Flush() { _ = http.NewResponseController(r.ResponseWriter).Flush() }
