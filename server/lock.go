package server

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/coffer-ml/coffer/internal/fault"
)

// ErrInUse is the reason for leaving a data directory alone that another
// process owns.
var ErrInUse = fault.Reason{Kind: fault.Conflict, Name: "server.data_in_use"}

// lockData makes this process the owner of the data directory, which it makes
// if need be. The lock goes with the process, however it ends.
func lockData(dir string) (release func(), err error) {
	// Whatever is made from here on is for the owner alone, also in a directory
	// that was there before: the database holds the secret that signs tokens.
	syscall.Umask(0o077)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock of the data directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(path)
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrInUse.Errorf("%s is in use by another coffer (process %s); one process owns a data directory", dir, strings.TrimSpace(string(holder)))
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if err := f.Truncate(0); err == nil {
		_, _ = fmt.Fprintf(f, "%d\n", os.Getpid()) // for people and for the message above
	}
	return func() { _ = f.Close() }, nil
}
