package s3

import (
	"context"
	"net/url"

	"github.com/coffer-ml/coffer/blob"
)

// SignGet implements blob.Signer.
func (s *Store) SignGet(ctx context.Context, key blob.Key, o blob.SignOptions) (blob.Signed, error) {
	query := url.Values{}
	if o.ContentType != "" {
		query.Set("response-content-type", o.ContentType)
	}
	if o.Disposition != "" {
		query.Set("response-content-disposition", o.Disposition)
	}
	return s.sign(ctx, "GET", key, o, query)
}

// SignPut implements blob.Signer.
func (s *Store) SignPut(ctx context.Context, key blob.Key, o blob.SignOptions) (blob.Signed, error) {
	return s.sign(ctx, "PUT", key, o, nil)
}

func (s *Store) sign(ctx context.Context, method string, key blob.Key, o blob.SignOptions, query url.Values) (blob.Signed, error) {
	name, err := s.Object(key)
	if err != nil {
		return blob.Signed{}, err
	}
	u, err := s.client.core.Presign(ctx, method, s.client.bucket, name, o.Lasting(), query)
	if err := s.client.fail(ctx, "sign", name, "", err); err != nil {
		return blob.Signed{}, err
	}
	return blob.Signed{URL: u.String()}, nil
}
