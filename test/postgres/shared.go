package postgres

import (
	"context"
	"sync"
	"testing"
)

// shared is the one server of a test binary. Nothing stops it: it ends with
// the process.
var shared = sync.OnceValues(func() (*Server, error) { return Start(context.Background(), Config{}) })

// Shared returns the server that the tests of this binary share.
func Shared(t testing.TB) *Server {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Database makes an empty database on the shared server, dropped after the
// test, and returns its URL.
func Database(t testing.TB) string {
	t.Helper()
	s := Shared(t)
	at, err := s.Create(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Drop(context.Background(), at); err != nil {
			t.Error("drop the database:", err)
		}
	})
	return at
}
