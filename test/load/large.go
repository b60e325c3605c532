package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// sampleEvery is how often the disk is looked at during an upload: a
// temporary copy of a large file lives much longer.
const sampleEvery = 50 * time.Millisecond

// large is one large file on its way in and out.
type large struct {
	*bench
	server *server
	source string // the file that is sent, new content in every round
	folder string

	upload, openssl, download, sendfile series // MB/s
	growUp, growDown                    series // MB of peak resident memory
	space                               series // disk taken while uploading, in sizes of the file
}

func (b *bench) measureLarge(ctx context.Context) (err error) {
	l := &large{bench: b, folder: filepath.Join(b.folder, "large-source")}
	l.source = filepath.Join(l.folder, "source.bin")
	if err := l.make(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(l.folder)) }()
	if l.server, err = b.server(ctx, "large"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.server.discard()) }()
	reference, err := startNginx(ctx, filepath.Join(b.folder, "nginx-large"), l.folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reference.stop()) }()

	if err := b.each(ctx, "large file", func(n int) error { return l.round(ctx, n, reference.host) }); err != nil {
		return err
	}
	size := fmt.Sprintf("%d MiB", b.size>>20)
	b.report.against("upload of "+size, "openssl dgst, then dd conv=fsync", ">= 0.9", "MB/s", l.upload, l.openssl)
	b.report.against("download of "+size, "nginx, sendfile", ">= 0.9", "MB/s", l.download, l.sendfile)
	b.report.plain("growth of peak memory while it is uploaded", "", "< 32 MB", "MB", l.growUp)
	b.report.plain("growth of peak memory while it is downloaded", "", "< 32 MB", "MB", l.growDown)
	b.report.plain("most disk taken while it is uploaded", "", "1.00 x its size", "x", l.space)
	return nil
}

func (l *large) make() error {
	if err := os.MkdirAll(l.folder, 0o700); err != nil {
		return err
	}
	file, err := os.Create(l.source)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	out := bufio.NewWriterSize(file, 1<<20)
	if _, err := io.CopyN(out, rand.NewChaCha8([32]byte{}), l.size); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	// What the system still has to write must not slow down the first round.
	return file.Sync()
}

func (l *large) round(ctx context.Context, n int, nginx string) error {
	if err := l.renew(n); err != nil {
		return err
	}
	digest, err := l.hashAndCopy(ctx)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("/load/large/%d.bin", n)
	if err := l.send(ctx, name, digest); err != nil {
		return err
	}
	if err := l.fetch(ctx, nginx, "/"+filepath.Base(l.source), "", &l.sendfile); err != nil {
		return err
	}
	before, err := l.server.memory("VmRSS")
	if err != nil {
		return err
	}
	if err := l.server.forgetPeak(); err != nil {
		return err
	}
	if err := l.fetch(ctx, l.server.filesAddress(), name, l.server.token, &l.download); err != nil {
		return err
	}
	peak, err := l.server.memory("VmHWM")
	l.growDown = append(l.growDown, peak-before)
	return err
}

// renew gives the source content that the server has not seen.
func (l *large) renew(n int) error {
	file, err := os.OpenFile(l.source, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if _, err := file.WriteAt(binary.LittleEndian.AppendUint64(nil, uint64(n)), 0); err != nil {
		return err
	}
	return file.Sync()
}

// hashAndCopy is the reference of the upload; it gives the digest in hex.
func (l *large) hashAndCopy(ctx context.Context) (string, error) {
	target := filepath.Join(l.folder, "copy.bin")
	begin := time.Now()
	digest, err := l.digest(ctx)
	if err != nil {
		return "", err
	}
	if out, err := exec.CommandContext(ctx, "dd", "if="+l.source, "of="+target, "bs=1M", "conv=fsync").CombinedOutput(); err != nil {
		return "", fmt.Errorf("dd: %w: %s", err, out)
	}
	l.openssl = append(l.openssl, l.speed(begin))
	return digest, os.Remove(target)
}

// digest is the SHA-256 of the source in hex.
func (l *large) digest(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "openssl", "dgst", "-sha256", "-r", l.source).Output()
	if err != nil {
		return "", fmt.Errorf("openssl dgst: %w", err)
	}
	digest, _, _ := strings.Cut(string(out), " ")
	return digest, nil
}

// speed gives MB/s for the large file.
func (l *large) speed(begin time.Time) float64 {
	return float64(l.size) / 1e6 / time.Since(begin).Seconds()
}

// send uploads the source, watching memory and disk, and checks the digest.
func (l *large) send(ctx context.Context, name, digest string) error {
	w, err := dial(ctx, l.server.filesAddress())
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }()
	file, err := os.Open(l.source)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	before, err := l.server.memory("VmRSS")
	if err != nil {
		return err
	}
	if err := l.server.forgetPeak(); err != nil {
		return err
	}
	most := l.watchDisk()
	begin := time.Now()
	a, err := w.post(name, l.server.token, file, l.size)
	if err != nil {
		return err
	}
	l.upload = append(l.upload, l.speed(begin))
	l.space = append(l.space, float64(most())/float64(l.size))
	peak, err := l.server.memory("VmHWM")
	if err != nil {
		return err
	}
	l.growUp = append(l.growUp, peak-before)
	if a.status != http.StatusOK {
		return fmt.Errorf("the upload was answered with status %d", a.status)
	}
	if a, err = w.head(name, l.server.token); err != nil {
		return err
	}
	if a.etag != digest || a.length != l.size {
		return fmt.Errorf("stored are %d bytes of digest %q, sent were %d of %s", a.length, a.etag, l.size, digest)
	}
	return nil
}

// watchDisk samples how much the server's directory grows, until the function
// it returns is called for the greatest growth in bytes.
func (l *large) watchDisk() func() int64 {
	before, most := l.server.written(), int64(0)
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		for {
			most = max(most, l.server.written()-before)
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	return func() int64 {
		close(done)
		watching.Wait()
		return max(most, l.server.written()-before)
	}
}

func (l *large) fetch(ctx context.Context, host, path, token string, speeds *series) error {
	w, err := dial(ctx, host)
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }()
	begin := time.Now()
	a, err := w.get(path, token)
	if err != nil {
		return err
	}
	*speeds = append(*speeds, l.speed(begin))
	if a.status != http.StatusOK || a.length != l.size {
		return fmt.Errorf("%s answered %s with status %d and %d bytes", host, path, a.status, a.length)
	}
	return nil
}
