// Command run starts a throw-away PostgreSQL server for tests that are not
// written in Go: it prints the URL of an empty database and serves until its
// standard input ends.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/coffer-ml/coffer/test/postgres"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	s, err := postgres.Start(context.Background(), postgres.Config{})
	if err != nil {
		return err
	}
	at, err := s.Create(context.Background())
	if err != nil {
		return err
	}
	fmt.Println(at)
	_, _ = io.Copy(io.Discard, os.Stdin) // its end is all that counts
	return s.Stop()
}
