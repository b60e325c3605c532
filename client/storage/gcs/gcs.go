package gcs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"strconv"
	"strings"

	"cloud.google.com/go/auth/credentials"
	"cloud.google.com/go/auth/httptransport"
	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"

	"github.com/coffer-ml/coffer/blob/bucket"
	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/client/storage/internal/remote"
)

// Driver opens stores for addresses that begin with gs.
type Driver struct{}

var _ client.Driver = Driver{}

// Schemes implements client.Driver.
func (Driver) Schemes() []string { return []string{"gs"} }

// Open implements client.Driver. It asks nobody: whether the bucket is there
// shows with the first call.
func (Driver) Open(_ context.Context, address string, s client.Settings) (client.Store, error) {
	if name, _ := remote.Split(address); name == "" {
		return nil, remote.Call{Op: "open a store", Address: address}.Invalid("it names no bucket: expected gs://bucket/name")
	}
	return &store{settings: s}, nil
}

// store is one bucket, with a client for each of the credentials that count for
// parts of it.
type store struct {
	settings client.Settings
	clients  remote.Opened[*storage.Client]
}

const section = "google.storage"

// object is the object of an address.
func (s *store) object(op, address string) (*storage.BucketHandle, *storage.ObjectHandle, error) {
	bucket, name := remote.Split(address)
	keys := s.credentials(address)
	c, err := s.clients.Get(keys, func() (*storage.Client, error) { return s.connect(keys) })
	if err != nil {
		return nil, nil, remote.Call{Op: op, Address: address}.Invalid("%v", err)
	}
	b := c.Bucket(bucket)
	return b, b.Object(name), nil
}

// credentials are the JSON, or the path of a file with it, that counts for an
// address; "" says that Google's tools find them.
func (s *store) credentials(address string) string {
	keys, longest := s.settings.Text(section+".credentials_json"), 0
	for _, e := range s.settings.List(section + ".credentials") {
		at := strings.TrimRight("gs://"+e.Text("bucket")+"/"+strings.Trim(e.Text("subdir"), `"'/ `), "/")
		if e.Text("bucket") != "" && len(at) > longest && remote.Below(address, at) {
			keys, longest = e.Text("credentials_json"), len(at)
		}
	}
	if strings.EqualFold(keys, "none") {
		keys = ""
	}
	if keys == "" {
		keys = s.settings.Env("GOOGLE_APPLICATION_CREDENTIALS")
	}
	return keys
}

// scope is what programs may do with the credentials.
const scope = "https://www.googleapis.com/auth/devstorage.read_write"

func (s *store) connect(keys string) (*storage.Client, error) {
	idle, err := remote.Number(s.settings.Text(section+".pool_connections"), 0)
	if err != nil {
		return nil, fmt.Errorf("sdk.%s.pool_connections: %w", section, err)
	}
	transport, err := remote.Transport(bucket.TLS{}, idle)
	if err != nil {
		return nil, err
	}
	detect := &credentials.DetectOptions{Scopes: []string{scope}}
	if keys != "" {
		text := []byte(keys)
		if !strings.HasPrefix(strings.TrimSpace(keys), "{") {
			if text, err = os.ReadFile(keys); err != nil {
				return nil, fmt.Errorf("read the credentials: %w", err)
			}
		}
		detect.CredentialsJSON = text //nolint:staticcheck // the user's own file, named in the user's own configuration
	}
	options := []option.ClientOption{storage.WithJSONReads()}
	if at := s.settings.Env("STORAGE_EMULATOR_HOST"); at != "" {
		if !strings.Contains(at, "://") {
			at = "http://" + at
		}
		options = append(options, option.WithEndpoint(strings.TrimRight(at, "/")+"/storage/v1/"))
		if strings.HasPrefix(at, "http://") {
			options = append(options, option.WithoutAuthentication(), option.WithHTTPClient(&http.Client{Transport: transport}))
			return storage.NewClient(context.Background(), options...)
		}
	}
	found, err := credentials.DetectDefault(detect)
	if err != nil {
		return nil, fmt.Errorf("there are no credentials of Google: sdk.google.storage.credentials_json of clearml.conf has them, or GOOGLE_APPLICATION_CREDENTIALS: %w", err)
	}
	hc, err := httptransport.NewClient(&httptransport.Options{Credentials: found, BaseRoundTripper: transport})
	if err != nil {
		return nil, err
	}
	return storage.NewClient(context.Background(), append(options, option.WithAuthCredentials(found), option.WithHTTPClient(hc))...)
}

// failed makes an error of what the library says.
func failed(ctx context.Context, op, address string, err error) error {
	if err == nil {
		return nil
	}
	status := 0
	var answer *googleapi.Error
	switch {
	case errors.Is(err, storage.ErrObjectNotExist), errors.Is(err, storage.ErrBucketNotExist):
		status = http.StatusNotFound
	case errors.As(err, &answer):
		status = answer.Code
	}
	return remote.Call{Op: op, Address: address}.Failed(ctx, status, "", err)
}

// Put implements client.Store.
func (s *store) Put(ctx context.Context, address string, r io.ReaderAt, size int64, o client.PutOptions) error {
	_, object, err := s.object("upload", address)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // an upload that is not closed leaves nothing
	tell := remote.NewTeller(o.Told, size)
	w := object.Retryer(storage.WithPolicy(storage.RetryAlways)).NewWriter(ctx) // the same bytes again replace themselves
	w.ContentType = o.ContentType
	w.ChunkSize = int(min(size, remote.Part))
	told := int64(0)
	w.ProgressFunc = func(n int64) { tell.Add(n - told); told = n }
	if o.SHA256 != "" {
		w.Metadata = map[string]string{remote.Digest: o.SHA256}
	}
	if _, err := io.CopyBuffer(struct{ io.Writer }{w}, io.NewSectionReader(r, 0, size), make([]byte, 1<<20)); err != nil {
		cancel()
		_ = w.Close() // it fails, since its context has ended
		return failed(ctx, "upload", address, err)
	}
	err = w.Close()
	if err == nil {
		tell.Add(size)
	}
	return failed(ctx, "upload", address, err)
}

// Open implements client.Store.
func (s *store) Open(ctx context.Context, address string, offset, length int64) (io.ReadCloser, client.Object, error) {
	_, object, err := s.object("download", address)
	if err != nil {
		return nil, client.Object{}, err
	}
	var answer *googleapi.Error
	if length != 0 {
		r, err := object.NewRangeReader(ctx, offset, length)
		if err == nil {
			a := r.Attrs
			return r, remote.Object(address, a.Size, a.LastModified, strconv.FormatInt(a.Generation, 10), a.ContentType, nil), nil
		}
		if !errors.As(err, &answer) || answer.Code != http.StatusRequestedRangeNotSatisfiable {
			return nil, client.Object{}, failed(ctx, "download", address, err)
		}
	}
	o, err := s.Stat(ctx, address) // an empty part of an object that is there
	return io.NopCloser(strings.NewReader("")), o, err
}

// Stat implements client.Store.
func (s *store) Stat(ctx context.Context, address string) (client.Object, error) {
	_, object, err := s.object("look for", address)
	if err != nil {
		return client.Object{}, err
	}
	a, err := object.Attrs(ctx)
	if err != nil {
		return client.Object{}, failed(ctx, "look for", address, err)
	}
	return describe(address, a), nil
}

func describe(address string, a *storage.ObjectAttrs) client.Object {
	return remote.Object(address, a.Size, a.Updated, strconv.FormatInt(a.Generation, 10), a.ContentType, a.Metadata)
}

// Delete implements client.Store.
func (s *store) Delete(ctx context.Context, address string) error {
	_, object, err := s.object("delete", address)
	if err != nil {
		return err
	}
	return failed(ctx, "delete", address, object.Delete(ctx))
}

// List implements client.Store.
func (s *store) List(ctx context.Context, prefix string) iter.Seq2[client.Object, error] {
	return func(yield func(client.Object, error) bool) {
		b, _, err := s.object("list", prefix)
		if err != nil {
			yield(client.Object{}, err)
			return
		}
		host, name := remote.Split(prefix)
		for it := b.Objects(ctx, &storage.Query{Prefix: name}); ; {
			a, err := it.Next()
			if errors.Is(err, iterator.Done) {
				return
			}
			if err != nil {
				yield(client.Object{}, failed(ctx, "list", prefix, err))
				return
			}
			if strings.HasSuffix(a.Name, "/") && a.Size == 0 {
				continue // a folder, as consoles make them
			}
			if !yield(describe("gs://"+host+"/"+a.Name, a), nil) {
				return
			}
		}
	}
}
