package gcs

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"cloud.google.com/go/storage"
	"golang.org/x/sync/errgroup"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/bucket"
)

const (
	// most is how many objects one call composes.
	most = 32
	// joined is what pieces of which only a part counts are copied in; they are
	// the exception.
	joined = 32 << 20
)

// Compose implements bucket.Client: whole objects are put together within the
// store, 32 at a time, and the results again. A piece that is only a part of an
// object is copied through this server first. What lies in between has names
// that go with the pieces' own.
func (c *client) Compose(ctx context.Context, name string, pieces []bucket.Piece) error {
	sources, err := c.whole(ctx, pieces)
	if err != nil {
		return err
	}
	for len(sources) > most {
		next := make([]string, (len(sources)+most-1)/most)
		calls, cctx := errgroup.WithContext(ctx)
		calls.SetLimit(bucket.CopiesAtOnce)
		for i, group := range slices.Collect(slices.Chunk(sources, most)) {
			next[i] = between(group[0])
			calls.Go(func() error { return c.compose(cctx, next[i], group) })
		}
		if err := calls.Wait(); err != nil {
			return err
		}
		sources = next
	}
	return c.compose(ctx, name, sources)
}

// between draws a name for what lies between pieces and object.
func between(name string) string { return fmt.Sprintf("%s-%s", name, blob.NewKey()) }

func (c *client) whole(ctx context.Context, pieces []bucket.Piece) (names []string, err error) {
	for _, p := range pieces {
		if p.Whole {
			names = append(names, p.Name)
			continue
		}
		for _, part := range bucket.Groups([]bucket.Piece{p}, joined, joined, 0) {
			content, err := bucket.Join(ctx, c, part)
			if err != nil {
				return nil, err
			}
			copied := between(p.Name)
			if _, err := c.Put(ctx, copied, bytes.NewReader(content)); err != nil {
				return nil, err
			}
			names = append(names, copied)
		}
	}
	return names, nil
}

func (c *client) compose(ctx context.Context, name string, sources []string) error {
	u := c.upload(name)
	err := u.show(ctx, anySize, func() error {
		handles := make([]*storage.ObjectHandle, len(sources))
		for i, s := range sources {
			handles[i] = c.handle.Object(s)
		}
		composer := u.object().ComposerFrom(handles...)
		u.describe(&composer.ObjectAttrs)
		_, err := composer.Run(ctx)
		return c.fail(ctx, "compose", name, "storage.objects.get and storage.objects.create", err)
	})
	return bucket.Lost(err)
}
