// Command run starts a throw-away object store for tests that are not written
// in Go: "run s3", "run gs" or "run azure" prints the address of an empty bucket
// for --blobs and serves until its standard input ends.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/coffer-ml/coffer/test/objectstore"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "expected one of", objectstore.Kinds())
		os.Exit(2)
	}
	if err := run(objectstore.Kind(os.Args[1])); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(kind objectstore.Kind) error {
	s, err := objectstore.Start(context.Background(), kind)
	if err != nil {
		return err
	}
	at, err := s.NewBucket(context.Background())
	if err != nil {
		return err
	}
	fmt.Println(at)
	_, _ = io.Copy(io.Discard, os.Stdin) // its end is all that counts
	return s.Stop()
}
