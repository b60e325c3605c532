package crash_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// inside marks the process that may mount; it holds the path of the binary.
const inside = "COFFER_CRASH_BINARY"

// withMounts runs a test in a process with a mount namespace of its own, in
// which it may mount file systems: they go with the process, however it ends.
func withMounts(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	if os.Getenv(inside) != "" {
		must(t, syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""))
		test(t)
		return
	}
	out, err := enter(t, syscall.CLONE_NEWNS, nil)
	if errors.Is(err, syscall.EPERM) { // not root: become it in a user namespace
		out, err = enter(t, syscall.CLONE_NEWNS|syscall.CLONE_NEWUSER, &syscall.SysProcIDMap{HostID: os.Getuid(), Size: 1})
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

func enter(t *testing.T, flags uintptr, root *syscall.SysProcIDMap) ([]byte, error) {
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=5m")
	command.Env = append(os.Environ(), inside+"="+binary)
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, Pdeathsig: syscall.SIGKILL}
	if root != nil {
		command.SysProcAttr.UidMappings = []syscall.SysProcIDMap{*root}
		command.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	return command.CombinedOutput()
}

// disk is a small file system in memory.
type disk struct{ dir string }

func newDisk(t *testing.T, size int64) disk {
	t.Helper()
	d := disk{filepath.Join(t.TempDir(), "disk")}
	must(t, os.Mkdir(d.dir, 0o700))
	must(t, syscall.Mount("tmpfs", d.dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)))
	t.Cleanup(func() { must(t, syscall.Unmount(d.dir, 0)) })
	return d
}

func (d disk) resize(t *testing.T, size int64) {
	t.Helper()
	must(t, syscall.Mount("tmpfs", d.dir, "tmpfs", syscall.MS_REMOUNT, fmt.Sprintf("size=%d", size)))
}

func (d disk) free(t *testing.T) int64 {
	t.Helper()
	var st syscall.Statfs_t
	must(t, syscall.Statfs(d.dir, &st))
	return int64(st.Bavail) * st.Bsize
}

// leave fills the disk but for so many bytes, and returns what makes room
// again.
func (d disk) leave(t *testing.T, size int64) (makeRoom func()) {
	t.Helper()
	path := filepath.Join(d.dir, "filler")
	must(t, os.WriteFile(path, make([]byte, d.free(t)-size), 0o600))
	return func() { must(t, os.Remove(path)) }
}
