package s3

import (
	"context"
	"errors"

	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"

	"github.com/coffer-ml/coffer/blob/bucket"
)

const (
	// leastPart is the size below which S3 takes a part as the last one only.
	leastPart = 5 << 20
	// mostPart is the largest part that S3 copies.
	mostPart = 5 << 30
	// mostParts is how many parts an object may have, less some for rounding.
	mostParts = 9_500
)

// Compose implements bucket.Client: pieces become parts of a multipart upload by
// copies within the store. Those that are too small for a part come through
// this server, together with their neighbours.
func (c *client) Compose(ctx context.Context, name string, pieces []bucket.Piece) (err error) {
	u := c.upload(name)
	u.plain = true
	defer func() {
		if err != nil {
			ctx, cancel := bucket.Cleaning(ctx)
			defer cancel()
			u.Abort(ctx)
		}
	}()
	if err := u.Begin(ctx); err != nil {
		return err
	}
	size := bucket.SizeOf(pieces)
	copies, cctx := errgroup.WithContext(ctx)
	copies.SetLimit(bucket.CopiesAtOnce)
	for number, group := range bucket.Groups(pieces, max(leastPart, size/mostParts), mostPart, leastPart) {
		copies.Go(func() error { return u.join(cctx, number+1, group) })
	}
	if err := copies.Wait(); err != nil {
		return err
	}
	return u.Complete(ctx, size)
}

// join makes one part of a group.
func (u *upload) join(ctx context.Context, number int, group []bucket.Piece) error {
	if len(group) == 1 && group[0].Size >= leastPart {
		err := u.copyPart(ctx, number, group[0])
		if code(err) != "NotImplemented" || group[0].Size > maxJoined {
			return err
		}
	}
	content, err := bucket.Join(ctx, u.client, group)
	if err != nil {
		return err
	}
	return u.Part(ctx, number, content)
}

// maxJoined bounds the memory that a store costs that cannot copy ranges.
const maxJoined = 128 << 20

func (u *upload) copyPart(ctx context.Context, number int, p bucket.Piece) error {
	err := bucket.Retry(ctx, func(int) error {
		part, err := u.core.CopyObjectPart(ctx, u.bucket, p.Name, u.bucket, u.name, u.id, number, p.Off, p.Size, nil)
		if err == nil && part.ETag == "" {
			err = errors.New("the answer to a copy names no part") // an error within an answer of 200
		}
		if err := u.fail(ctx, "compose", p.Name, "s3:GetObject and s3:PutObject", err); err != nil {
			return err
		}
		u.add(minio.CompletePart{PartNumber: part.PartNumber, ETag: part.ETag})
		return nil
	})
	return bucket.Lost(err)
}
