package server

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// adminSocket is where commands reach the server of a data directory. Its file
// mode is the credential.
const adminSocket = "admin.sock"

// maxSocketPath is what the address of a socket holds, in bytes: 108 with the
// NUL at its end on Linux, 104 elsewhere.
const maxSocketPath = 103

// viaSocketPath runs use with a path to the admin socket that fits into the
// address of a socket: of a deep directory that leads through the open
// directory itself.
func viaSocketPath[T any](data string, use func(path string) (T, error)) (T, error) {
	path := filepath.Join(data, adminSocket)
	if len(path) <= maxSocketPath {
		return use(path)
	}
	dir, err := os.Open(data)
	if err != nil {
		var none T
		return none, err
	}
	defer func() { _ = dir.Close() }()
	return use(fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), adminSocket))
}

// listenAdmin opens the admin socket. The caller, who holds the lock of the
// directory, removes it in the end.
func listenAdmin(ctx context.Context, data string) (net.Listener, error) {
	path := filepath.Join(data, adminSocket)
	_ = os.Remove(path) // of a server that was killed
	l, err := viaSocketPath(data, func(short string) (net.Listener, error) {
		return (&net.ListenConfig{}).Listen(ctx, "unix", short)
	})
	if err != nil {
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false) // it may know a path that is gone
	if err := os.Chmod(path, 0o600); err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	return l, nil
}

// dialAdmin connects to the server of a data directory.
func dialAdmin(ctx context.Context, data string) (net.Conn, error) {
	return viaSocketPath(data, func(short string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", short)
	})
}
