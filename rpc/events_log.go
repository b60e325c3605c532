package rpc

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/event"
)

func (h *handlers) taskLog(ctx context.Context, c Call, req api.TaskLogRequest) (api.TaskLogResponse, error) {
	q := event.LogQuery{Earlier: true, Limit: event.DefaultLog, Selection: selection(req.Metrics)}
	if at := math.Trunc(req.FromTimestamp); math.Abs(at) < math.MaxInt64 {
		q.From = int64(at)
	}
	give(&q.Earlier, req.NavigateEarlier)
	if req.BatchSize != nil {
		q.Limit = int(*req.BatchSize)
	}
	lines, total, err := h.Events.Log(ctx, c.Who, target(req.Task, false), q)
	if err != nil {
		return api.TaskLogResponse{}, err
	}
	if req.Order != nil && (*req.Order == "desc") != q.Earlier {
		slices.Reverse(lines)
	}
	return api.TaskLogResponse{Events: c.eventDocuments(lines), Returned: len(lines), Total: total}, nil
}

func (h *handlers) clearLog(ctx context.Context, c Call, req api.ClearLogRequest) (api.DeletedEventsResponse, error) {
	clearing := event.LogClearing{AllowLocked: req.AllowLocked, Include: req.IncludeMetrics, Exclude: req.ExcludeMetrics}
	if req.ThresholdSec != nil {
		const longest = math.MaxInt64 / int64(time.Second)
		if *req.ThresholdSec < 0 || *req.ThresholdSec > longest {
			return api.DeletedEventsResponse{}, ErrField.Errorf("threshold_sec: expected 0 to %d, got %d", longest, *req.ThresholdSec).With("field", "threshold_sec")
		}
		clearing.Keep = time.Duration(*req.ThresholdSec) * time.Second
	}
	n, err := h.Events.ClearLog(ctx, c.Who, target(req.Task, false), clearing)
	return api.DeletedEventsResponse{Deleted: n}, err
}

// attachment is a reply without an envelope, written as it is read.
type attachment struct {
	name  string
	media string // "" for plain text
	write func(ctx context.Context, w io.Writer) error
}

// defaultLine is how a line of a downloaded log looks.
const defaultLine = "{asctime} {worker} {level} {msg}"

func (h *handlers) downloadLog(ctx context.Context, c Call, req api.DownloadLogRequest) (attachment, error) {
	write := jsonLine
	if value(req.LineType) == "text" {
		format := defaultLine
		if req.LineFormat != nil {
			format = *req.LineFormat
		}
		var err error
		if write, err = lineFormat(format); err != nil {
			return attachment{}, err
		}
	}
	t := target(req.Task, false)
	// What can be refused is refused before the first byte.
	if _, _, err := h.Events.Log(ctx, c.Who, t, event.LogQuery{Limit: 1}); err != nil {
		return attachment{}, err
	}
	return attachment{name: "task_" + req.Task + ".log", write: func(ctx context.Context, w io.Writer) error {
		out := bufio.NewWriterSize(w, 64<<10)
		err := h.Events.EachLog(ctx, c.Who, t, func(lines []event.Event) error {
			for _, l := range lines {
				if err := write(out, l); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		return out.Flush()
	}}, nil
}

func jsonLine(w *bufio.Writer, l event.Event) error {
	b, err := json.Marshal(map[string]any{
		"asctime": l.Timestamp, "timestamp": l.Timestamp, "worker": l.Worker, "level": l.Level, "msg": l.Msg, "metric": l.Metric, "variant": l.Variant,
	})
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// placeholders are the fields that a line format may name.
var placeholders = map[string]func(event.Event) string{
	"asctime":   func(e event.Event) string { return strconv.FormatInt(e.Timestamp, 10) },
	"timestamp": func(e event.Event) string { return strconv.FormatInt(e.Timestamp, 10) },
	"level":     func(e event.Event) string { return e.Level },
	"worker":    func(e event.Event) string { return e.Worker },
	"msg":       func(e event.Event) string { return e.Msg },
}

// maxLineFormat bounds a line format in bytes: it is written for every line.
const maxLineFormat = 1024

var inBraces = regexp.MustCompile(`\{\{|\}\}|\{[^{}]*\}|[{}]`)

// lineFormat reads a format: texts, and the bare names of fields in braces;
// doubled braces stand for themselves. Nothing else can be asked for: no width,
// no conversion, no attribute.
func lineFormat(format string) (func(*bufio.Writer, event.Event) error, error) {
	if format == "" || len(format) > maxLineFormat {
		return nil, ErrMissingKey.Errorf("line_format: expected 1 to %d bytes", maxLineFormat).With("field", "line_format")
	}
	var parts []func(event.Event) string
	fixed := func(s string) { parts = append(parts, func(event.Event) string { return s }) }
	at := 0
	for _, m := range inBraces.FindAllStringIndex(format, -1) {
		fixed(format[at:m[0]])
		at = m[1]
		switch found := format[m[0]:m[1]]; found {
		case "{{", "}}":
			fixed(found[:1])
		default:
			field, ok := placeholders[strings.Trim(found, "{}")]
			if !ok || len(found) < 3 {
				return nil, ErrQuery.Errorf("line_format: %q is none of {asctime}, {timestamp}, {level}, {worker} and {msg}", found).With("field", "line_format")
			}
			parts = append(parts, field)
		}
	}
	fixed(format[at:] + "\n")
	return func(w *bufio.Writer, l event.Event) error {
		for _, part := range parts {
			if _, err := w.WriteString(part(l)); err != nil {
				return err
			}
		}
		return nil
	}, nil
}
