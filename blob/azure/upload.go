package azure

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
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

// checked makes the store compare what it received with a checksum. MD5 is the
// one that every version of the protocol knows; a CRC-64 would cost us less, and
// azurite, which has none but in JavaScript, most of its time.
func checked(content []byte) azblob.TransferValidationType {
	sum := md5.Sum(content) // against accidents, not against people
	return azblob.TransferValidationTypeMD5(sum[:])
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

// show makes the call that makes an object visible.
func (u *upload) show(ctx context.Context, size int64, call func() error) error {
	return bucket.Show(ctx, bucket.Showing{
		Call: call, Taken: taken,
		Ours: func(ctx context.Context) bool { return u.ours(ctx, size) },
		Drop: func(ctx context.Context) error { return u.Delete(ctx, u.name) },
	})
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
