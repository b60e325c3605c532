package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// perBatch is how many events a batch of a busy reporter holds: the SDK
	// sends every 100 events or more, whatever gathered while it sent.
	perBatch = 1000
	// senders keep the server busy while one of them waits for the disk.
	senders = 4
	// spike is the iteration of the one value that must not be averaged away.
	spike = 777_777
	// artifactPause is between artifacts registered while events come in.
	artifactPause = 20 * time.Millisecond
	// fleet is how many tasks report together, each fleetEvents a second.
	fleet       = 1000
	fleetEvents = 10
)

// measureEvents sends one long curve, reads it back in both forms, sends parts
// of it again, and lets many tasks report together.
func (b *bench) measureEvents(ctx context.Context) (err error) {
	s, err := b.server(ctx, "events")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.discard()) }()
	e := &events{bench: b, server: s}
	if e.task, err = s.newTask(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{e.ingest, e.curves, e.overwrite, e.together} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

type events struct {
	*bench
	server *server
	task   string
}

// value is what the curve is at an iteration: whole, so that sums are exact.
func value(iter int) int {
	if iter == spike {
		return 1_000_000
	}
	return iter % 1009
}

// lines is a batch of the curve.
func (e *events) lines(first, count, step int) []byte {
	var out bytes.Buffer
	for i := range count {
		iter := first + i*step
		fmt.Fprintf(&out, `{"metric": "loss", "variant": "train", "iter": %d, "value": %d, "task": %q, "timestamp": %d, "type": "training_stats_scalar", "allow_locked": false, "model_event": false, "method": "events.add"}`+"\n",
			iter, value(iter), e.task, 1_762_000_000_000+iter)
	}
	return out.Bytes()
}

// add sends a batch and checks that all of it was taken.
func (s *server) add(ctx context.Context, batch []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.API+"/v2.23/events.add_batch", bytes.NewReader(batch))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json-lines")
	req.Header.Set("Authorization", "Bearer "+s.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	content, err := io.ReadAll(resp.Body)
	if err == nil && (resp.StatusCode != http.StatusOK || !bytes.Contains(content, []byte(`"errors":0`))) {
		err = fmt.Errorf("events.add_batch: %s: %.300s", resp.Status, content)
	}
	return err
}

// cpu gives the seconds of processor time that the server has used, and
// PostgreSQL for it.
func (s *server) cpu() (float64, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.PID()))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(content), ") ")
	fields := strings.Fields(after)
	const ticks = 100 // a second, on Linux
	user, err := strconv.ParseFloat(fields[11], 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseFloat(fields[12], 64)
	if err != nil || s.postgres == nil {
		return (user + system) / ticks, err
	}
	database, err := s.postgres.CPU()
	return (user+system)/ticks + database.Seconds(), err
}

// send sends batches by several senders at once and gives events per second of
// the clock and of one core.
func (e *events) send(ctx context.Context, what string, batches int, make func(n int) []byte) (clock, core float64, err error) {
	before, err := e.server.cpu()
	if err != nil {
		return 0, 0, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	begin := time.Now()
	var next atomic.Int64
	var working sync.WaitGroup
	for range senders {
		working.Go(func() {
			for ctx.Err() == nil {
				n := int(next.Add(1)) - 1
				if n >= batches {
					return
				}
				if n%100 == 0 {
					fmt.Fprintf(os.Stderr, "\r\x1b[K%s: %d of %d batches", what, n, batches)
				}
				if err := e.server.add(ctx, make(n)); err != nil {
					cancel(err)
				}
			}
		})
	}
	working.Wait()
	fmt.Fprint(os.Stderr, "\r\x1b[K")
	if err := context.Cause(ctx); err != nil {
		return 0, 0, err
	}
	after, err := e.server.cpu()
	events := float64(batches * perBatch)
	return events / time.Since(begin).Seconds(), events / (after - before), err
}

// ingest sends the whole curve in ten parts, and registers artifacts meanwhile.
func (e *events) ingest(ctx context.Context) error {
	other, err := e.server.newTask(ctx)
	if err != nil {
		return err
	}
	var waits series // milliseconds
	var waiting sync.WaitGroup
	meanwhile, stop := context.WithCancel(ctx)
	defer stop()
	var failed error
	waiting.Go(func() {
		for n := 0; meanwhile.Err() == nil; n++ {
			begin := time.Now()
			if failed = e.server.addExternal(ctx, other, "meanwhile", n, 1); failed != nil {
				return
			}
			waits = append(waits, time.Since(begin).Seconds()*1000)
			time.Sleep(artifactPause)
		}
	})
	var clock, core, memory series
	part := e.points / perBatch / 10
	for n := range 10 {
		a, b, err := e.send(ctx, fmt.Sprintf("scalars, part %d of 10", n+1), part, func(i int) []byte {
			return e.lines((n*part+i)*perBatch, perBatch, 1)
		})
		if err != nil {
			return err
		}
		rss, err := e.server.memory("VmRSS")
		if err != nil {
			return err
		}
		clock, core, memory = append(clock, a), append(core, b), append(memory, rss)
	}
	stop()
	waiting.Wait()
	if failed != nil {
		return failed
	}
	what := fmt.Sprintf("scalar events, %d new points", e.points)
	e.report.plain(what, "a second of one core", ">= 100000/s", "/s", core)
	e.report.plain(what, "a second of the clock", "", "/s", clock)
	e.report.plain("resident memory after each tenth", "", "flat", "MB", memory)
	disk := e.server.written()
	if e.postgres != nil {
		if disk, err = e.postgres.Size(ctx); err != nil {
			return err
		}
	}
	e.report.plain("disk that they take", "", "", "MB", series{float64(disk) / 1e6})
	e.report.plain("wait of an artifact registered meanwhile, p99", "", "< 50 ms", "ms", series{waits.percentile(99)})
	return nil
}

// percentile is the least value that so many of a hundred do not exceed.
func (s series) percentile(p int) float64 {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	return sorted[(len(sorted)*p+99)/100-1]
}

// curves samples the curve to a thousand buckets in both forms and compares
// each with its exact values.
func (e *events) curves(ctx context.Context) error {
	const samples = 1000
	n := e.points / perBatch / 10 * 10 * perBatch
	width := (n-1)/samples + 1
	var means, exact series // milliseconds
	err := e.each(ctx, "curves", func(int) error {
		begin := time.Now()
		var reply map[string]map[string]struct {
			X []int     `json:"x"`
			Y []float64 `json:"y"`
		}
		if err := e.server.call(ctx, "events.scalar_metrics_iter_histogram", map[string]any{"task": e.task, "samples": samples}, &reply); err != nil {
			return err
		}
		means = append(means, time.Since(begin).Seconds()*1000)
		got := reply["loss"]["train"]
		for i, x := range got.X {
			if _, mean, _ := bucket(x, min(x+width, n)); x != i*width || got.Y[i] != mean {
				return fmt.Errorf("bucket %d begins at %d with mean %v, expected %d and %v", i, x, got.Y[i], i*width, mean)
			}
		}
		if want := (n + width - 1) / width; len(got.X) != want {
			return fmt.Errorf("%d buckets, expected %d", len(got.X), want)
		}
		begin = time.Now()
		own, err := e.server.scalars(ctx, e.task, samples)
		if err != nil {
			return err
		}
		exact = append(exact, time.Since(begin).Seconds()*1000)
		for i, x := range own.X {
			least, mean, most := bucket(x, min(x+width, n))
			if own.Mean[i] != mean || own.Min[i] != float64(least) || own.Max[i] != float64(most) || float64(value(own.MaxX[i])) != own.Max[i] {
				return fmt.Errorf("bucket %d has least, mean and greatest %v, %v, %v, expected %d, %v, %d", i, own.Min[i], own.Mean[i], own.Max[i], least, mean, most)
			}
		}
		return nil
	})
	e.report.plain(fmt.Sprintf("curve of %d points in %d buckets, means", n, samples), "as the SDK reads it", "< 100 ms", "ms", means)
	e.report.plain("the same, with least and greatest values", "our own endpoint", "< 100 ms", "ms", exact)
	return err
}

// bucket computes what the points from first up to end come to.
func bucket(first, end int) (least int, mean float64, most int) {
	least, most = value(first), value(first)
	sum := 0
	for iter := first; iter < end; iter++ {
		v := value(iter)
		sum += v
		least, most = min(least, v), max(most, v)
	}
	return least, float64(sum) / float64(end-first), most
}

// overwrite sends every 97th point again: each batch is scattered over many
// leaves.
func (e *events) overwrite(ctx context.Context) error {
	batches := max(1, e.points/97/perBatch)
	clock, core, err := e.send(ctx, "scalars sent again", batches, func(n int) []byte { return e.lines(n*perBatch*97, perBatch, 97) })
	e.report.plain("scalar events, scattered points sent again", "a second of one core", "", "/s", series{core})
	e.report.plain("scalar events, scattered points sent again", "a second of the clock", "", "/s", series{clock})
	return err
}

// together lets one task, then many, report at the same pace each, and checks
// that nothing is lost.
func (e *events) together(ctx context.Context) error {
	tasks := make([]string, fleet)
	for i := range tasks {
		var made struct {
			ID string `json:"id"`
		}
		if err := e.server.call(ctx, "tasks.create", map[string]any{"name": fmt.Sprint("fleet ", i), "type": "training"}, &made); err != nil {
			return err
		}
		tasks[i] = made.ID
	}
	alone, err := e.pace(ctx, tasks[:1])
	if err != nil {
		return err
	}
	all, err := e.pace(ctx, tasks[1:])
	if err != nil {
		return err
	}
	e.report.plain(fmt.Sprintf("add_batch of %d tasks together, p99", fleet-1), fmt.Sprintf("%s for one task, ratio %.1f", figure(alone, "ms"), all/alone), "", "ms", series{all})
	return nil
}

// pace has each task send a small batch every second, and gives the 99th
// percentile of the answers in milliseconds.
func (e *events) pace(ctx context.Context, tasks []string) (float64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	var waits series
	var working sync.WaitGroup
	for i, task := range tasks {
		working.Go(func() {
			// Spread over the second as independent programs are.
			time.Sleep(time.Duration(i) * time.Second / time.Duration(len(tasks)))
			for second := range e.seconds {
				due := time.Now().Add(time.Second)
				one := events{bench: e.bench, server: e.server, task: task}
				begin := time.Now()
				if err := e.server.add(ctx, one.lines(second*fleetEvents, fleetEvents, 1)); err != nil {
					cancel(err)
					return
				}
				mu.Lock()
				waits = append(waits, time.Since(begin).Seconds()*1000)
				mu.Unlock()
				time.Sleep(time.Until(due))
			}
		})
	}
	working.Wait()
	if err := context.Cause(ctx); err != nil {
		return 0, err
	}
	for _, task := range tasks {
		var reply struct {
			Total int `json:"total"`
		}
		if err := e.server.call(ctx, "events.get_scalar_metric_data", map[string]any{"task": task, "metric": "loss", "no_scroll": true}, &reply); err != nil {
			return 0, err
		}
		if reply.Total != e.seconds*fleetEvents {
			return 0, fmt.Errorf("task %s has %d events, sent were %d", task, reply.Total, e.seconds*fleetEvents)
		}
	}
	return waits.percentile(99), nil
}
