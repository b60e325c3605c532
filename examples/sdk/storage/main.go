// Command storage moves files and folders without a task.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/coffer-ml/coffer/client"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) (err error) {
	c, err := client.Open(ctx, client.Config{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close(ctx)) }()
	dir, err := os.MkdirTemp("", "coffer-example-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "values.csv")
	if err := os.WriteFile(file, []byte("1,2\n"), 0o600); err != nil {
		return err
	}

	s := c.Storage()
	address := c.Addresses().Files + "/examples/values.csv" // or a folder, or s3:// with a driver
	if err := s.Put(ctx, file, address); err != nil {
		return err
	}
	size, err := s.Size(ctx, address)
	if err != nil {
		return err
	}
	path, err := s.Get(ctx, address)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	fmt.Printf("%d bytes: %s", size, text)
	return errors.Join(err, s.Delete(ctx, address))
}
