package door

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
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
// A handler that panics is answered for with 500, as long as nothing was sent.
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
		w.Header().Set("X-Content-Type-Options", "nosniff") // a reply is what it says it is
		rec := &recorder{ResponseWriter: w}
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, note))
		defer func() { l.finish(r, rec, note, begun, recover()) }()
		next.ServeHTTP(rec, r)
	})
}

// finish tells the log how a call ended. broken is what the handler panicked
// with, nil if it returned.
func (l Log) finish(r *http.Request, rec *recorder, note *request, begun time.Time, broken any) {
	if broken != nil && broken != http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
		l.Logger.LogAttrs(r.Context(), slog.LevelError, "handler panicked", slog.String("id", note.id),
			slog.Any("panic", broken), slog.String("stack", string(debug.Stack())))
		if rec.status == 0 {
			http.Error(rec, "internal error, request "+note.id, http.StatusInternalServerError)
			broken = nil
		}
	}
	took := l.Now().Sub(begun)
	l.Logger.LogAttrs(r.Context(), slog.LevelInfo, "request",
		slog.String("id", note.id), slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.Int("status", rec.Status()), slog.Int64("bytes", rec.written),
		slog.Duration("took", took), slog.String("user", note.user))
	if l.Observe != nil {
		l.Observe(r, rec.Status(), took)
	}
	if broken != nil {
		panic(http.ErrAbortHandler) // cut off, so that nobody takes the reply for whole
	}
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

// begin notes the status that goes out with the first byte.
func (r *recorder) begin() { r.status = r.Status() }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements io.Writer.
func (r *recorder) Write(p []byte) (int, error) {
	r.begin()
	n, err := r.ResponseWriter.Write(p)
	r.written += int64(n)
	return n, err
}

// ReadFrom implements io.ReaderFrom.
func (r *recorder) ReadFrom(src io.Reader) (int64, error) {
	r.begin()
	n, err := io.Copy(r.ResponseWriter, src)
	r.written += n
	return n, err
}

// Unwrap serves http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Flush implements http.Flusher.
func (r *recorder) Flush() { _ = http.NewResponseController(r.ResponseWriter).Flush() }
