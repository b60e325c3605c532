package main

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/codec"
)

//go:embed twin.py
var twinProgram string

const (
	// smallPerRound keeps a round of the Python SDK to about a second.
	smallPerRound = 40
	// fewAllocations bounds those of one small upload, its three requests
	// included: above it something is built anew that could be kept.
	fewAllocations = 1500
)

// twin is the same work by both SDKs on one server.
type twin struct {
	*bench
	program *program
	client  *client.Client
	run     *client.Run
	source  string
	cache   string

	each, eachPython   series // small artifacts per second, one after the other
	all, allPython     series // in the background
	up, upPython       series // MB/s of the large file
	down, downPython   series
	allocations, bytes series // of a small upload
}

// measureTwin compares the Go SDK with the Python SDK.
func (b *bench) measureTwin(ctx context.Context) (err error) {
	t := &twin{bench: b, source: filepath.Join(b.folder, "twin.bin"), cache: filepath.Join(b.folder, "twin-cache")}
	script := filepath.Join(b.folder, "twin.py")
	if err := errors.Join(os.WriteFile(script, []byte(twinProgram), 0o600), fill(t.source, b.size)); err != nil {
		return err
	}
	s, err := b.server(ctx, "twin")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.discard()) }()
	home := filepath.Join(b.folder, "twin-home")
	if err := os.MkdirAll(home, 0o700); err != nil {
		return err
	}
	t.client, err = client.Open(ctx, client.Config{
		File: "-", Env: func(string) (string, bool) { return "", false }, API: s.keys.API, Web: s.keys.Web, Files: s.keys.Files,
		AccessKey: s.keys.Access, SecretKey: s.keys.Secret, CacheDir: t.cache, CacheBytes: int64(b.rounds+2) * b.size, CacheFree: -1,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.client.Close(context.WithoutCancel(ctx))) }()
	python, err := t.client.CreateTask(ctx, client.TaskSpec{Project: "load", Name: "Python"})
	if err != nil {
		return err
	}
	if t.program, err = startProgram(ctx, b.python, []string{script, python.ID}, s.keys.Environment(home)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.program.stop()) }()
	if t.run, err = t.client.StartTask(ctx, client.TaskSpec{Project: "load", Name: "Go"}); err != nil {
		return err
	}
	defer t.run.End(context.WithoutCancel(ctx), &err)
	if err := t.run.Upload(ctx, "small 0", map[string]int{"number": 0}, client.UploadOptions{Wait: true}); err != nil { // which also connects
		return err
	}
	if err := b.each(ctx, "both SDKs", func(n int) error { return t.round(ctx, n) }); err != nil {
		return err
	}
	size := fmt.Sprintf("%d MiB", b.size>>20)
	b.report.against("small artifacts of the Go SDK, each waited for", "Python SDK", "", "/s", t.each, t.eachPython)
	b.report.against("small artifacts of the Go SDK, all waited for at the end", "Python SDK", "", "/s", t.all, t.allPython)
	b.report.against("upload of "+size+" by the Go SDK", "Python SDK", "", "MB/s", t.up, t.upPython)
	b.report.against("download of "+size+" by the Go SDK, digest checked", "Python SDK, unchecked", "", "MB/s", t.down, t.downPython)
	b.report.plain("allocations of a small upload of the Go SDK", "", fmt.Sprintf("< %d", fewAllocations), "", t.allocations)
	b.report.plain("memory allocated by it", "", "", "KB", t.bytes)
	return nil
}

// fill makes a file of so many bytes of chance.
func fill(path string, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(f, 1<<20)
	_, err = io.CopyN(out, rand.NewChaCha8([32]byte{1}), size)
	return errors.Join(err, out.Flush(), f.Sync(), f.Close())
}

// timed gives how much of something a second does.
func timed(amount float64, work func() error) (float64, error) {
	begin := time.Now()
	err := work()
	return amount / time.Since(begin).Seconds(), err
}

// ask has the Python SDK do something, and tells how much of it a second does.
func (t *twin) ask(amount float64, what string) (float64, error) {
	if _, err := fmt.Fprintln(t.program.in, what); err != nil {
		return 0, err
	}
	took, err := t.program.answer()
	if err != nil || len(took) != 1 {
		return 0, errors.Join(err, errors.New("the Python SDK told no time"))
	}
	return amount / took[0] * 1000, nil
}

func (t *twin) round(ctx context.Context, n int) error {
	mb := float64(t.size) / 1e6
	// What one of them left to the disk must not slow down the other, so they
	// take turns in going first.
	steps := []func() error{func() error { return t.goes(ctx, mb) }, func() error { return t.asks(mb) }}
	if n%2 == 1 {
		steps[0], steps[1] = steps[1], steps[0]
	}
	for _, step := range steps {
		// Content that neither the server nor a cache has.
		if err := renew(t.source); err != nil {
			return err
		}
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func renew(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.NewOffsetWriter(f, 0), "%d", time.Now().UnixNano())
	return errors.Join(err, f.Sync(), f.Close())
}

func (t *twin) asks(mb float64) error {
	for _, w := range []struct {
		into   *series
		amount float64
		what   string
	}{
		{&t.eachPython, smallPerRound, fmt.Sprint("each ", smallPerRound)},
		{&t.allPython, smallPerRound, fmt.Sprint("all ", smallPerRound)},
		{&t.upPython, mb, "file " + t.source},
		{&t.downPython, mb, "copy"},
	} {
		rate, err := t.ask(w.amount, w.what)
		if err != nil {
			return fmt.Errorf("%s: %w", w.what, err)
		}
		*w.into = append(*w.into, rate)
	}
	return nil
}

func (t *twin) goes(ctx context.Context, mb float64) error {
	small := func(wait bool) error {
		for i := range smallPerRound {
			err := t.run.Upload(ctx, fmt.Sprint("small ", i), map[string]any{"number": i, "at": time.Now().UnixNano()}, client.UploadOptions{Wait: wait})
			if err != nil {
				return err
			}
		}
		return t.run.Flush(ctx)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	rate, err := timed(smallPerRound, func() error { return small(true) })
	runtime.ReadMemStats(&after)
	if err != nil {
		return err
	}
	t.allocations = append(t.allocations, float64(after.Mallocs-before.Mallocs)/smallPerRound)
	t.bytes = append(t.bytes, float64(after.TotalAlloc-before.TotalAlloc)/smallPerRound/1e3)
	t.each = append(t.each, rate)
	if rate, err = timed(smallPerRound, func() error { return small(false) }); err != nil {
		return err
	}
	t.all = append(t.all, rate)
	if rate, err = timed(mb, func() error {
		return t.run.Upload(ctx, "large", codec.File(t.source), client.UploadOptions{Wait: true})
	}); err != nil {
		return err
	}
	t.up = append(t.up, rate)
	a, err := t.run.Artifact(ctx, "large")
	if err != nil {
		return err
	}
	rate, err = timed(mb, func() error {
		_, err := a.LocalCopy(ctx, client.LocalCopyOptions{Refresh: true})
		return err
	})
	t.down = append(t.down, rate)
	return err
}
