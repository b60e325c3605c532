package azure

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc64"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	azblob "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/bucket"
)

// upload is one object on its way. It carries a token, so that an object can be
// told from one that somebody else wrote when an answer was lost.
type upload struct {
	*client
	name    string
	token   string
	library *blockblob.Client

	mu     sync.Mutex
	blocks int
}

func (c *client) upload(name string) *upload {
	return &upload{client: c, name: name, token: string(blob.NewKey()), library: c.library.NewBlockBlobClient(name)}
}

// tokenKey is the name of the token in an object's metadata, as the library
// tells it.
const tokenKey = "Cofferwrite"

func (u *upload) metadata() map[string]*string { return map[string]*string{tokenKey: &u.token} }

// nowhere is the condition that there is no object yet.
func nowhere() *azblob.AccessConditions {
	anything := azcore.ETagAny
	return &azblob.AccessConditions{ModifiedAccessConditions: &azblob.ModifiedAccessConditions{IfNoneMatch: &anything}}
}

// storage is the polynomial of Azure's CRC-64, reversed
// (learn.microsoft.com/rest/api/storageservices/put-block, x-ms-content-crc64).
var storage = crc64.MakeTable(0x9A6C9329AC4BC9B5)

// checked makes the store compare what it received with a checksum. The library
// would compute it over a copy of the content.
func checked(content []byte) azblob.TransferValidationType {
	return azblob.TransferValidationTypeCRC64(crc64.Checksum(content, storage))
}

// Whole implements bucket.Uploader.
func (u *upload) Whole(ctx context.Context, content []byte) error {
	return u.show(ctx, int64(len(content)), func() error {
		_, err := u.library.Upload(ctx, streaming.NopCloser(bytes.NewReader(content)), &blockblob.UploadOptions{
			Metadata: u.metadata(), TransactionalValidation: checked(content), AccessConditions: nowhere(),
		})
		return u.fail(ctx, "put", u.name, mayWrite, err)
	})
}

// show makes the call that makes an object visible. Whether it did when the
// answer was lost is found out by the token.
func (u *upload) show(ctx context.Context, size int64, call func() error) error {
	doubt := false
	err := bucket.Retry(ctx, func(int) error {
		err := call()
		switch {
		case err == nil:
			return nil
		case doubt && taken(err) && u.ours(ctx, size):
			return nil // the attempt before did it
		case taken(err):
			return blob.ErrExists.Wrap(err, "an object with this key exists")
		}
		doubt = doubt || uncertain(err)
		return err
	})
	if err == nil || !doubt {
		return err
	}
	ended := ctx.Err() != nil
	after, cancel := bucket.Cleaning(ctx)
	defer cancel()
	if !u.ours(after, size) {
		return err
	}
	if ended {
		return errors.Join(err, u.Delete(after, u.name)) // nobody waits for it
	}
	return nil
}

// ours reports whether the object is there, and of this upload.
func (u *upload) ours(ctx context.Context, size int64) bool {
	p, err := u.stat(ctx, u.name)
	return err == nil && value(p.ContentLength) == size && value(p.Metadata[tokenKey]) == u.token
}

// Begin implements bucket.Uploader: blocks need no beginning.
func (u *upload) Begin(context.Context) error { return nil }

// block is the id of a block: those of one blob have the same length.
func (u *upload) block(number int) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32([]byte(u.token), uint32(number)))
}

func (u *upload) staged() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.blocks++
}

// Part implements bucket.Uploader.
func (u *upload) Part(ctx context.Context, number int, content []byte) error {
	return bucket.Retry(ctx, func(int) error {
		_, err := u.library.StageBlock(ctx, u.block(number), streaming.NopCloser(bytes.NewReader(content)), &blockblob.StageBlockOptions{TransactionalValidation: checked(content)})
		if err := u.fail(ctx, "put", u.name, mayWrite, err); err != nil {
			return err
		}
		u.staged()
		return nil
	})
}

// Complete implements bucket.Uploader.
func (u *upload) Complete(ctx context.Context, size int64) error {
	ids := make([]string, u.blocks)
	for i := range ids {
		ids[i] = u.block(i + 1)
	}
	return u.show(ctx, size, func() error {
		_, err := u.library.CommitBlockList(ctx, ids, &blockblob.CommitBlockListOptions{Metadata: u.metadata(), AccessConditions: nowhere()})
		return u.fail(ctx, "put", u.name, mayWrite, err)
	})
}

// Abort implements bucket.Uploader: blocks that are in no list are not visible,
// and the store drops them after a week.
func (u *upload) Abort(context.Context) {}
