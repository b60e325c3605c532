package s3

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/bucket"
)

// Config says which bucket, where, and with which keys.
type Config struct {
	Bucket string
	// Prefix is in front of all names, without a slash at either end; may be
	// empty.
	Prefix string
	// Endpoint is where the store is, as http://host:port or https://host. "" is
	// what AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL names, else Amazon. With an
	// endpoint nothing is ever sent anywhere else.
	Endpoint string
	// Region is what requests are signed for. "" is AWS_REGION or
	// AWS_DEFAULT_REGION, else us-east-1 with an endpoint, else what Amazon says.
	Region string
	// PathStyle puts the bucket into the path rather than into the host name.
	// Nil is true with an endpoint and false without.
	PathStyle *bool
	TLS       bucket.TLS
	// Stall is how long a connection may stand still; 0 is a minute.
	Stall time.Duration

	// KeyID and Secret are the keys, Token is that of keys that expire. Without
	// them they come from the environment (AWS_ACCESS_KEY_ID,
	// AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN), else from the credentials file,
	// else, on Amazon alone, from the role of the machine or the container.
	KeyID, Secret, Token string
	// File and Profile name the credentials file and the profile in it; "" are
	// AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials, and AWS_PROFILE.
	File, Profile string

	// Now is the clock; nil is the one of the machine.
	Now func() time.Time
}

// FromURL reads s3://bucket/prefix?endpoint=&region=&path-style=&ca=&tls-verify=&stall=&credentials=&profile=.
func FromURL(u *url.URL) (Config, error) {
	o := bucket.ReadOptions(u)
	cfg := Config{
		Bucket: u.Host, Prefix: strings.Trim(u.Path, "/"),
		Endpoint: o.Text("endpoint"), Region: o.Text("region"),
		TLS: o.TLS(), Stall: o.Duration("stall"),
		File: o.Text("credentials"), Profile: o.Text("profile"),
	}
	if style, named := o.Flag("path-style"); named {
		cfg.PathStyle = &style
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
	_ blob.Sweeper = (*Store)(nil)
)

// client is the bucket through minio's library.
type client struct {
	core          *minio.Core
	keys          *credentials.Credentials
	bucket        string
	now           func() time.Time
	seen          atomic.Int64 // when the bucket last proved to be there, in ns since 1970
	unconditional atomic.Bool  // the store does not know If-None-Match
	running       sync.Map     // ids of the multipart uploads of this process
}

// amazon is where S3 is.
const amazon = "https://s3.amazonaws.com"

// Open returns the store. It asks nobody: whether the bucket is there shows
// with the first call.
func Open(cfg Config) (*Store, error) {
	if cfg.Bucket == "" {
		return nil, bucket.ErrAddress.Errorf("blobs: no bucket is named; expected s3://bucket/prefix")
	}
	at, err := endpoint(cfg.Endpoint)
	if err != nil {
		return nil, err
	}
	ours := at.Host == "s3.amazonaws.com" || strings.HasSuffix(at.Hostname(), ".amazonaws.com") || strings.HasSuffix(at.Hostname(), ".amazonaws.com.cn")
	keys, err := chain(cfg, at, ours)
	if err != nil {
		return nil, err
	}
	transport, err := bucket.Transport(cfg.TLS, cfg.Stall)
	if err != nil {
		return nil, bucket.ErrAddress.Wrap(err, "blobs: the TLS settings of %s cannot be used", at)
	}
	options := &minio.Options{
		Creds: keys, Secure: at.Scheme == "https", Transport: transport,
		Region: region(cfg.Region, ours), BucketLookup: lookup(cfg.PathStyle, ours),
		MaxRetries: 1, // bucket.Retry does it, with a body of its own for each attempt
	}
	if !ours {
		options.Transport = bucket.Pin(at.Hostname(), transport)
	}
	core, err := minio.NewCore(at.Host, options)
	if err != nil {
		return nil, bucket.ErrAddress.Wrap(err, "blobs: %s is no address of an S3 store", at)
	}
	core.SetAppInfo("coffer", "1")
	c := &client{core: core, keys: keys, bucket: cfg.Bucket, now: cfg.Now}
	if c.now == nil {
		c.now = time.Now //nolint:forbidigo // the default of the Now field
	}
	return &Store{Store: bucket.Store{Client: c, Prefix: bucket.Prefix(cfg.Prefix), Now: cfg.Now}, client: c}, nil
}

// endpoint returns where the store is.
func endpoint(named string) (*url.URL, error) {
	for _, variable := range []string{"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"} {
		if named == "" {
			named = os.Getenv(variable)
		}
	}
	if named == "" {
		named = amazon
	}
	return bucket.Endpoint(named)
}

func region(named string, ours bool) string {
	for _, variable := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if named == "" {
			named = os.Getenv(variable)
		}
	}
	if named == "" && !ours {
		return "us-east-1" // what stores of others take
	}
	return named
}

func lookup(pathStyle *bool, ours bool) minio.BucketLookupType {
	switch {
	case pathStyle == nil && ours:
		return minio.BucketLookupAuto
	case pathStyle == nil || *pathStyle:
		return minio.BucketLookupPath
	}
	return minio.BucketLookupDNS
}

// chain is where keys come from.
func chain(cfg Config, at *url.URL, ours bool) (*credentials.Credentials, error) {
	if cfg.KeyID != "" {
		return credentials.NewStaticV4(cfg.KeyID, cfg.Secret, cfg.Token), nil
	}
	var providers []credentials.Provider
	if cfg.File == "" && cfg.Profile == "" {
		providers = append(providers, &credentials.EnvAWS{})
	}
	providers = append(providers, &credentials.FileAWSCredentials{Filename: cfg.File, Profile: cfg.Profile})
	if ours {
		providers = append(providers, &credentials.IAM{})
	}
	keys := credentials.NewChainCredentials(providers)
	if ours {
		return keys, nil // asking the machine for its role may take long
	}
	if v, err := keys.GetWithContext(&credentials.CredContext{Client: http.DefaultClient}); err != nil || v.AccessKeyID == "" {
		return nil, bucket.ErrAddress.Wrap(err, "blobs: there are no keys for %s: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a file with credentials=", at)
	}
	return keys, nil
}

// Where implements bucket.Client.
func (c *client) Where() (store, name string) { return "s3", c.bucket }

// SweepTemporary implements blob.Sweeper: it aborts multipart uploads that got
// no part since the time.
func (s *Store) SweepTemporary(ctx context.Context, before time.Time) (removed int, err error) {
	return s.client.sweep(ctx, s.Prefix, before)
}
