package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	smallSize = 4 << 10
	clients   = 8
)

// small is many 4 KiB files on their way in and out.
type small struct {
	*bench
	server *server
	folder string // raw files; nginx serves those of the last round
	random *rand.ChaCha8

	one, rawOne, many, rawMany series // files/s
	get, nginxGet              series // answers/s
}

func (b *bench) measureSmall(ctx context.Context) (err error) {
	s := &small{bench: b, folder: filepath.Join(b.folder, "small-raw"), random: rand.NewChaCha8([32]byte{1})}
	defer func() { err = errors.Join(err, os.RemoveAll(s.folder)) }()
	if s.server, err = b.server(ctx, "small"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.server.discard()) }()
	if err := b.each(ctx, "4 KiB uploads", func(n int) error { return s.uploads(ctx, n) }); err != nil {
		return err
	}
	reference, err := startNginx(ctx, filepath.Join(b.folder, "nginx-small"), s.folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reference.stop()) }()
	if err := b.each(ctx, "4 KiB downloads", func(int) error { return s.downloads(ctx, reference.host) }); err != nil {
		return err
	}
	const raw = "create, write, fsync file and directory"
	b.report.against("4 KiB uploads, durable, 1 client", raw, ">= 0.4", "/s", s.one, s.rawOne)
	b.report.against(fmt.Sprintf("4 KiB uploads, durable, %d clients", clients), raw, ">= 0.8", "/s", s.many, s.rawMany)
	b.report.against(fmt.Sprintf("4 KiB downloads, %d clients", clients), "nginx", ">= 0.5", "/s", s.get, s.nginxGet)
	return nil
}

// uploads writes the same contents by plain system calls and through Coffer,
// first one after the other, then by several at a time.
func (s *small) uploads(ctx context.Context, n int) error {
	for _, by := range []struct {
		workers, files int
		raw, coffer    *series
	}{{1, s.small, &s.rawOne, &s.one}, {clients, 2 * s.small, &s.rawMany, &s.many}} {
		contents := make([][]byte, by.files)
		for i := range contents {
			contents[i] = make([]byte, smallSize)
			_, _ = s.random.Read(contents[i])
		}
		folder := filepath.Join(s.folder, fmt.Sprintf("%d-%d", n, by.workers))
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
		speed, err := race(ctx, by.workers, by.files, func() (func(int) error, func() error, error) {
			return func(i int) error { return writeDurably(folder, smallName(i), contents[i]) }, nil, nil
		})
		if err != nil {
			return err
		}
		*by.raw = append(*by.raw, speed)

		speed, err = race(ctx, by.workers, by.files, func() (func(int) error, func() error, error) {
			w, err := dial(ctx, s.server.filesAddress())
			if err != nil {
				return nil, nil, err
			}
			return func(i int) error {
				name := fmt.Sprintf("/load/%d-%d/%s", n, by.workers, smallName(i))
				a, err := w.post(name, s.server.token, bytes.NewReader(contents[i]), smallSize)
				if err == nil && a.status != http.StatusOK {
					err = fmt.Errorf("an upload was answered with status %d", a.status)
				}
				return err
			}, w.Close, nil
		})
		if err != nil {
			return err
		}
		*by.coffer = append(*by.coffer, speed)
	}
	return nil
}

// downloads reads the files of the last round of uploads from both servers.
func (s *small) downloads(ctx context.Context, nginx string) error {
	folder := fmt.Sprintf("%d-%d/", s.rounds-1, clients)
	for _, from := range []struct {
		host, prefix, token string
		speeds              *series
	}{{nginx, "/" + folder, "", &s.nginxGet}, {s.server.filesAddress(), "/load/" + folder, s.server.token, &s.get}} {
		speed, err := race(ctx, clients, clients*s.small, func() (func(int) error, func() error, error) {
			w, err := dial(ctx, from.host)
			if err != nil {
				return nil, nil, err
			}
			return func(i int) error {
				a, err := w.get(from.prefix+smallName(i%(2*s.small)), from.token)
				if err == nil && (a.status != http.StatusOK || a.length != smallSize) {
					err = fmt.Errorf("%s answered with status %d and %d bytes", from.host, a.status, a.length)
				}
				return err
			}, w.Close, nil
		})
		if err != nil {
			return err
		}
		*from.speeds = append(*from.speeds, speed)
	}
	return nil
}

func smallName(i int) string { return fmt.Sprintf("%06d.bin", i) }

// race has workers do count things, each the next one that is left, and gives
// how many were done a second. worker makes one that does the i-th thing, and
// what to call when it is done.
func race(ctx context.Context, workers, count int, worker func() (do func(i int) error, end func() error, err error)) (float64, error) {
	var next atomic.Int64
	all, ctx := errgroup.WithContext(ctx)
	begin := time.Now()
	for range workers {
		all.Go(func() (err error) {
			do, end, err := worker()
			if err != nil {
				return err
			}
			if end != nil {
				defer func() { err = errors.Join(err, end()) }()
			}
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= count {
					return nil
				}
				if err := do(i); err != nil {
					return err
				}
			}
			return ctx.Err()
		})
	}
	if err := all.Wait(); err != nil {
		return 0, err
	}
	return float64(count) / time.Since(begin).Seconds(), nil
}

// writeDurably is the least that makes a new file safe.
func writeDurably(folder, name string, content []byte) error {
	file, err := os.OpenFile(filepath.Join(folder, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if _, err := file.Write(content); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	dir, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	return dir.Sync()
}
