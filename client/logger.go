package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"math"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/coffer-ml/coffer/codec"
)

const (
	// sendEvery is how long a report waits for others to go with.
	sendEvery = 2 * time.Second
	// mostWaiting is how many bytes of reports may wait before the one who
	// reports waits.
	mostWaiting = 4 << 20
	// mostInBatch keeps a batch below what the server takes.
	mostInBatch = 8 << 20
	// sampleHistory is how many files are kept for each title and series, as the
	// Python SDK does: their names are used again.
	sampleHistory = 100
	// singleIteration is the iteration of single values.
	singleIteration = math.MinInt32
)

// Logger reports what a run does while it does it: texts, scalars, plots,
// images. Reports go in the background, some hundred at a time; what could not
// be delivered comes back from [Run.Flush] and [Run.End].
type Logger struct {
	run *Run

	mu          sync.Mutex
	waiting     bytes.Buffer
	counts      map[string]int // of files, by title and series
	destination string
	history     int
	failed      error
	sending     sync.Mutex // one batch at a time, so that they stay in order
	wake        chan struct{}
}

// Logger returns the logger of the run.
func (r *Run) Logger() *Logger { return r.logger }

func newLogger(r *Run) *Logger {
	l := &Logger{run: r, counts: map[string]int{}, wake: make(chan struct{}, 1), history: sampleHistory}
	if n, err := r.c.conn.set.conf.Int("sdk.metrics.file_history_size", sampleHistory); err == nil && n != 0 {
		l.history = int(n)
	}
	return l
}

// loop sends what waits, until ctx ends.
func (l *Logger) loop(ctx context.Context) {
	tick := time.NewTicker(sendEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-l.wake:
		}
		l.send(ctx)
	}
}

// report queues an event.
func (l *Logger) report(event map[string]any) {
	event["task"] = l.run.ID
	event["timestamp"] = l.run.c.conn.set.Now().UnixMilli()
	line, err := json.Marshal(event)
	l.mu.Lock()
	if err != nil {
		l.failed = errors.Join(l.failed, invalid("report", fmt.Sprint(event["metric"]), err.Error()))
		l.mu.Unlock()
		return
	}
	l.waiting.Write(line)
	l.waiting.WriteByte('\n')
	full := l.waiting.Len() >= mostWaiting
	l.mu.Unlock()
	if full { // who reports faster than the server takes it waits
		l.send(context.Background())
	}
}

// send sends what waits.
func (l *Logger) send(ctx context.Context) {
	l.sending.Lock()
	defer l.sending.Unlock()
	for {
		l.mu.Lock()
		batch := bytes.Clone(l.waiting.Bytes())
		if len(batch) > mostInBatch {
			batch = batch[:bytes.LastIndexByte(batch[:mostInBatch], '\n')+1]
		}
		l.waiting.Next(len(batch))
		l.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		var reply struct {
			Added, Errors int
			Info          map[string]any `json:"errors_info"`
		}
		err := l.run.c.conn.send(ctx, "events.add_batch", l.run.ID, "application/json-lines", bytes.TrimSuffix(batch, []byte("\n")), again, &reply)
		if err == nil && reply.Errors > 0 {
			err = invalid("report", l.run.ID, fmt.Sprintf("%d reports were refused: %v", reply.Errors, reply.Info))
		}
		if err == nil {
			continue
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		var e *Error
		if ctx.Err() != nil || errors.As(err, &e) && e.Retryable { // kept for the next time
			rest := bytes.Clone(l.waiting.Bytes())
			l.waiting.Reset()
			l.waiting.Write(batch)
			l.waiting.Write(rest)
			return
		}
		l.failed = errors.Join(l.failed, err)
		return
	}
}

// flush sends all and returns what could not be delivered.
func (l *Logger) flush(ctx context.Context) error {
	l.send(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.failed
	if n := bytes.Count(l.waiting.Bytes(), []byte("\n")); n > 0 {
		err = errors.Join(err, &Error{Kind: KindUnavailable, Op: "report", Host: l.run.c.conn.host, Object: l.run.ID, Retryable: true, Message: fmt.Sprintf("%d reports were not delivered", n)})
	}
	return err
}

// at is an iteration as it is reported: a continued run counts on.
func (l *Logger) at(iteration int64) int64 { return l.run.FirstIteration + iteration }

// Text reports a line, or several, for the console.
func (l *Logger) Text(level slog.Level, text string) {
	name := "info"
	switch {
	case level >= slog.LevelError:
		name = "error"
	case level >= slog.LevelWarn:
		name = "warn"
	case level < slog.LevelInfo:
		name = "debug"
	}
	host, _ := os.Hostname() // "" says that nobody knows
	l.report(map[string]any{"type": "log", "level": name, "worker": host, "msg": text})
}

// Scalar reports a point of a curve. A value that is no finite number is
// dropped, and told of at the next flush.
func (l *Logger) Scalar(title, series string, iteration int64, value float64) {
	l.report(map[string]any{"type": "training_stats_scalar", "metric": title, "variant": series, "iter": l.at(iteration), "value": value})
}

// Single reports a value that the run has one of, such as its last accuracy.
func (l *Logger) Single(name string, value float64) {
	l.report(map[string]any{"type": "training_stats_scalar", "metric": "Summary", "variant": name, "iter": singleIteration, "value": value})
}

// Plotly reports a figure of plotly: its JSON as text, or what becomes that.
func (l *Logger) Plotly(title, series string, iteration int64, figure any) {
	text, ok := figure.(string)
	if !ok {
		b, err := json.Marshal(figure)
		if err != nil {
			l.fail(invalid("report", title, err.Error()))
			return
		}
		text = string(b)
	}
	if !json.Valid([]byte(text)) {
		l.fail(invalid("report", title, "a figure of plotly is JSON"))
		return
	}
	l.report(map[string]any{"type": "plot", "metric": title, "variant": series, "iter": l.at(iteration), "plot_str": text})
}

// Table reports a table of texts and numbers.
func (l *Logger) Table(title, series string, iteration int64, header []string, rows [][]any) {
	columns := make([][]any, len(header))
	for i := range header {
		columns[i] = []any{}
		for _, row := range rows {
			var cell any
			if i < len(row) {
				cell = row[i]
			}
			columns[i] = append(columns[i], cell)
		}
	}
	l.Plotly(title, series, iteration, map[string]any{
		"data":   []any{map[string]any{"type": "table", "header": map[string]any{"values": header}, "cells": map[string]any{"values": columns}}},
		"layout": map[string]any{},
	})
}

func (l *Logger) fail(err error) {
	l.mu.Lock()
	l.failed = errors.Join(l.failed, err)
	l.mu.Unlock()
}

// SetDestination says where files of reports go from now on: a folder, or an
// address. "" means where the artifacts of the task go.
func (l *Logger) SetDestination(address string) {
	l.mu.Lock()
	l.destination = address
	l.mu.Unlock()
}

// Image reports a picture, stored as PNG.
func (l *Logger) Image(ctx context.Context, title, series string, iteration int64, picture image.Image) error {
	return l.sample(ctx, title, series, iteration, codec.PNG{}, picture)
}

// Media reports a picture, a sound, a film, a page or a text: a codec.File,
// which is uploaded, or a codec.Link, whose address alone is reported.
func (l *Logger) Media(ctx context.Context, title, series string, iteration int64, media any) error {
	if link, ok := media.(codec.Link); ok {
		l.sampled(title, series, iteration, string(link), "")
		return nil
	}
	return l.sample(ctx, title, series, iteration, codec.Raw{}, media)
}

func (l *Logger) sampled(title, series string, iteration int64, address, key string) {
	event := map[string]any{"type": "training_debug_image", "metric": title, "variant": series, "iter": l.at(iteration), "url": address}
	if key != "" {
		event["key"] = key
	}
	l.report(event)
}

// sample uploads a file in the background and reports it once it is there.
func (l *Logger) sample(ctx context.Context, title, series string, iteration int64, format codec.Codec, value any) error {
	const op = "report a sample"
	turn, err := l.run.c.uploads.turn(ctx, op, title)
	if err != nil {
		return err
	}
	record, body, closer, err := encode(format, series, value)
	if err != nil {
		turn.leave()
		return codecError(op, title, err)
	}
	l.mu.Lock()
	n := l.counts[title+"\x00"+series]
	l.counts[title+"\x00"+series]++
	if l.history > 0 {
		n %= l.history
	}
	destination := l.destination
	l.mu.Unlock()
	t := l.run.Task
	file := fmt.Sprintf("%s_%s_%08d%s", title, series, n, path.Ext(record.File))
	key := joinPath(taskFolder(t.Project, t.ProjectID, t.Name, t.ID), "metrics", segment(title), segment(series), segment(file))
	address := quotedAddress(t.destination(destination), key)
	j := &job{
		task: t.ID, name: strings.Join([]string{title, series}, "/"), address: address, done: make(chan struct{}), closer: closer,
		body: &content{ReaderAt: body, size: record.Size, digest: record.Hash, media: record.ContentType},
		after: func() error {
			l.sampled(title, series, iteration, address, key)
			return nil
		},
	}
	turn.start(ctx, j)
	return nil
}
