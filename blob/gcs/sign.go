package gcs

import (
	"context"
	"net/http"
	"net/url"

	"cloud.google.com/go/storage"

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
	return s.sign(ctx, http.MethodGet, key, o, query)
}

// SignPut implements blob.Signer.
func (s *Store) SignPut(ctx context.Context, key blob.Key, o blob.SignOptions) (blob.Signed, error) {
	return s.sign(ctx, http.MethodPut, key, o, nil)
}

// sign signs with the key of the file, or else by asking Google, as the account
// that the server runs as.
func (s *Store) sign(ctx context.Context, method string, key blob.Key, o blob.SignOptions, query url.Values) (blob.Signed, error) {
	name, err := s.Object(key)
	if err != nil {
		return blob.Signed{}, err
	}
	c := s.client
	options := &storage.SignedURLOptions{
		Scheme: storage.SigningSchemeV4, Method: method, Expires: c.now().Add(o.Lasting()), QueryParameters: query,
		GoogleAccessID: c.signer.Email, PrivateKey: []byte(c.signer.Key),
	}
	if c.at != nil {
		options.Hostname, options.Insecure, options.Style = c.at.Host, c.at.Scheme == "http", storage.PathStyle()
	}
	signed, err := c.handle.SignedURL(name, options)
	if err := c.fail(ctx, "sign", name, "iam.serviceAccounts.signBlob", err); err != nil {
		return blob.Signed{}, err
	}
	return blob.Signed{URL: signed}, nil
}
