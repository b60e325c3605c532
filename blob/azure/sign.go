package azure

import (
	"context"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"github.com/coffer-ml/coffer/blob"
)

// SignGet implements blob.Signer.
func (s *Store) SignGet(ctx context.Context, key blob.Key, o blob.SignOptions) (blob.Signed, error) {
	return s.sign(ctx, key, sas.BlobSignatureValues{
		ExpiryTime: s.client.now().Add(o.Lasting()), Permissions: (&sas.BlobPermissions{Read: true}).String(),
		ContentType: o.ContentType, ContentDisposition: o.Disposition,
	})
}

// SignPut implements blob.Signer.
func (s *Store) SignPut(ctx context.Context, key blob.Key, o blob.SignOptions) (blob.Signed, error) {
	signed, err := s.sign(ctx, key, sas.BlobSignatureValues{
		ExpiryTime: s.client.now().Add(o.Lasting()), Permissions: (&sas.BlobPermissions{Create: true, Write: true}).String(),
	})
	signed.Header = map[string]string{"x-ms-blob-type": "BlockBlob"}
	return signed, err
}

// skew is how far clocks may be apart.
const skew = 5 * time.Minute

// sign signs with the key of the account, or else with a key that Azure lends to
// the one who is logged in.
func (s *Store) sign(ctx context.Context, key blob.Key, v sas.BlobSignatureValues) (blob.Signed, error) {
	name, err := s.Object(key)
	if err != nil {
		return blob.Signed{}, err
	}
	c := s.client
	v.ContainerName, v.BlobName = c.container, name
	if c.at.Scheme == "https" {
		v.Protocol = sas.ProtocolHTTPS
	}
	query, err := c.signed(ctx, v)
	if err := c.fail(ctx, "sign", name, maySign, err); err != nil {
		return blob.Signed{}, err
	}
	return blob.Signed{URL: c.library.NewBlobClient(name).URL() + "?" + query.Encode()}, nil
}

func (c *client) signed(ctx context.Context, v sas.BlobSignatureValues) (sas.QueryParameters, error) {
	if c.key != nil {
		return v.SignWithSharedKey(c.key)
	}
	start, end := c.now().UTC().Add(-skew).Format(sas.TimeFormat), v.ExpiryTime.UTC().Format(sas.TimeFormat)
	lent, err := c.service.GetUserDelegationCredential(ctx, service.KeyInfo{Start: &start, Expiry: &end}, nil)
	if err != nil {
		return sas.QueryParameters{}, err
	}
	return v.SignWithUserDelegation(lent)
}
