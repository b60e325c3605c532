package objectstore

import (
	"context"
	"net/url"
	"sync"
	"testing"
)

// shared are the servers of a test binary, one of each kind. Nothing stops
// them: they end with the process.
var shared = map[Kind]func() (*Server, error){
	S3:    sync.OnceValues(func() (*Server, error) { return Start(context.Background(), S3) }),
	GCS:   sync.OnceValues(func() (*Server, error) { return Start(context.Background(), GCS) }),
	Azure: sync.OnceValues(func() (*Server, error) { return Start(context.Background(), Azure) }),
}

// Shared returns the server of a kind that the tests of this binary share.
func Shared(t testing.TB, kind Kind) *Server {
	t.Helper()
	s, err := shared[kind]()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Bucket makes an empty bucket on the shared server of a kind and returns its
// address for a blob driver.
func Bucket(t testing.TB, kind Kind) string {
	t.Helper()
	at, err := Shared(t, kind).NewBucket(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// Parse takes the address of a bucket apart.
func Parse(t testing.TB, at string) *url.URL {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
