package azure

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	azblob "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"golang.org/x/sync/errgroup"

	"github.com/coffer-ml/coffer/blob/bucket"
	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/client/storage/internal/remote"
)

// Driver opens stores for addresses that begin with azure.
type Driver struct {
	// Endpoint is where accounts are, in place of the host of the address, for
	// stores that have the account in the path, such as http://127.0.0.1:10000
	// for Azure's emulator.
	Endpoint string
}

var _ client.Driver = Driver{}

// Schemes implements client.Driver.
func (Driver) Schemes() []string { return []string{"azure"} }

// Open implements client.Driver. It asks nobody: whether the container is there
// shows with the first call.
func (d Driver) Open(_ context.Context, address string, s client.Settings) (client.Store, error) {
	host, _ := remote.Split(address)
	account, _, _ := strings.Cut(host, ".")
	if account == "" {
		return nil, remote.Call{Op: "open a store", Address: address}.Invalid("it names no account: expected azure://account.blob.core.windows.net/container/name")
	}
	at := "https://" + host
	if d.Endpoint != "" {
		at = strings.TrimRight(d.Endpoint, "/") + "/" + account
	}
	return &store{settings: s, account: account, at: at}, nil
}

// store is one account.
type store struct {
	settings   client.Settings
	account    string
	at         string // where it is
	containers remote.Opened[*container.Client]
}

const section = "azure.storage"

// mostBlocks is how many blocks a blob may have.
const mostBlocks = 50_000

// place is the container of an address, and the name in it.
func (s *store) place(op, address string) (*container.Client, string, error) {
	_, path := remote.Split(address)
	named, name, _ := strings.Cut(path, "/")
	call := remote.Call{Op: op, Address: address}
	if named == "" {
		return nil, "", call.Invalid("it names no container: expected azure://account.blob.core.windows.net/container/name")
	}
	c, err := s.containers.Get(named, func() (*container.Client, error) { return s.connect(named) })
	if err != nil {
		return nil, "", call.Invalid("%v", err)
	}
	return c, name, nil
}

// keys are what the settings say about a container: a key, or that the program
// logs in.
func (s *store) keys(named string) (key string, login bool, err error) {
	for _, e := range s.settings.List(section + ".containers") {
		if e.Text("account_name") != s.account || e.Text("container_name") != "" && e.Text("container_name") != named {
			continue
		}
		login, err = remote.Flag(e.Text("use_default_credential"), false)
		return e.Text("account_key"), login, err
	}
	login, err = remote.Flag(s.settings.Env("CLEARML_AZURE_STORAGE_USE_DEFAULT_CREDENTIAL"), false)
	if account := s.settings.Env("AZURE_STORAGE_ACCOUNT"); account == s.account || account == "" {
		key = s.settings.Env("AZURE_STORAGE_KEY")
	}
	return key, login, err
}

func (s *store) connect(named string) (*container.Client, error) {
	key, login, err := s.keys(named)
	if err != nil {
		return nil, fmt.Errorf("sdk.%s of clearml.conf: %w", section, err)
	}
	transport, err := remote.Transport(bucket.TLS{}, 0)
	if err != nil {
		return nil, err
	}
	o := &container.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: &http.Client{Transport: transport}}}
	at := s.at + "/" + named
	switch {
	case login:
		who, err := azidentity.NewDefaultAzureCredential(nil)
		if err != nil {
			return nil, err
		}
		return container.NewClient(at, who, o)
	case key != "":
		k, err := container.NewSharedKeyCredential(s.account, key)
		if err != nil {
			return nil, fmt.Errorf("the key of %s: %w", s.account, err)
		}
		return container.NewClientWithSharedKeyCredential(at, k, o)
	}
	return nil, fmt.Errorf("there is no key for %s: sdk.%s.containers of clearml.conf has them, or AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY", s.account, section)
}

// failed makes an error of what the library says.
func failed(ctx context.Context, op, address string, err error) error {
	if err == nil {
		return nil
	}
	var answer *azcore.ResponseError
	if !errors.As(err, &answer) {
		return remote.Call{Op: op, Address: address}.Failed(ctx, 0, "", err)
	}
	return remote.Call{Op: op, Address: address}.Failed(ctx, answer.StatusCode, answer.ErrorCode, fmt.Errorf("%s", http.StatusText(answer.StatusCode)))
}

// value is what a pointer of the library points to, or nothing.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func values(m map[string]*string) map[string]string {
	all := map[string]string{}
	for key, v := range m {
		all[key] = value(v)
	}
	return all
}

// checked makes the store compare what it received with a checksum.
func checked() azblob.TransferValidationType { return azblob.TransferValidationTypeComputeCRC64() }

// Put implements client.Store: blocks, some at a time, which are no blob until
// they are listed.
func (s *store) Put(ctx context.Context, address string, r io.ReaderAt, size int64, o client.PutOptions) error {
	c, name, err := s.place("upload", address)
	if err != nil {
		return err
	}
	blob := c.NewBlockBlobClient(name)
	tell := remote.NewTeller(o.Told, size)
	metadata := map[string]*string{}
	if o.SHA256 != "" {
		metadata[remote.Digest] = &o.SHA256
	}
	media := &azblob.HTTPHeaders{}
	if o.ContentType != "" {
		media.BlobContentType = &o.ContentType
	}
	if size <= remote.Part {
		_, err := blob.Upload(ctx, streaming.NopCloser(io.NewSectionReader(r, 0, size)), &blockblob.UploadOptions{
			Metadata: metadata, HTTPHeaders: media, TransactionalValidation: checked(),
		})
		if err == nil {
			tell.Add(size)
		}
		return failed(ctx, "upload", address, err)
	}
	part := remote.PartOf(size, remote.Part, mostBlocks)
	most, err := remote.Number(s.settings.Text(section+".max_connections"), remote.Sequence)
	if err != nil {
		return remote.Call{Op: "upload", Address: address}.Invalid("sdk.%s.max_connections: %v", section, err)
	}
	sends, sctx := errgroup.WithContext(ctx)
	sends.SetLimit(int(most))
	var ids []string
	for off := int64(0); off < size; off += part {
		id := base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, uint32(len(ids))))
		ids = append(ids, id)
		sends.Go(func() error {
			n := min(part, size-off)
			_, err := blob.StageBlock(sctx, id, streaming.NopCloser(io.NewSectionReader(r, off, n)), &blockblob.StageBlockOptions{TransactionalValidation: checked()})
			if err == nil {
				tell.Add(n)
			}
			return err
		})
	}
	if err := sends.Wait(); err != nil {
		return failed(ctx, "upload", address, err)
	}
	_, err = blob.CommitBlockList(ctx, ids, &blockblob.CommitBlockListOptions{Metadata: metadata, HTTPHeaders: media})
	return failed(ctx, "upload", address, err)
}

// Open implements client.Store.
func (s *store) Open(ctx context.Context, address string, offset, length int64) (io.ReadCloser, client.Object, error) {
	c, name, err := s.place("download", address)
	if err != nil {
		return nil, client.Object{}, err
	}
	if length != 0 {
		a, err := c.NewBlobClient(name).DownloadStream(ctx, &azblob.DownloadStreamOptions{Range: azblob.HTTPRange{Offset: offset, Count: max(length, azblob.CountToEnd)}})
		if err == nil {
			size := bucket.TotalOf(value(a.ContentRange), value(a.ContentLength))
			return a.Body, remote.Object(address, size, value(a.LastModified), string(value(a.ETag)), value(a.ContentType), values(a.Metadata)), nil
		}
		var answer *azcore.ResponseError
		if !errors.As(err, &answer) || answer.StatusCode != http.StatusRequestedRangeNotSatisfiable {
			return nil, client.Object{}, failed(ctx, "download", address, err)
		}
	}
	o, err := s.Stat(ctx, address) // an empty part of a blob that is there
	return io.NopCloser(strings.NewReader("")), o, err
}

// Stat implements client.Store.
func (s *store) Stat(ctx context.Context, address string) (client.Object, error) {
	c, name, err := s.place("look for", address)
	if err != nil {
		return client.Object{}, err
	}
	p, err := c.NewBlobClient(name).GetProperties(ctx, nil)
	if err != nil {
		return client.Object{}, failed(ctx, "look for", address, err)
	}
	return remote.Object(address, value(p.ContentLength), value(p.LastModified), string(value(p.ETag)), value(p.ContentType), values(p.Metadata)), nil
}

// Delete implements client.Store.
func (s *store) Delete(ctx context.Context, address string) error {
	c, name, err := s.place("delete", address)
	if err != nil {
		return err
	}
	snapshots := azblob.DeleteSnapshotsOptionTypeInclude
	_, err = c.NewBlobClient(name).Delete(ctx, &azblob.DeleteOptions{DeleteSnapshots: &snapshots})
	return failed(ctx, "delete", address, err)
}

// List implements client.Store.
func (s *store) List(ctx context.Context, prefix string) iter.Seq2[client.Object, error] {
	return func(yield func(client.Object, error) bool) {
		c, name, err := s.place("list", prefix)
		if err != nil {
			yield(client.Object{}, err)
			return
		}
		host, path := remote.Split(prefix)
		named, _, _ := strings.Cut(path, "/")
		for pages := c.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: &name, Include: container.ListBlobsInclude{Metadata: true}}); pages.More(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(client.Object{}, failed(ctx, "list", prefix, err))
				return
			}
			for _, item := range page.Segment.BlobItems {
				p := item.Properties
				o := remote.Object("azure://"+host+"/"+named+"/"+value(item.Name), value(p.ContentLength), value(p.LastModified), string(value(p.ETag)), value(p.ContentType), values(item.Metadata))
				if !yield(o, nil) {
					return
				}
			}
		}
	}
}
