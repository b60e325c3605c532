package e2e_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// nginx is a proxy with all defaults, above all that of the size of a body,
// 1 MiB.
type nginx struct {
	url string
	log string // method, status and bytes received of each request
}

const nginxConf = `daemon off;
%[1]s
worker_processes 1;
pid %[2]s/nginx.pid;
error_log stderr;
events {}
http {
	log_format sizes '$request_method $status $request_length';
	access_log %[2]s/access.log sizes;
	client_body_temp_path %[2]s/t1;
	proxy_temp_path %[2]s/t2;
	fastcgi_temp_path %[2]s/t3;
	uwsgi_temp_path %[2]s/t4;
	scgi_temp_path %[2]s/t5;
	server {
		listen %[3]s;
		location / { proxy_pass %[4]s; }
	}
}
`

// startNginx puts nginx in front of a server until the end of the test.
func startNginx(t *testing.T, upstream string) *nginx {
	t.Helper()
	binary, err := exec.LookPath("nginx")
	if err != nil {
		binary = "/usr/sbin/nginx" // where Debian puts it, and not all search
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	user := ""
	if os.Getuid() == 0 {
		user = "user root;" // its workers must see a private directory
	}
	folder := t.TempDir()
	conf := filepath.Join(folder, "nginx.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, nginxConf, user, folder, host, upstream), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(binary, "-e", "stderr", "-p", folder, "-c", conf)
	var said strings.Builder
	command.Stderr = &said
	if err := command.Start(); err != nil {
		t.Fatalf("starting nginx (Debian: nginx-light): %v", err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		if err := command.Wait(); err != nil {
			t.Errorf("nginx ended with %v\n%s", err, said.String())
		}
	})
	for range 500 {
		if conn, err := net.Dial("tcp", host); err == nil {
			_ = conn.Close()
			return &nginx{url: "http://" + host, log: filepath.Join(folder, "access.log")}
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("nginx does not answer: %s", said.String())
	return nil
}

// bodies returns how many bytes of PUT requests came in so far, and how many
// of those requests were refused for their size.
func (n *nginx) bodies(t *testing.T) (bytes int64, refused int) {
	t.Helper()
	content, err := os.ReadFile(n.log)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		fields := strings.Fields(line)
		if len(fields) != 3 || fields[0] != "PUT" {
			continue
		}
		length, err := strconv.ParseInt(fields[2], 10, 64)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		bytes += length
		if fields[1] == "413" {
			refused++
		}
	}
	return bytes, refused
}
