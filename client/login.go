package client

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/api"
)

// authorized runs fn with a token, with a new one if the server takes the
// first for ended.
func (c *conn) authorized(ctx context.Context, fn func(token string) error) error {
	token, err := c.login(ctx, "")
	if err != nil {
		return err
	}
	err = fn(token)
	var e *Error
	var why *reason
	if !errors.As(err, &e) || !errors.As(e.Err, &why) || why.status != http.StatusUnauthorized {
		return err
	}
	if token, err = c.login(ctx, token); err != nil {
		return err
	}
	return fn(token)
}

// login returns the token, a new one if there is none, if it ends soon, or if
// it is stale.
func (c *conn) login(ctx context.Context, stale string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == "" && stale == "" && c.set.Token != "" {
		c.token, c.expires = c.set.Token, expiry(c.set.Token)
	}
	ends := !c.expires.IsZero() && c.set.Now().Add(renewAhead).After(c.expires)
	if c.token != "" && c.token != stale && !ends {
		return c.token, nil
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.set.API+"/v"+apiVersion+"/auth.login", nil)
	if err != nil {
		return "", err
	}
	switch {
	case c.set.AccessKey != "":
		r.SetBasicAuth(c.set.AccessKey, c.set.SecretKey)
	case c.token != "":
		r.Header.Set("Authorization", "Bearer "+c.token)
	default:
		return "", &Error{Kind: KindDenied, Op: "auth.login", Host: c.host, Message: fmt.Sprintf(
			"no key pair is configured: coffer login asks for one, or set %s and %s", varAccess, varSecret)}
	}
	var reply api.LoginResponse
	if err := c.envelope(r, "auth.login", "", &reply); err != nil {
		return "", err
	}
	c.token, c.expires = reply.Token, expiry(reply.Token)
	return c.token, nil
}

// expiry reads the end of a token, a JWT whose signature is the server's
// concern; zero if it tells none.
func expiry(token string) time.Time {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Exp int64 `json:"exp"`
	}
	if err != nil || json.Unmarshal(text, &claims) != nil || claims.Exp == 0 {
		return time.Time{}
	}
	return time.Unix(claims.Exp, 0)
}
