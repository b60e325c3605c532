package rpc

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"strconv"

	"github.com/coffer-ml/coffer/internal/fault"
)

// envelope is around every reply. Clients go by result_code, so the HTTP
// status always equals it.
type envelope struct {
	Meta meta `json:"meta"`
	Data any  `json:"data"`
}

type meta struct {
	ID            string         `json:"id"`
	Trx           string         `json:"trx"`
	Endpoint      endpointMeta   `json:"endpoint"`
	ResultCode    int            `json:"result_code"`
	ResultSubcode int            `json:"result_subcode"`
	ResultMsg     string         `json:"result_msg"`
	ErrorStack    *string        `json:"error_stack"`
	ErrorData     map[string]any `json:"error_data"`
}

type endpointMeta struct {
	Name             string `json:"name"`
	RequestedVersion any    `json:"requested_version"`
	ActualVersion    any    `json:"actual_version"`
}

// reply writes result or error in the envelope and returns the status.
func (m *mux) reply(w http.ResponseWriter, r *http.Request, c *call, data any, err error) int {
	if a, ok := data.(attachment); ok && err == nil {
		return m.attach(w, r, c, a)
	}
	e := envelope{
		Meta: meta{
			ID: c.id, Trx: c.trx, ResultCode: http.StatusOK, ResultMsg: "OK", ErrorData: map[string]any{},
			Endpoint: endpointMeta{Name: c.name, RequestedVersion: c.requested.wire(c.requested)},
		},
		Data: data,
	}
	if c.row != nil {
		e.Meta.Endpoint.ActualVersion = c.row.since.wire(c.requested)
	}
	if err != nil {
		f := fault.Of(err)
		e.Meta.ResultCode, e.Meta.ResultSubcode = code(f)
		e.Meta.ResultMsg = f.Message
		if f.Data != nil {
			e.Meta.ErrorData = f.Data
		}
		e.Data = struct{}{}
		m.log(r, c, f, err)
		if e.Meta.ResultCode == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", "Bearer")
		}
		if e.Meta.ResultCode == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", strconv.Itoa(retryAfter))
		}
	}
	body, merr := encode(e)
	if merr != nil {
		m.cfg.Logger.Error("encode reply", "id", c.id, "endpoint", c.name, "error", merr)
		e.Meta.ResultCode, e.Meta.ResultMsg, e.Data = http.StatusInternalServerError, "internal error", struct{}{}
		body, _ = encode(e)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(e.Meta.ResultCode)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a client that went away is no error of ours
	}
	return e.Meta.ResultCode
}

// retryAfter is told while stopping: a restart takes a second or two.
const retryAfter = 2

// log writes what went wrong once, with its private cause. What a caller did
// wrong is told to him alone.
func (m *mux) log(r *http.Request, c *call, f *fault.Error, err error) {
	if f.Reason.Kind != fault.Internal && f.Reason.Kind != fault.Unavailable || f.Reason == ErrStopping {
		return
	}
	if errors.Is(err, r.Context().Err()) && r.Context().Err() != nil {
		return // the caller left
	}
	m.cfg.Logger.LogAttrs(r.Context(), slog.LevelError, "call failed",
		slog.String("id", c.id), slog.String("endpoint", c.name), slog.String("reason", f.Reason.Name), slog.String("error", err.Error()))
}

// encode writes JSON without the HTML escapes that only inflate it.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b.Bytes(), err
}

// attach writes a reply that has no envelope. What fails on the way cuts the
// connection, so that nobody takes a part for the whole.
func (m *mux) attach(w http.ResponseWriter, r *http.Request, c *call, a attachment) int {
	h := w.Header()
	h.Set("Content-Type", cmp.Or(a.media, "text/plain; charset=utf-8"))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.name}))
	h.Set("Cache-Control", "no-store, max-age=0")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return http.StatusOK
	}
	if err := a.write(r.Context(), w); err != nil {
		if r.Context().Err() == nil {
			m.cfg.Logger.Error("write attachment", "id", c.id, "endpoint", c.name, "error", err)
		}
		panic(http.ErrAbortHandler)
	}
	return http.StatusOK
}
