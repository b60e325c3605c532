package azure

import (
	"context"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	azblob "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"golang.org/x/sync/errgroup"

	"github.com/coffer-ml/coffer/blob/bucket"
)

const (
	// mostBlock is the largest block that Azure copies.
	mostBlock = 4000 << 20
	// mostBlocks is how many blocks a blob may have, less some for rounding.
	mostBlocks = 49_000
	// mostJoined bounds the memory that a store costs that cannot copy blocks.
	mostJoined = 128 << 20
	// copying is how long the address of a piece is good for.
	copying = time.Hour
)

// Compose implements bucket.Client: pieces become blocks by copies within the
// store. Where there are more than a blob may have blocks, neighbours come
// through this server together.
func (c *client) Compose(ctx context.Context, name string, pieces []bucket.Piece) error {
	u := c.upload(name)
	size := bucket.SizeOf(pieces)
	least := int64(1)
	if len(pieces) > mostBlocks {
		least = size/mostBlocks + 1
	}
	copies, cctx := errgroup.WithContext(ctx)
	copies.SetLimit(bucket.CopiesAtOnce)
	for i, group := range bucket.Groups(pieces, least, mostBlock, 0) {
		copies.Go(func() error { return u.join(cctx, i+1, group) })
	}
	if err := copies.Wait(); err != nil {
		return err
	}
	return u.Complete(ctx, size)
}

// join makes one block of a group.
func (u *upload) join(ctx context.Context, number int, group []bucket.Piece) error {
	if len(group) == 1 {
		err := u.copyBlock(ctx, number, group[0])
		if bucket.Status(err) != http.StatusNotImplemented || group[0].Size > mostJoined {
			return bucket.Lost(err)
		}
	}
	content, err := bucket.Join(ctx, u.client, group)
	if err != nil {
		return err
	}
	return u.Part(ctx, number, content)
}

func (u *upload) copyBlock(ctx context.Context, number int, p bucket.Piece) error {
	return bucket.Retry(ctx, func(int) error {
		o := &blockblob.StageBlockFromURLOptions{Range: azblob.HTTPRange{Offset: p.Off, Count: p.Size}}
		source := u.client.library.NewBlobClient(p.Name)
		from := source.URL()
		var err error
		if u.key != nil {
			from, err = source.GetSASURL(sas.BlobPermissions{Read: true}, u.now().Add(copying), nil)
		} else {
			o.CopySourceAuthorization, err = u.bearer(ctx)
		}
		if err == nil {
			_, err = u.library.StageBlockFromURL(ctx, u.block(number), from, o)
		}
		if err := u.fail(ctx, "compose", p.Name, mayRead+" and "+mayWrite, err); err != nil {
			return err
		}
		u.staged()
		return nil
	})
}

// bearer is what the store reads a piece with, on behalf of the server.
func (c *client) bearer(ctx context.Context) (*string, error) {
	token, err := c.login.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"https://storage.azure.com/.default"}})
	if err != nil {
		return nil, err
	}
	text := "Bearer " + token.Token
	return &text, nil
}
