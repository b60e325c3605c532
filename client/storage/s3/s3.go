package s3

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"

	"github.com/minio/minio-go/v7"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/client/storage/internal/remote"
)

// Driver opens stores for addresses that begin with s3.
type Driver struct{}

var _ client.Driver = Driver{}

// Schemes implements client.Driver.
func (Driver) Schemes() []string { return []string{"s3"} }

// Open implements client.Driver. It asks nobody: whether the bucket is there
// shows with the first call.
func (Driver) Open(_ context.Context, _ string, s client.Settings) (client.Store, error) {
	return &store{settings: s}, nil
}

// store is all buckets of a host.
type store struct {
	settings client.Settings
	buckets  remote.Opened[*bucket]
}

// bucket is one bucket with the settings that count for it.
type bucket struct {
	core *minio.Core
	name string
	at   string // address in front of its keys, with a slash at the end
	set  setting
}

// most is how many parts S3 takes.
const most = 10_000

// place is the bucket of an address, and the key in it.
func (s *store) place(op, address string) (b *bucket, key string, err error) {
	host, path := remote.Split(address)
	at, name, key := "s3://"+host+"/", host, path
	if strings.Contains(host, ":") {
		name, key, _ = strings.Cut(path, "/")
		at += name + "/"
	}
	call := remote.Call{Op: op, Address: address}
	if name == "" {
		return nil, "", call.Invalid("it names no bucket: expected s3://bucket/key or s3://host:port/bucket/key")
	}
	set, err := s.setting(address)
	if err != nil {
		return nil, "", call.Invalid("sdk.aws in clearml.conf: %v", err)
	}
	b, err = s.buckets.Get(at+" "+set.entry, func() (*bucket, error) {
		core, err := set.connect(host)
		if err != nil {
			return nil, call.Invalid("%v", err)
		}
		return &bucket{core: core, name: name, at: at, set: set}, nil
	})
	return b, key, err
}

// failed makes an error of what the library says.
func failed(ctx context.Context, op, address string, err error) error {
	if err == nil {
		return nil
	}
	var answer minio.ErrorResponse
	errors.As(err, &answer) // zero if no answer came
	return remote.Call{Op: op, Address: address}.Failed(ctx, answer.StatusCode, answer.Code, err)
}

// Put implements client.Store.
func (s *store) Put(ctx context.Context, address string, r io.ReaderAt, size int64, o client.PutOptions) error {
	b, key, err := s.place("upload", address)
	if err != nil {
		return err
	}
	options := minio.PutObjectOptions{
		ContentType: o.ContentType, UserMetadata: map[string]string{}, Progress: remote.NewTeller(o.Told, size),
		PartSize: uint64(remote.PartOf(size, b.set.part, most)), NumThreads: uint(b.set.threads), DisableMultipart: size <= b.set.threshold,
	}
	if o.SHA256 != "" {
		options.UserMetadata[remote.Digest] = o.SHA256
	}
	if err := b.set.apply(&options); err != nil {
		return remote.Call{Op: "upload", Address: address}.Invalid("sdk.aws in clearml.conf: %v", err)
	}
	_, err = b.core.Client.PutObject(ctx, b.name, key, io.NewSectionReader(r, 0, size), size, options)
	return failed(ctx, "upload", address, err)
}

// Open implements client.Store.
func (s *store) Open(ctx context.Context, address string, offset, length int64) (io.ReadCloser, client.Object, error) {
	b, key, err := s.place("download", address)
	if err != nil {
		return nil, client.Object{}, err
	}
	o := minio.GetObjectOptions{}
	switch {
	case length > 0:
		err = o.SetRange(offset, offset+length-1)
	case length < 0 && offset > 0:
		err = o.SetRange(offset, 0)
	}
	if err != nil {
		return nil, client.Object{}, remote.Call{Op: "download", Address: address}.Invalid("%v", err)
	}
	if length == 0 {
		return s.nothing(ctx, address)
	}
	body, info, header, err := b.core.GetObject(ctx, b.name, key, o)
	if minio.ToErrorResponse(err).Code == minio.InvalidRange {
		return s.nothing(ctx, address)
	}
	if err != nil {
		return nil, client.Object{}, failed(ctx, "download", address, err)
	}
	object := describe(address, info)
	object.Size = totalOf(header, info.Size)
	return body, object, nil
}

// nothing is an empty part of an object that is there.
func (s *store) nothing(ctx context.Context, address string) (io.ReadCloser, client.Object, error) {
	o, err := s.Stat(ctx, address)
	return io.NopCloser(strings.NewReader("")), o, err
}

// Stat implements client.Store.
func (s *store) Stat(ctx context.Context, address string) (client.Object, error) {
	b, key, err := s.place("look for", address)
	if err != nil {
		return client.Object{}, err
	}
	info, err := b.core.StatObject(ctx, b.name, key, minio.StatObjectOptions{})
	if err != nil {
		return client.Object{}, failed(ctx, "look for", address, err)
	}
	return describe(address, info), nil
}

func describe(address string, info minio.ObjectInfo) client.Object {
	return remote.Object(address, info.Size, info.LastModified, info.ETag, info.ContentType, info.UserMetadata)
}

// Delete implements client.Store. S3 does not tell whether there was anything,
// so it is asked before.
func (s *store) Delete(ctx context.Context, address string) error {
	if _, err := s.Stat(ctx, address); err != nil {
		return err
	}
	b, key, err := s.place("delete", address)
	if err != nil {
		return err
	}
	return failed(ctx, "delete", address, b.core.RemoveObject(ctx, b.name, key, minio.RemoveObjectOptions{}))
}

// List implements client.Store.
func (s *store) List(ctx context.Context, prefix string) iter.Seq2[client.Object, error] {
	return func(yield func(client.Object, error) bool) {
		b, key, err := s.place("list", prefix)
		if err != nil {
			yield(client.Object{}, err)
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel() // ends what lists in the background
		for info := range b.core.ListObjectsIter(ctx, b.name, minio.ListObjectsOptions{Prefix: key, Recursive: true}) {
			if info.Err != nil {
				yield(client.Object{}, failed(ctx, "list", prefix, info.Err))
				return
			}
			if strings.HasSuffix(info.Key, "/") && info.Size == 0 {
				continue // a folder, as consoles make them
			}
			if !yield(describe(b.at+info.Key, info), nil) {
				return
			}
		}
	}
}

// totalOf is the size of an object that answers a range.
func totalOf(header http.Header, size int64) int64 {
	return remote.TotalOf(header.Get("Content-Range"), size)
}
