package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/coffer-ml/coffer/api"
)

// fill sends what an upload lacks, some parts at a time.
func (c *Client) fill(ctx context.Context, u api.Upload, content io.ReaderAt) error {
	c.partSize.CompareAndSwap(0, u.PartSize)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	todo := gaps{missing: u.Missing}
	var received atomic.Int64
	received.Store(u.Received)
	var telling sync.Mutex
	var running sync.WaitGroup
	for range c.cfg.Workers {
		running.Go(func() {
			for ctx.Err() == nil {
				span, ok := todo.take(c.partSize.Load())
				if !ok {
					return
				}
				err := c.part(ctx, u.ID, content, span)
				if c.smaller(err, span.Size) {
					todo.giveBack(span)
					continue
				}
				if err != nil {
					cancel(err)
					return
				}
				n := received.Add(span.Size)
				if c.cfg.Progress != nil {
					telling.Lock()
					c.cfg.Progress(n, u.Size)
					telling.Unlock()
				}
			}
		})
	}
	running.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return nil
}

// gaps are what is still to be sent.
type gaps struct {
	mu      sync.Mutex
	missing []api.UploadSpan
}

// take cuts a part off the first gap.
func (g *gaps) take(most int64) (api.UploadSpan, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.missing) == 0 {
		return api.UploadSpan{}, false
	}
	first := &g.missing[0]
	part := api.UploadSpan{Offset: first.Offset, Size: min(most, first.Size)}
	first.Offset += part.Size
	if first.Size -= part.Size; first.Size == 0 {
		g.missing = g.missing[1:]
	}
	return part, true
}

func (g *gaps) giveBack(s api.UploadSpan) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.missing = append([]api.UploadSpan{s}, g.missing...)
}

// part sends one part.
func (c *Client) part(ctx context.Context, id string, content io.ReaderAt, s api.UploadSpan) error {
	sum, err := digest(content, s.Offset, s.Size)
	if err != nil {
		return fmt.Errorf("hash a part: %w", err)
	}
	body := io.NewSectionReader(content, s.Offset, s.Size)
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, fmt.Sprintf("%s/uploads/%s/parts/%d", c.cfg.API, id, s.Offset), io.NopCloser(body))
	if err != nil {
		return err
	}
	r.ContentLength = s.Size
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("X-Coffer-Digest", sum)
	if s.Size > c.proven.Load() {
		r.Header.Set("Expect", "100-continue") // asks before it sends what may be refused for its size
	}
	var got api.UploadPart
	if err := c.do(r, &got); err != nil {
		return err
	}
	for {
		proven := c.proven.Load()
		if s.Size <= proven || c.proven.CompareAndSwap(proven, s.Size) {
			return nil
		}
	}
}

// smaller halves the parts if one of the size was too large, unless they are
// as small as they get.
func (c *Client) smaller(err error, size int64) bool {
	var refused *Refusal
	if !errors.As(err, &refused) || refused.Status != http.StatusRequestEntityTooLarge || size <= smallestPart {
		return false
	}
	half := max(size/2, smallestPart)
	for {
		current := c.partSize.Load()
		if current <= half || c.partSize.CompareAndSwap(current, half) {
			return true
		}
	}
}
