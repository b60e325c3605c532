package rpc

import (
	"strconv"
	"strings"

	"github.com/coffer-ml/coffer/event"
)

// reported are the fields of events that have a place of their own; the others
// are kept as they came.
type reported struct {
	kind, task, model, modelEvent, worker, metric, variant, iter, timestamp, ts, key, url, value, label, level, msg, allowLocked plain

	rest map[string]any
}

func (m *reported) set(name string, v plain) {
	switch name {
	case "type":
		m.kind = v
	case "task":
		m.task = v
	case "model":
		m.model = v
	case "model_event":
		m.modelEvent = v
	case "worker":
		m.worker = v
	case "metric":
		m.metric = v
	case "variant":
		m.variant = v
	case "iter":
		m.iter = v
	case "timestamp":
		m.timestamp = v
	case "ts":
		m.ts = v
	case "key":
		m.key = v
	case "url":
		m.url = v
	case "value":
		m.value = v
	case "x_axis_label":
		m.label = v
	case "level":
		m.level = v
	case "msg":
		m.msg = v
	case "allow_locked":
		m.allowLocked = v
	case "method", "plot_len", "source_urls", "@timestamp": // ours to say
	default:
		m.keep(name, v)
	}
}

func (m *reported) keep(name string, v plain) {
	if m.rest == nil {
		m.rest = make(map[string]any)
	}
	m.rest[name] = v.value()
}

// read takes the reported out of a line; false if it is no object.
func (m *reported) read(in line) bool {
	if in.only == nil && flatLine(in.text, m.set) {
		return true
	}
	*m = reported{}
	object := in.object()
	for name, v := range object {
		m.set(name, plainOf(v))
	}
	return object != nil
}

// event converts one event of a batch.
func (h *handlers) event(c Call, in line) event.Event {
	var m reported
	if !m.read(in) {
		return event.Event{Broken: "a line of the batch is no JSON object"}
	}
	of := event.Type(strings.ReplaceAll(m.kind.str(), " ", "_"))
	if m.value.kind != absent && of != event.Scalar {
		m.keep("value", m.value)
	}
	e := event.Event{
		Type:   of,
		Target: target(firstOf(m.task.str(), m.model.str()), truthy(m.modelEvent.value())),
		Worker: firstOf(m.worker.str(), c.Worker, "<unknown>"), Metric: m.metric.str(), Variant: m.variant.str(),
		Level: m.level.str(), Msg: m.msg.str(), Key: m.key.str(), Label: m.label.str(), AllowLocked: truthy(m.allowLocked.value()),
		Body: m.rest,
	}
	if iter := m.iter.value(); iter != nil && of != event.Log {
		var ok bool
		if e.Iter, ok = wholeNumber(iter); !ok {
			e.Broken = "the iteration is no whole number of 64 bits"
		}
	}
	if at, ok := wholeNumber(m.timestamp.value()); ok {
		e.Timestamp = at
	} else if at, ok := wholeNumber(m.ts.value()); ok {
		e.Timestamp = at
	}
	if m.value.kind == isNumber {
		if f, err := strconv.ParseFloat(m.value.text, 64); err == nil {
			e.Value = &f
		}
	}
	if url := m.url.str(); url != "" {
		e.URL = h.address(c, url)
	}
	if of == event.Plot {
		h.ownSources(c, e.Body)
	}
	return e
}
