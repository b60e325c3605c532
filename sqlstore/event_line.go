package sqlstore

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/coffer-ml/coffer/event"
)

// encodeLines writes lines one after the other: times as differences to the
// line before, texts with their lengths.
func encodeLines(lines []event.Event) ([]byte, error) {
	var b []byte
	var at, received int64
	for _, l := range lines {
		extra := ""
		if len(l.Body) > 0 {
			var err error
			if extra, err = document(l.Body); err != nil {
				return nil, err
			}
		}
		b = binary.AppendVarint(b, l.Timestamp-at)
		b = binary.AppendVarint(b, l.Received.UnixMilli()-received)
		for _, text := range []string{l.Worker, l.Level, l.Metric, l.Variant, l.Msg, clean(extra)} {
			b = binary.AppendUvarint(b, uint64(len(text)))
			b = append(b, text...)
		}
		at, received = l.Timestamp, l.Received.UnixMilli()
	}
	return b, nil
}

var errBrokenLog = errors.New("a chunk of the log is broken")

func decodeLines(b []byte, t event.Target) (lines []event.Event, err error) {
	var at, received int64
	whole := func() (v int64) {
		v, n := binary.Varint(b)
		if n <= 0 {
			err, b = errBrokenLog, nil
			return 0
		}
		b = b[n:]
		return v
	}
	text := func() string {
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) {
			err, b = errBrokenLog, nil
			return ""
		}
		s := string(b[n : n+int(size)])
		b = b[n+int(size):]
		return s
	}
	for len(b) > 0 {
		e := event.Event{Type: event.Log, Target: t}
		at += whole()
		received += whole()
		e.Timestamp, e.Received = at, time.UnixMilli(received).UTC()
		e.Worker, e.Level, e.Metric, e.Variant, e.Msg = text(), text(), text(), text(), text()
		extra := text()
		if err != nil {
			return nil, err
		}
		if extra != "" {
			if err := (exact{&e.Body}).Scan(extra); err != nil {
				return nil, err
			}
		}
		lines = append(lines, e)
	}
	return lines, err
}
