package blob

import (
	"context"
	"time"
)

// Signer is a capability of stores that let others read or write one object
// without passing through this server, by an address that carries the
// permission and expires. Signing asks no server and does not check that the
// object is there.
type Signer interface {
	SignGet(ctx context.Context, key Key, o SignOptions) (Signed, error)
	// SignPut is for one PUT of the whole object. What is written that way was
	// hashed by nobody: read it before you believe it.
	SignPut(ctx context.Context, key Key, o SignOptions) (Signed, error)
}

// SignOptions say what an address is for.
type SignOptions struct {
	// Expires is how long the address is good for; 0 means 15 minutes, 7 days
	// is the most that stores allow.
	Expires time.Duration
	// ContentType and Disposition are the headers of the answer to a GET; ""
	// leaves them to the store.
	ContentType string
	Disposition string
}

// DefaultExpiry is enough for a download to begin, also behind a slow queue;
// one that has begun goes on.
const DefaultExpiry = 15 * time.Minute

// MaxExpiry is the most that all stores allow.
const MaxExpiry = 7 * 24 * time.Hour

// Lasting returns how long the address is good for.
func (o SignOptions) Lasting() time.Duration {
	if o.Expires <= 0 {
		return DefaultExpiry
	}
	return min(o.Expires, MaxExpiry)
}

// Signed is a signed address.
type Signed struct {
	URL string
	// Header is what the request must carry as well; may be empty.
	Header map[string]string
}
