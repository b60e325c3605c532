package s3

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"io"
	"net/http"
	"slices"
	"sync"

	"github.com/minio/minio-go/v7"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/bucket"
)

// Put implements bucket.Client.
func (c *client) Put(ctx context.Context, name string, r io.Reader) (int64, error) {
	return bucket.Upload(ctx, r, c.upload(name))
}

// upload is one object on its way. It carries a token, so that an object can be
// told from one that somebody else wrote when an answer was lost.
type upload struct {
	*client
	name  string
	token string

	id    string // of the multipart upload
	doubt bool   // there may be others with ids that were never heard
	mu    sync.Mutex
	parts []minio.CompletePart
	plain bool // without checksums, which copied parts have not
}

func (c *client) upload(name string) *upload {
	return &upload{client: c, name: name, token: string(blob.NewKey())}
}

// tokenKey is the name of the token in an object's metadata.
const tokenKey = "Coffer-Write"

const checksumHeader = "X-Amz-Checksum-Crc32c"

// options are those of an object, with what it must not replace.
func (u *upload) options(conditional bool) minio.PutObjectOptions {
	o := minio.PutObjectOptions{UserMetadata: map[string]string{tokenKey: u.token}}
	if conditional && !u.unconditional.Load() {
		o.SetMatchETagExcept("*")
	}
	return o
}

// castagnoli is the checksum that the store compares with what it received.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(content []byte) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.Checksum(content, castagnoli)))
}

// Whole implements bucket.Uploader.
func (u *upload) Whole(ctx context.Context, content []byte) error {
	sum, signed := checksum(content), ""
	if len(content) == 0 {
		// Over plain HTTP the library would sign an empty body as a stream of
		// chunks, whose length it does not tell: stores leave its end unread and
		// take it for the next request on the connection.
		signed = string(blob.EmptyDigest)
	}
	return u.show(ctx, int64(len(content)), func() error {
		o := u.options(true)
		o.UserMetadata[checksumHeader] = sum
		o.DisableContentSha256 = signed != "" // as a stream
		_, err := u.core.PutObject(ctx, u.bucket, u.name, bytes.NewReader(content), int64(len(content)), "", signed, o)
		return u.fail(ctx, "put", u.name, "s3:PutObject", err)
	})
}

// show makes the call that makes an object visible, without the condition that
// there is none where the store does not know it.
func (u *upload) show(ctx context.Context, size int64, call func() error) error {
	return bucket.Show(ctx, bucket.Showing{
		Call: func() error {
			err := call()
			if code(err) == "NotImplemented" && !u.unconditional.Load() {
				u.unconditional.Store(true)
				err = call()
			}
			return err
		},
		Taken: func(err error) bool { return code(err) == minio.PreconditionFailed },
		Ours:  func(ctx context.Context) bool { return u.ours(ctx, size) },
		Drop:  func(ctx context.Context) error { return u.Delete(ctx, u.name) },
	})
}

// ours reports whether the object is there, and of this upload.
func (u *upload) ours(ctx context.Context, size int64) bool {
	info, err := u.stat(ctx, u.name)
	return err == nil && info.Size == size && info.UserMetadata[tokenKey] == u.token
}

// Begin implements bucket.Uploader.
func (u *upload) Begin(ctx context.Context) error {
	return bucket.Retry(ctx, func(int) error {
		o := u.options(false)
		if !u.plain {
			o.UserMetadata["X-Amz-Checksum-Algorithm"] = "CRC32C"
		}
		id, err := u.core.NewMultipartUpload(ctx, u.bucket, u.name, o)
		if err := u.fail(ctx, "put", u.name, "s3:PutObject", err); err != nil {
			u.doubt = u.doubt || bucket.Uncertain(err)
			return err
		}
		u.id = id
		u.running.Store(id, nil)
		return nil
	})
}

// Part implements bucket.Uploader.
func (u *upload) Part(ctx context.Context, number int, content []byte) error {
	sum := checksum(content)
	return bucket.Retry(ctx, func(int) error {
		o := minio.PutObjectPartOptions{}
		if !u.plain {
			o.CustomHeader = http.Header{checksumHeader: {sum}}
		}
		p, err := u.core.PutObjectPart(ctx, u.bucket, u.name, u.id, number, bytes.NewReader(content), int64(len(content)), o)
		if err := u.fail(ctx, "put", u.name, "s3:PutObject", err); err != nil {
			return err
		}
		part := minio.CompletePart{PartNumber: number, ETag: p.ETag}
		if !u.plain {
			part.ChecksumCRC32C = sum
		}
		u.add(part)
		return nil
	})
}

func (u *upload) add(p minio.CompletePart) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.parts = append(u.parts, p)
}

// Complete implements bucket.Uploader.
func (u *upload) Complete(ctx context.Context, size int64) error {
	defer u.running.Delete(u.id)
	slices.SortFunc(u.parts, func(a, b minio.CompletePart) int { return a.PartNumber - b.PartNumber })
	err := u.show(ctx, size, func() error {
		_, err := u.core.CompleteMultipartUpload(ctx, u.bucket, u.name, u.id, u.parts, u.completion())
		return u.fail(ctx, "put", u.name, "s3:PutObject", err)
	})
	if err == nil && u.doubt {
		after, cancel := bucket.Cleaning(ctx)
		defer cancel()
		u.Abort(after)
	}
	return err
}

func (u *upload) completion() minio.PutObjectOptions {
	o := minio.PutObjectOptions{}
	if !u.unconditional.Load() {
		o.SetMatchETagExcept("*")
	}
	return o
}

// Abort implements bucket.Uploader. What is left all the same, SweepTemporary
// finds.
func (u *upload) Abort(ctx context.Context) {
	if u.id != "" {
		defer u.running.Delete(u.id)
		_ = u.abort(ctx, u.name, u.id)
	}
	if !u.doubt {
		return
	}
	for up, err := range u.uploads(ctx, u.name) {
		if err != nil {
			return
		}
		if up.Key == u.name {
			_ = u.abort(ctx, up.Key, up.UploadID)
		}
	}
}
