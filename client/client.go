package client

import (
	"context"
	"errors"
	"io"
	"regexp"
	"sync"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/client/cache"
)

// Client is a connection to one server.
type Client struct {
	conn *conn

	mu       sync.Mutex
	projects map[string]string // ids by name, of projects that were met
	runs     map[*Run]struct{} // not ended yet
	stores   map[string]Store  // of drivers, by scheme and host
	cache    *cache.Cache      // nil until something is read
	open     []io.Closer       // what values refer to that were given away
	uploads  *uploads
}

// Open reads the configuration and connects. It fails if there is no server at
// the address, or if it does not take the credentials.
func Open(ctx context.Context, cfg Config) (*Client, error) {
	s, err := load(cfg)
	if err != nil {
		return nil, err
	}
	c := &Client{conn: newConn(s), projects: map[string]string{}, runs: map[*Run]struct{}{}, stores: map[string]Store{}}
	c.uploads = newUploads(c)
	err = c.conn.retried(ctx, "auth.login", again, func() error {
		_, err := c.conn.login(ctx, "")
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Close waits for what is still on its way, up to the deadline of ctx, and
// ends everything that belongs to the client. It returns what did not arrive,
// as an [*UploadError]. A run that was not ended is left running: the server
// stops it when it hears no more of it. Paths in the cache and values that
// refer to files end with the client.
func (c *Client) Close(ctx context.Context) error {
	err := c.uploads.close(ctx)
	c.mu.Lock()
	runs, open, cached := c.runs, c.open, c.cache
	c.runs, c.open, c.cache = map[*Run]struct{}{}, nil, nil
	c.mu.Unlock()
	for r := range runs {
		r.quiet()
		err = errors.Join(err, r.logger.flush(ctx))
	}
	for _, f := range open {
		err = errors.Join(err, f.Close())
	}
	if cached != nil {
		err = errors.Join(err, cached.Close())
	}
	return err
}

// Cache returns the cache that downloads go to. It is closed with the client.
func (c *Client) Cache() (*cache.Cache, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cache == nil {
		opened, err := c.conn.set.openCache()
		if err != nil {
			return nil, err
		}
		c.cache = opened
	}
	return c.cache, nil
}

// keep closes f when the client is closed.
func (c *Client) keep(f io.Closer) {
	c.mu.Lock()
	c.open = append(c.open, f)
	c.mu.Unlock()
}

// Addresses are where a server is.
type Addresses struct {
	API, Web, Files string
}

// Addresses returns the addresses in use.
func (c *Client) Addresses() Addresses {
	s := c.conn.set
	return Addresses{API: s.API, Web: s.Web, Files: s.Files}
}

// WhoAmI returns the name and the role of the account that the credentials
// belong to.
func (c *Client) WhoAmI(ctx context.Context) (name, role string, err error) {
	var reply api.CurrentUserResponse
	err = c.conn.call(ctx, "users.get_current_user", "", again, struct{}{}, &reply)
	return reply.User.Name, reply.User.Role, err
}

// project returns the id of a project by its full name, "" if there is none.
func (c *Client) project(ctx context.Context, name string) (string, error) {
	c.mu.Lock()
	id := c.projects[name]
	c.mu.Unlock()
	if id != "" {
		return id, nil
	}
	var reply struct {
		Projects []struct{ ID string } `json:"projects"`
	}
	err := c.conn.call(ctx, "projects.get_all", name, again, map[string]any{
		"name": "^" + regexp.QuoteMeta(name) + "$", "only_fields": []string{"id"}, "search_hidden": true,
	}, &reply)
	if err != nil || len(reply.Projects) == 0 {
		return "", err
	}
	c.mu.Lock()
	c.projects[name] = reply.Projects[0].ID
	c.mu.Unlock()
	return reply.Projects[0].ID, nil
}

// ensureProject returns the id of a project, which it makes if there is none.
func (c *Client) ensureProject(ctx context.Context, name string) (string, error) {
	id, err := c.project(ctx, name)
	if err != nil || id != "" {
		return id, err
	}
	var made api.IDResponse
	err = c.conn.call(ctx, "projects.create", name, once, map[string]any{"name": name}, &made)
	if KindOf(err) == KindConflict { // another process was faster
		return c.project(ctx, name)
	}
	return made.ID, err
}

// forget drops what is known of a project: it was deleted, or renamed.
func (c *Client) forget(name string) {
	c.mu.Lock()
	delete(c.projects, name)
	c.mu.Unlock()
}
