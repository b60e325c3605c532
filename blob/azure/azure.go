package azure

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/bucket"
)

// Config says which container, where, and with which credentials.
type Config struct {
	Account   string
	Container string
	// Prefix is in front of all names, without a slash at either end; may be
	// empty.
	Prefix string
	// Endpoint is where the account is, as https://account.blob.core.chinacloudapi.cn,
	// or where a store is that has the account in the path, as
	// http://host:port. "" is https://ACCOUNT.blob.core.windows.net. With an
	// endpoint nothing is ever sent anywhere else, but for logging in.
	Endpoint string
	TLS      bucket.TLS
	// Stall is how long a connection may stand still; 0 is a minute.
	Stall time.Duration
	// Key is a key of the account, in base64. "" is what File holds, else
	// AZURE_STORAGE_KEY. Without any the server logs in as Azure's tools do: by
	// AZURE_CLIENT_ID and its like, as the workload, the machine or the user.
	Key string
	// File is a file with nothing but the key in it.
	File string

	// Now is the clock; nil is the one of the machine.
	Now func() time.Time
}

// FromURL reads azure://account/container/prefix?endpoint=&ca=&tls-verify=&stall=&credentials=.
func FromURL(u *url.URL) (Config, error) {
	o := bucket.ReadOptions(u)
	named, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	cfg := Config{
		Account: u.Host, Container: named, Prefix: prefix,
		Endpoint: o.Text("endpoint"), TLS: o.TLS(), Stall: o.Duration("stall"), File: o.Text("credentials"),
	}
	return cfg, o.Err()
}

// Store keeps objects in a container.
type Store struct {
	bucket.Store
	client *client
}

var (
	_ blob.Store   = (*Store)(nil)
	_ blob.Drafter = (*Store)(nil)
	_ blob.Signer  = (*Store)(nil)
)

// client is the container through Azure's library.
type client struct {
	library   *container.Client
	account   string
	container string
	key       *container.SharedKeyCredential // nil if the server logs in
	login     azcore.TokenCredential         // nil if it has a key
	service   *service.Client                // nil if it has a key
	at        *url.URL                       // of the container
	now       func() time.Time
}

// Open returns the store. Whether the container is there shows with the first
// call.
func Open(cfg Config) (*Store, error) {
	if cfg.Account == "" || cfg.Container == "" {
		return nil, bucket.ErrAddress.Errorf("blobs: account or container is not named; expected azure://account/container/prefix")
	}
	account, err := accountURL(cfg)
	if err != nil {
		return nil, err
	}
	c := &client{account: cfg.Account, container: cfg.Container, now: cfg.Now, at: account.JoinPath(cfg.Container)}
	if c.now == nil {
		c.now = time.Now //nolint:forbidigo // the default of the Now field
	}
	transport, err := bucket.Transport(cfg.TLS, cfg.Stall)
	if err != nil {
		return nil, bucket.ErrAddress.Wrap(err, "blobs: the TLS settings of %s cannot be used", account)
	}
	options := azcore.ClientOptions{
		Transport: &http.Client{Transport: bucket.Pin(account.Hostname(), transport)},
		// bucket.Retry makes calls again, with a body of its own for each attempt.
		Retry: policy.RetryOptions{MaxRetries: -1},
	}
	key, err := accountKey(cfg)
	if err != nil {
		return nil, err
	}
	if key != "" {
		err = c.useKey(cfg.Account, key, options)
	} else {
		err = c.logIn(account, options)
	}
	if err != nil {
		return nil, bucket.ErrAddress.Wrap(err, "blobs: there are no credentials for azure://%s: set AZURE_STORAGE_KEY, or name a file that holds the key with credentials=, or log in", cfg.Account)
	}
	return &Store{Store: bucket.Store{Client: c, Prefix: bucket.Prefix(cfg.Prefix), Now: cfg.Now}, client: c}, nil
}

// accountURL returns where the account is.
func accountURL(cfg Config) (*url.URL, error) {
	if cfg.Endpoint == "" {
		return &url.URL{Scheme: "https", Host: cfg.Account + ".blob.core.windows.net"}, nil
	}
	u, err := bucket.Endpoint(cfg.Endpoint)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(u.Host, cfg.Account+".") {
		u = u.JoinPath(cfg.Account)
	}
	return u, nil
}

func accountKey(cfg Config) (string, error) {
	if cfg.Key != "" {
		return cfg.Key, nil
	}
	if cfg.File == "" {
		return os.Getenv("AZURE_STORAGE_KEY"), nil
	}
	text, err := os.ReadFile(cfg.File)
	key := strings.TrimSpace(string(text))
	if err != nil || key == "" {
		return "", bucket.ErrAddress.Wrap(err, "blobs: credentials=%s: expected a file with a key of the account", cfg.File)
	}
	return key, nil
}

func (c *client) useKey(account, key string, o azcore.ClientOptions) (err error) {
	if c.key, err = container.NewSharedKeyCredential(account, key); err != nil {
		return err
	}
	c.library, err = container.NewClientWithSharedKeyCredential(c.at.String(), c.key, &container.ClientOptions{ClientOptions: o})
	return err
}

func (c *client) logIn(account *url.URL, o azcore.ClientOptions) (err error) {
	// Where to log in is not the store: it has a transport of its own.
	if c.login, err = azidentity.NewDefaultAzureCredential(nil); err != nil {
		return err
	}
	if c.service, err = service.NewClient(account.String(), c.login, &service.ClientOptions{ClientOptions: o}); err != nil {
		return err
	}
	c.library, err = container.NewClient(c.at.String(), c.login, &container.ClientOptions{ClientOptions: o})
	return err
}

// Where implements bucket.Client.
func (c *client) Where() (store, name string) { return "azure", c.place() }

// place is the container with its account.
func (c *client) place() string { return c.account + "/" + c.container }
