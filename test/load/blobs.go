package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/minio/minio-go/v7"

	"github.com/coffer-ml/coffer/test/objectstore"
)

// straight is a store without Coffer in between.
type straight struct {
	what string
	put  func(ctx context.Context, file *os.File, size int64) error
	get  func(ctx context.Context) error
}

// throughMinio uses the client library of S3 as its page tells, with parts as
// large as those of the driver.
func throughMinio(store *objectstore.Server, at string) (straight, error) {
	c, err := store.Minio()
	if err != nil {
		return straight{}, err
	}
	u, err := url.Parse(at)
	if err != nil {
		return straight{}, err
	}
	const name = "straight"
	return straight{
		what: "minio-go",
		put: func(ctx context.Context, file *os.File, size int64) error {
			_, err := c.PutObject(ctx, u.Host, name, file, size, minio.PutObjectOptions{PartSize: 8 << 20})
			return err
		},
		get: func(ctx context.Context) error {
			o, err := c.GetObject(ctx, u.Host, name, minio.GetObjectOptions{})
			if err != nil {
				return err
			}
			defer func() { _ = o.Close() }()
			_, err = io.Copy(io.Discard, o)
			return err
		},
	}, nil
}

// throughGoogle uses Google's client library as its page tells, reading by JSON,
// which is what the server for tests speaks.
func throughGoogle(ctx context.Context, store *objectstore.Server, at string) (straight, error) {
	c, err := store.Google(ctx)
	if err != nil {
		return straight{}, err
	}
	u, err := url.Parse(at)
	if err != nil {
		return straight{}, err
	}
	object := c.Bucket(u.Host).Object("straight")
	return straight{
		what: "Google's client",
		put: func(ctx context.Context, file *os.File, _ int64) error {
			w := object.NewWriter(ctx)
			_, err := io.Copy(w, struct{ io.Reader }{file})
			return errors.Join(err, w.Close())
		},
		get: func(ctx context.Context) error {
			r, err := object.NewReader(ctx)
			if err != nil {
				return err
			}
			defer func() { _ = r.Close() }()
			_, err = io.Copy(io.Discard, r)
			return err
		},
	}, nil
}

// throughAzblob uses the client library of Azure as its page tells, with blocks
// as large as those of the driver.
func throughAzblob(store *objectstore.Server, at string) (straight, error) {
	u, err := url.Parse(at)
	if err != nil {
		return straight{}, err
	}
	named, _, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	c, err := store.Azblob(named)
	if err != nil {
		return straight{}, err
	}
	object := c.NewBlockBlobClient("straight")
	return straight{
		what: "azblob",
		put: func(ctx context.Context, file *os.File, _ int64) error {
			_, err := object.UploadStream(ctx, file, &blockblob.UploadStreamOptions{BlockSize: 8 << 20, Concurrency: 2})
			return err
		},
		get: func(ctx context.Context) error {
			answer, err := object.DownloadStream(ctx, nil)
			if err != nil {
				return err
			}
			defer func() { _ = answer.Body.Close() }()
			_, err = io.Copy(io.Discard, answer.Body)
			return err
		},
	}, nil
}

// bucketed is the large file on its way through a server to a store and back.
type bucketed struct {
	*large
	other straight

	put, get, redirected series // MB/s of the store used straight, and of signed addresses
}

func (b *bench) measureBlobs(ctx context.Context) error {
	for _, kind := range objectstore.Kinds() {
		if b.stores != "" && !strings.Contains(","+b.stores+",", ","+string(kind)+",") {
			continue
		}
		if err := b.measureStore(ctx, kind); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

func (b *bench) measureStore(ctx context.Context, kind objectstore.Kind) (err error) {
	store, err := objectstore.Start(ctx, kind)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Stop()) }()
	at, err := store.NewBucket(ctx)
	if err != nil {
		return err
	}
	s := &bucketed{large: &large{bench: b, folder: filepath.Join(b.folder, "source-"+string(kind))}}
	switch kind {
	case objectstore.S3:
		s.other, err = throughMinio(store, at)
	case objectstore.GCS:
		s.other, err = throughGoogle(ctx, store, at)
	case objectstore.Azure:
		s.other, err = throughAzblob(store, at)
	}
	if err != nil {
		return err
	}
	if kind == objectstore.GCS {
		at += "&stall=15m" // see measureHuge
	}
	s.source = filepath.Join(s.folder, "source.bin")
	if err := s.make(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.folder)) }()
	if s.server, err = b.server(ctx, "blobs-"+string(kind), "--blobs", at, "--redirect-downloads", "on"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.server.discard()) }()
	if err := b.each(ctx, "large file in "+string(kind), func(n int) error { return s.round(ctx, n) }); err != nil {
		return err
	}
	size := fmt.Sprintf("%d MiB, %s", b.size>>20, kind)
	b.report.against("upload of "+size, s.other.what, ">= 0.8", "MB/s", s.upload, s.put)
	b.report.against("proxied download of "+size, s.other.what, ">= 0.8", "MB/s", s.download, s.get)
	b.report.against("redirected download of "+size, s.other.what, ">= 0.8", "MB/s", s.redirected, s.get)
	b.report.plain("growth of peak memory while it is uploaded, "+string(kind), "", "flat", "MB", s.growUp)
	b.report.plain("growth of peak memory while it is downloaded, "+string(kind), "", "flat", "MB", s.growDown)
	return b.measureHuge(ctx, s.server, kind)
}

// measureHuge sends a file of several gigabytes to a store and fetches it, once: its memory must not grow with
// the file. fake-gcs-server hashes all that an upload has brought at each chunk that arrives, which
// takes it half an hour and 17 GB of memory for such a file, and minutes for the last chunk.
func (b *bench) measureHuge(ctx context.Context, on *server, kind objectstore.Kind) (err error) {
	huge := *b
	huge.size = b.huge
	h := &bucketed{large: &large{bench: &huge, folder: filepath.Join(b.folder, "huge-"+string(kind)), server: on}}
	h.source = filepath.Join(h.folder, "source.bin")
	if err := h.make(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(h.folder)) }()
	digest, err := h.digest(ctx)
	if err != nil {
		return err
	}
	const name = "/load/blobs/huge.bin"
	if err := h.send(ctx, name, digest); err != nil {
		return err
	}
	if err := h.proxied(ctx, name); err != nil {
		return err
	}
	size := fmt.Sprintf("%d MiB, %s", h.size>>20, kind)
	b.report.plain("growth of peak memory for an upload of "+size, "", "flat", "MB", h.growUp)
	b.report.plain("growth of peak memory for a download of "+size, "", "flat", "MB", h.growDown)
	return h.free(ctx, name)
}

func (s *bucketed) round(ctx context.Context, n int) error {
	if err := s.renew(n); err != nil {
		return err
	}
	digest, err := s.digest(ctx)
	if err != nil {
		return err
	}
	file, err := os.Open(s.source)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if err := s.timed(&s.put, func() error { return s.other.put(ctx, file, s.size) }); err != nil {
		return err
	}
	name := fmt.Sprintf("/load/blobs/%d.bin", n)
	if err := s.send(ctx, name, digest); err != nil {
		return err
	}
	if err := s.timed(&s.get, func() error { return s.other.get(ctx) }); err != nil {
		return err
	}
	if err := s.proxied(ctx, name); err != nil {
		return err
	}
	if err := s.redirect(ctx, name); err != nil {
		return err
	}
	return s.free(ctx, name)
}

// timed notes how fast the large file went.
func (s *bucketed) timed(speeds *series, transfer func() error) error {
	begin := time.Now()
	if err := transfer(); err != nil {
		return err
	}
	*speeds = append(*speeds, s.speed(begin))
	return nil
}

// proxied downloads as the Python SDK does, which is never sent elsewhere.
func (s *bucketed) proxied(ctx context.Context, name string) error {
	w, err := dial(ctx, s.server.filesAddress())
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }()
	before, err := s.server.memory("VmRSS")
	if err != nil {
		return err
	}
	if err := s.server.forgetPeak(); err != nil {
		return err
	}
	err = s.timed(&s.download, func() error {
		a, err := w.ask("GET", name, s.server.token, "User-Agent: python-requests/2\r\n")
		if err == nil && (a.status != http.StatusOK || a.length != s.size) {
			err = fmt.Errorf("status %d with %d bytes", a.status, a.length)
		}
		return err
	})
	if err != nil {
		return err
	}
	peak, err := s.server.memory("VmHWM")
	s.growDown = append(s.growDown, peak-before)
	return err
}

func (s *bucketed) redirect(ctx context.Context, name string) error {
	w, err := dial(ctx, s.server.filesAddress())
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }()
	return s.timed(&s.redirected, func() error {
		a, err := w.ask("GET", name, s.server.token, "")
		if err != nil {
			return err
		}
		u, err := url.Parse(a.location)
		if err != nil || a.status != http.StatusTemporaryRedirect {
			return fmt.Errorf("no redirect but status %d: %w", a.status, err)
		}
		there, err := dial(ctx, u.Host)
		if err != nil {
			return err
		}
		defer func() { _ = there.Close() }()
		got, err := there.ask("GET", u.RequestURI(), "", "")
		if err == nil && (got.status != http.StatusOK || got.length != s.size) {
			err = fmt.Errorf("behind the redirect: status %d with %d bytes", got.status, got.length)
		}
		return err
	})
}

// free deletes what a round stored, so that a run needs the room of one.
func (s *bucketed) free(ctx context.Context, name string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, "http://"+s.server.filesAddress()+name, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+s.server.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		return fmt.Errorf("delete %s: %s: %s", name, resp.Status, strings.TrimSpace(string(text)))
	}
	return s.server.collect(ctx)
}
