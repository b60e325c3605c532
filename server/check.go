package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/drivers"
	"github.com/coffer-ml/coffer/fileserver"
	"github.com/coffer-ml/coffer/internal/fault"
)

// ErrCheck is the reason of a store that does not do what a server needs of it.
var ErrCheck = fault.Reason{Kind: fault.Internal, Name: "server.check_failed"}

// Check makes each call that serving makes to the stores of the configuration,
// on objects of its own, and tells of each to out. It needs no database and
// disturbs no server that runs.
func Check(ctx context.Context, cfg Config, out io.Writer) error {
	failed := 0
	for _, spec := range append([]string{cfg.Blobs}, cfg.AlsoBlobs...) {
		if _, err := fmt.Fprintln(out, drivers.Location(spec)); err != nil {
			return err
		}
		s, err := drivers.Open(spec)
		if err != nil {
			failed++
			_, _ = fmt.Fprintf(out, "  FAILED  open: %s\n", why(err)) // what counts is the exit code
			continue
		}
		p := &probe{store: s, sign: cfg.RedirectDownloads != fileserver.RedirectOff, out: out}
		p.run(ctx)
		failed += p.failed
	}
	if failed > 0 {
		return ErrCheck.Errorf("%d calls failed", failed)
	}
	return nil
}

// probe tries a store.
type probe struct {
	store  blob.Store
	sign   bool
	out    io.Writer
	failed int
}

// large is more than what object stores take in one request.
const large = 17 << 20

func (p *probe) run(ctx context.Context) {
	content := make([]byte, large)
	_, _ = rand.Read(content) // it never fails
	small := content[:1000]
	key, big, draft := blob.NewKey(), blob.NewKey(), blob.NewKey()
	if !p.step("put", func() error { return p.put(ctx, key, small) }) {
		return // nothing else can be told from it
	}
	p.step("put 17 MiB", func() error { return p.put(ctx, big, content) })
	p.step("stat", func() error {
		info, err := p.store.Stat(ctx, key)
		if err == nil && info.Size != int64(len(small)) {
			err = fmt.Errorf("the object has %d bytes, %d were put", info.Size, len(small))
		}
		return err
	})
	p.step("get", func() error { return p.get(ctx, key, 0, -1, small) })
	p.step("get a range", func() error { return p.get(ctx, key, 100, 50, small[100:150]) })
	p.step("get what is not there", func() error {
		_, err := p.store.Stat(ctx, blob.NewKey())
		if errors.Is(err, blob.ErrNotFound) {
			return nil
		}
		if err == nil {
			err = errors.New("an object that was never put is there")
		}
		return err
	})
	p.step("list", func() error { return p.list(ctx, key) })
	if d, ok := blob.As[blob.Drafter](p.store); ok {
		p.step("upload in parts", func() error { return p.draft(ctx, d, draft, content) })
	}
	if s, ok := blob.As[blob.Signer](p.store); ok && p.sign {
		p.step("signed download", func() error { return p.signed(ctx, s, key, small) })
	}
	p.step("delete", func() error {
		for _, k := range []blob.Key{key, big, draft} {
			if err := p.store.Delete(ctx, k); err != nil {
				return err
			}
		}
		if _, err := p.store.Stat(ctx, key); !errors.Is(err, blob.ErrNotFound) {
			return errors.Join(errors.New("an object that was deleted is there"), err)
		}
		return nil
	})
}

// step makes one call and tells of it.
func (p *probe) step(name string, call func() error) bool {
	err := call()
	if err == nil {
		_, _ = fmt.Fprintf(p.out, "  ok      %s\n", name)
		return true
	}
	p.failed++
	_, _ = fmt.Fprintf(p.out, "  FAILED  %s: %s\n", name, why(err))
	return false
}

// why tells all there is about a failure: whoever runs a check may know.
func why(err error) string {
	var f *blob.Failure
	if errors.As(err, &f) {
		return f.Error()
	}
	return err.Error()
}

func (p *probe) put(ctx context.Context, key blob.Key, content []byte) error {
	_, err := blob.Put(ctx, p.store, bytes.NewReader(content), blob.PutOptions{Key: key})
	return err
}

func (p *probe) get(ctx context.Context, key blob.Key, off, n int64, want []byte) error {
	r, err := p.store.Open(ctx, key, off, n)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	return same(r, want)
}

func same(r io.Reader, want []byte) error {
	got, err := io.ReadAll(io.LimitReader(r, large+1))
	if err == nil && !bytes.Equal(got, want) {
		err = errors.New("other bytes came back than were put")
	}
	return err
}

func (p *probe) list(ctx context.Context, key blob.Key) error {
	// Keys are drawn, so that few stand between this one and one just below it.
	for info, err := range p.store.List(ctx, before(key)) {
		if err != nil {
			return err
		}
		if info.Key == key {
			return nil
		}
		if info.Key > key {
			break
		}
	}
	return errors.New("an object that was put is not listed")
}

// before is a key that is a little smaller.
func before(key blob.Key) blob.Key { return key[:8] + "000000000000000000000000" }

func (p *probe) draft(ctx context.Context, d blob.Drafter, key blob.Key, content []byte) error {
	half := int64(len(content) / 2)
	for _, part := range []struct {
		off   int64
		bytes []byte
	}{{half, content[half:]}, {0, content[:half]}} {
		if _, err := d.WriteDraft(ctx, key, part.off, bytes.NewReader(part.bytes)); err != nil {
			return err
		}
	}
	if err := d.FinishDraft(ctx, key, int64(len(content))); err != nil {
		return errors.Join(err, d.DropDraft(ctx, key))
	}
	return errors.Join(p.get(ctx, key, 0, -1, content), d.DropDraft(ctx, key))
}

func (p *probe) signed(ctx context.Context, s blob.Signer, key blob.Key, want []byte) error {
	at, err := s.SignGet(ctx, key, blob.SignOptions{ContentType: "application/octet-stream"})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.URL, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the signed address is answered with %s", resp.Status)
	}
	return same(resp.Body, want)
}
