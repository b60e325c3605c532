package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// nginx is the reference for downloads: sendfile, no log, one root.
type nginx struct {
	host    string
	command *exec.Cmd
	said    strings.Builder
}

const nginxConf = `daemon off;
%s
worker_processes auto;
pid %[2]s/nginx.pid;
error_log stderr;
events { worker_connections 256; }
http {
	access_log off;
	sendfile on;
	tcp_nopush on;
	keepalive_requests 100000000;
	client_body_temp_path %[2]s/t1;
	proxy_temp_path %[2]s/t2;
	fastcgi_temp_path %[2]s/t3;
	uwsgi_temp_path %[2]s/t4;
	scgi_temp_path %[2]s/t5;
	server { listen %[3]s; root %[4]s; }
}
`

// startNginx serves root on a free port. Its own files go to folder.
func startNginx(ctx context.Context, folder, root string) (*nginx, error) {
	binary, err := exec.LookPath("nginx")
	if err != nil {
		binary = "/usr/sbin/nginx" // where Debian puts it, and not all search
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n := &nginx{host: free.Addr().String()}
	if err := free.Close(); err != nil {
		return nil, err
	}
	user := ""
	if os.Getuid() == 0 {
		user = "user root;" // its workers must see a private directory
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	conf := filepath.Join(folder, "nginx.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, nginxConf, user, folder, n.host, root), 0o600); err != nil {
		return nil, err
	}
	n.command = exec.Command(binary, "-e", "stderr", "-p", folder, "-c", conf)
	n.command.Stderr = &n.said
	if err := n.command.Start(); err != nil {
		return nil, fmt.Errorf("starting nginx (Debian: nginx-light): %w", err)
	}
	for range 200 {
		if w, err := dial(ctx, n.host); err == nil {
			return n, w.Close()
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil, errors.Join(errors.New("nginx does not answer: "+n.said.String()), n.stop())
}

func (n *nginx) stop() error {
	if err := n.command.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return n.command.Wait()
}
