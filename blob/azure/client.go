package azure

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azblob "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/bucket"
)

// value is what a pointer of the library points to, or nothing.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// Get implements bucket.Client.
func (c *client) Get(ctx context.Context, name string, off, n int64, version string) (b bucket.Body, err error) {
	o := &azblob.DownloadStreamOptions{Range: azblob.HTTPRange{Offset: off, Count: max(n, azblob.CountToEnd)}}
	if version != "" {
		tag := azcore.ETag(version)
		o.AccessConditions = &azblob.AccessConditions{ModifiedAccessConditions: &azblob.ModifiedAccessConditions{IfMatch: &tag}}
	}
	err = bucket.Retry(ctx, func(int) error {
		answer, err := c.library.NewBlobClient(name).DownloadStream(ctx, o)
		if err := c.fail(ctx, "get", name, mayRead, err); err != nil {
			return err
		}
		b = bucket.Body{
			ReadCloser: answer.Body, Size: value(answer.ContentLength), Version: string(value(answer.ETag)),
			Total: bucket.TotalOf(value(answer.ContentRange), value(answer.ContentLength)),
		}
		return nil
	})
	if bucket.Status(err) == http.StatusRequestedRangeNotSatisfiable {
		return bucket.Body{}, bucket.ErrRange
	}
	return b, err
}

// Stat implements bucket.Client. Azure tells a missing blob from a missing
// container.
func (c *client) Stat(ctx context.Context, name string) (bucket.Entry, error) {
	p, err := c.stat(ctx, name)
	if err != nil {
		return bucket.Entry{}, err
	}
	return bucket.Entry{Name: name, Size: value(p.ContentLength), Modified: value(p.LastModified).UTC(), Version: string(value(p.ETag))}, nil
}

func (c *client) stat(ctx context.Context, name string) (p azblob.GetPropertiesResponse, err error) {
	err = bucket.Retry(ctx, func(int) error {
		p, err = c.library.NewBlobClient(name).GetProperties(ctx, nil)
		return c.fail(ctx, "stat", name, mayRead, err)
	})
	return p, err
}

// Delete implements bucket.Client.
func (c *client) Delete(ctx context.Context, name string) error {
	snapshots := azblob.DeleteSnapshotsOptionTypeInclude
	err := bucket.Retry(ctx, func(int) error {
		_, err := c.library.NewBlobClient(name).Delete(ctx, &azblob.DeleteOptions{DeleteSnapshots: &snapshots})
		return c.fail(ctx, "delete", name, mayDelete, err)
	})
	if errors.Is(err, blob.ErrNotFound) {
		return nil
	}
	return err
}

// pageSize is how many names one answer holds.
const pageSize = int32(1000)

// List implements bucket.Client. Azure lists from the beginning on; what lies
// before is passed over. A page that fails is asked for again.
func (c *client) List(ctx context.Context, prefix, after string) iter.Seq2[bucket.Entry, error] {
	return func(yield func(bucket.Entry, error) bool) {
		most := pageSize
		for marker := (*string)(nil); ; {
			var page container.ListBlobsFlatResponse
			err := bucket.Retry(ctx, func(int) (err error) {
				pager := c.library.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: &prefix, Marker: marker, MaxResults: &most})
				page, err = pager.NextPage(ctx)
				return c.fail(ctx, "list", "", mayRead, err)
			})
			if err != nil {
				yield(bucket.Entry{}, err)
				return
			}
			for _, item := range page.Segment.BlobItems {
				e := bucket.Entry{
					Name: value(item.Name), Size: value(item.Properties.ContentLength),
					Modified: value(item.Properties.LastModified).UTC(), Version: string(value(item.Properties.ETag)),
				}
				if strings.HasPrefix(e.Name, prefix) && e.Name > after && !yield(e, nil) {
					return
				}
			}
			if marker = page.NextMarker; value(marker) == "" {
				return
			}
		}
	}
}

// Put implements bucket.Client.
func (c *client) Put(ctx context.Context, name string, r io.Reader) (int64, error) {
	return bucket.Upload(ctx, r, c.upload(name))
}
