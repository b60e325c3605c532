package gcs

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"cloud.google.com/go/auth/credentials"
	"cloud.google.com/go/auth/httptransport"
	"cloud.google.com/go/storage"
	"google.golang.org/api/option"
	raw "google.golang.org/api/storage/v1"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/bucket"
)

// Config says which bucket, where, and with which credentials.
type Config struct {
	Bucket string
	// Prefix is in front of all names, without a slash at either end; may be
	// empty.
	Prefix string
	// Endpoint is where the store is, as http://host:port or https://host. "" is
	// what STORAGE_EMULATOR_HOST names, else Google. With an endpoint nothing is
	// ever sent anywhere else. No credentials go over plain HTTP.
	Endpoint string
	TLS      bucket.TLS
	// Stall is how long a connection may stand still; 0 is a minute.
	Stall time.Duration
	// File is a file with credentials; "" finds them as Google's tools do: by
	// GOOGLE_APPLICATION_CREDENTIALS, of gcloud's login, of the machine.
	File string

	// Now is the clock; nil is the one of the machine.
	Now func() time.Time
}

// FromURL reads gs://bucket/prefix?endpoint=&ca=&tls-verify=&stall=&credentials=.
func FromURL(u *url.URL) (Config, error) {
	o := bucket.ReadOptions(u)
	cfg := Config{
		Bucket: u.Host, Prefix: strings.Trim(u.Path, "/"),
		Endpoint: o.Text("endpoint"), TLS: o.TLS(), Stall: o.Duration("stall"), File: o.Text("credentials"),
	}
	return cfg, o.Err()
}

// Store keeps objects in a bucket.
type Store struct {
	bucket.Store
	client *client
}

var (
	_ blob.Store   = (*Store)(nil)
	_ blob.Drafter = (*Store)(nil)
	_ blob.Signer  = (*Store)(nil)
)

// client is the bucket through Google's library.
type client struct {
	handle *storage.BucketHandle
	raw    *raw.Service
	bucket string
	at     *url.URL // the endpoint; nil is Google
	signer signer
	now    func() time.Time
	seen   atomic.Int64 // when the bucket last proved to be there, in ns since 1970
}

// signer is what a key file says about the account; empty without one.
type signer struct {
	Email string `json:"client_email"`
	Key   string `json:"private_key"`
}

// Open returns the store. Whether the bucket is there shows with the first call.
func Open(cfg Config) (*Store, error) {
	if cfg.Bucket == "" {
		return nil, bucket.ErrAddress.Errorf("blobs: no bucket is named; expected gs://bucket/prefix")
	}
	c := &client{bucket: cfg.Bucket, now: cfg.Now}
	if c.now == nil {
		c.now = time.Now //nolint:forbidigo // the default of the Now field
	}
	if cfg.Endpoint == "" {
		if cfg.Endpoint = os.Getenv("STORAGE_EMULATOR_HOST"); cfg.Endpoint != "" && !strings.Contains(cfg.Endpoint, "://") {
			cfg.Endpoint = "http://" + cfg.Endpoint
		}
	}
	transport, err := bucket.Transport(cfg.TLS, cfg.Stall)
	if err != nil {
		return nil, bucket.ErrAddress.Wrap(err, "blobs: the TLS settings of gs://%s cannot be used", cfg.Bucket)
	}
	var base http.RoundTripper = transport
	var options []option.ClientOption
	if cfg.Endpoint != "" {
		if c.at, err = bucket.Endpoint(cfg.Endpoint); err != nil {
			return nil, err
		}
		base = bucket.Pin(c.at.Hostname(), transport)
		options = append(options, option.WithEndpoint(c.at.Scheme+"://"+c.at.Host+"/storage/v1/"))
	}
	auth, err := c.authenticate(cfg, base)
	if err != nil {
		return nil, err
	}
	options = append(options, auth...)
	library, err := storage.NewClient(context.Background(), options...)
	if err == nil {
		c.raw, err = raw.NewService(context.Background(), options...)
	}
	if err != nil {
		return nil, bucket.ErrAddress.Wrap(err, "blobs: gs://%s cannot be used", cfg.Bucket)
	}
	// bucket.Retry makes calls again, with a body of its own for each attempt.
	library.SetRetry(storage.WithPolicy(storage.RetryNever))
	c.handle = library.Bucket(cfg.Bucket)
	return &Store{Store: bucket.Store{Client: c, Prefix: bucket.Prefix(cfg.Prefix), Now: cfg.Now}, client: c}, nil
}

// scope is what the server may do with the credentials.
const scope = "https://www.googleapis.com/auth/devstorage.read_write"

// authenticate returns the options by which the library reaches the store.
func (c *client) authenticate(cfg Config, base http.RoundTripper) ([]option.ClientOption, error) {
	if cfg.File != "" {
		text, err := os.ReadFile(cfg.File)
		if err == nil {
			err = json.Unmarshal(text, &c.signer)
		}
		if err != nil {
			return nil, bucket.ErrAddress.Wrap(err, "blobs: credentials=%s: expected a file with credentials of Google in JSON", cfg.File)
		}
	}
	if c.at != nil && c.at.Scheme == "http" {
		return []option.ClientOption{option.WithoutAuthentication(), option.WithHTTPClient(&http.Client{Transport: base})}, nil
	}
	options := &credentials.DetectOptions{Scopes: []string{scope}, CredentialsFile: cfg.File} //nolint:staticcheck // whoever runs the server names the file, nobody else
	found, err := credentials.DetectDefault(options)
	if err != nil {
		return nil, bucket.ErrAddress.Wrap(err, "blobs: there are no credentials for gs://%s: set GOOGLE_APPLICATION_CREDENTIALS, or name a file with credentials=", cfg.Bucket)
	}
	hc, err := httptransport.NewClient(&httptransport.Options{Credentials: found, BaseRoundTripper: base})
	if err != nil {
		return nil, bucket.ErrAddress.Wrap(err, "blobs: the credentials for gs://%s cannot be used", cfg.Bucket)
	}
	return []option.ClientOption{option.WithAuthCredentials(found), option.WithHTTPClient(hc)}, nil
}

// Where implements bucket.Client.
func (c *client) Where() (store, name string) { return "gcs", c.bucket }
