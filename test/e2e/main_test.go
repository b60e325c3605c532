package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/test/instance"
)

// TestMain runs the tests, or, if it was started for that, sends a file as a
// process of its own.
func TestMain(m *testing.M) {
	if os.Getenv(sendAPI) != "" {
		if err := send(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// The environment of a process that sends a file.
const (
	sendAPI    = "E2E_SEND_API"
	sendAccess = "E2E_SEND_ACCESS"
	sendSecret = "E2E_SEND_SECRET"
)

// send sends the file that the second argument names to the path that is the
// first one, and prints how many bytes the server has as they grow.
func send() error {
	ctx := context.Background()
	c, err := client.Open(ctx, client.Config{
		File: "-", API: os.Getenv(sendAPI), AccessKey: os.Getenv(sendAccess), SecretKey: os.Getenv(sendSecret),
		Progress: func(p client.Progress) {
			if p.Done > 0 && p.Done < p.Total { // a known content arrives at once
				fmt.Println(p.Done)
			}
		},
	})
	if err != nil {
		return err
	}
	at := c.Addresses().Files + "/" + (&url.URL{Path: os.Args[1]}).EscapedPath()
	return errors.Join(c.Storage().Put(ctx, os.Args[2], at), c.Close(ctx))
}

// buildCoffer returns the path of the binary under test.
func buildCoffer(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "coffer")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../cmd/coffer").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

func start(t *testing.T, c instance.Config) *instance.Instance {
	t.Helper()
	server, err := instance.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// kill ends a server as a power cut would, as far as a process can.
func kill(t *testing.T, server *instance.Instance) {
	t.Helper()
	if err := syscall.Kill(server.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := server.Stop(); err == nil { // waits for the end
		t.Error("the killed server says that it ended well")
	}
}
