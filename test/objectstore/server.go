package objectstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/coffer-ml/coffer/internal/ident"
)

const (
	// startLimit is for a cold start on a loaded machine, and for building the
	// server if make packages did not.
	startLimit = 5 * time.Minute
	// pollEvery is short against a start.
	pollEvery = 20 * time.Millisecond
	// tries bounds how often another port is taken because somebody was quicker
	// to use the one that was free.
	tries = 3
)

// Kind is a kind of object store.
type Kind string

// The kinds, named as the schemes of their addresses.
const (
	S3    Kind = "s3"
	GCS   Kind = "gs"
	Azure Kind = "azure"
)

// Kinds lists every kind.
func Kinds() []Kind { return []Kind{S3, GCS, Azure} }

// Server is a running server.
type Server struct {
	Kind     Kind
	Endpoint string // http://127.0.0.1:port

	dir     string
	keys    keys
	process *exec.Cmd
	leash   io.Closer // the server ends when this is closed
	made    atomic.Int64
}

// watch runs what follows $1 until standard input ends, and then removes the
// directory $1.
const watch = `dir=$1; shift; "$@" >"$dir/log" 2>&1 & read -r _; kill -KILL $!; wait $! 2>/dev/null; rm -rf "$dir" || :`

// Start makes a directory and a server on it, and waits until it answers.
func Start(ctx context.Context, kind Kind) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	var failed []error
	for range tries {
		s, err := start(ctx, kind)
		if err == nil {
			return s, nil
		}
		failed = append(failed, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, fmt.Errorf("start an object store of kind %s: %w", kind, errors.Join(failed...))
}

func start(ctx context.Context, kind Kind) (*Server, error) {
	dir, err := os.MkdirTemp("", "coffer-"+string(kind)+"-")
	if err != nil {
		return nil, err
	}
	s := &Server{Kind: kind, dir: dir}
	fail := func(err error) (*Server, error) { return nil, errors.Join(err, os.RemoveAll(dir)) }
	port, err := freePort(ctx)
	if err != nil {
		return fail(err)
	}
	s.Endpoint = fmt.Sprintf("http://127.0.0.1:%d", port)
	if s.keys, err = makeKeys(kind, dir); err != nil {
		return fail(err)
	}
	command, env, err := s.command(ctx, port)
	if err != nil {
		return fail(err)
	}
	s.process = exec.Command("/bin/sh", append([]string{"-c", watch, "sh", dir}, command...)...)
	s.process.Dir = dir
	s.process.Env = append(os.Environ(), env...)
	// A group of its own: an interrupt at the terminal is for the tests, which
	// then stop the server.
	s.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if s.leash, err = s.process.StdinPipe(); err != nil {
		return fail(err)
	}
	if err := s.process.Start(); err != nil {
		return fail(err)
	}
	if err := s.ready(ctx); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		return nil, errors.Join(fmt.Errorf("%w\n%s", err, log), s.Stop())
	}
	return s, nil
}

// sparing lets fake-gcs-server take an object of 5 GiB on a machine of 24: it has all of it in memory, three times
// over in the end, and would let as much again lie about.
var sparing = []string{"GOGC=10", "GOMEMLIMIT=17GiB"}

// command is what runs the server.
func (s *Server) command(ctx context.Context, port int) (command, env []string, err error) {
	data := filepath.Join(s.dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		return nil, nil, err
	}
	host := "127.0.0.1"
	switch s.Kind {
	case S3:
		program, err := tool(ctx, "versitygw")
		return []string{program, "--port", net.JoinHostPort(host, strconv.Itoa(port)), "--quiet", "--keep-alive", "posix", data},
			[]string{"ROOT_ACCESS_KEY=" + s.keys.id, "ROOT_SECRET_KEY=" + s.keys.secret}, err
	case GCS:
		program, err := tool(ctx, "fake-gcs-server")
		return []string{
			program, "-scheme", "http", "-host", host, "-port", strconv.Itoa(port), "-backend", "filesystem", "-filesystem-root", data,
			"-external-url", s.Endpoint, "-public-host", net.JoinHostPort(host, strconv.Itoa(port)), "-log-level", "error",
		}, sparing, err
	case Azure:
		program, err := azurite()
		return []string{
			"node", program, "--blobHost", host, "--blobPort", strconv.Itoa(port), "--location", data,
			"--skipApiVersionCheck", "--silent", "--disableTelemetry",
		}, []string{"AZURITE_ACCOUNTS=" + s.keys.id + ":" + s.keys.secret}, err
	}
	return nil, nil, fmt.Errorf("there is no object store of kind %q", s.Kind)
}

func freePort(ctx context.Context) (int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(port)
	return n, errors.Join(err, l.Close())
}

// ready waits until the server answers, whatever it says.
func (s *Server) ready(ctx context.Context) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Endpoint+"/", nil)
		if err != nil {
			return err
		}
		answer, err := http.DefaultClient.Do(request)
		if err == nil {
			return answer.Body.Close()
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-tick.C:
		}
	}
}

// NewBucket makes an empty bucket and returns its address for a blob driver.
func (s *Server) NewBucket(ctx context.Context) (string, error) {
	name := fmt.Sprintf("coffer-test-%d-%s", s.made.Add(1), ident.New()[:8])
	if err := s.makeBucket(ctx, name); err != nil {
		return "", fmt.Errorf("make the bucket %s: %w", name, err)
	}
	return s.Address(name), nil
}

// Address is the address of a bucket for a blob driver.
func (s *Server) Address(bucket string) string {
	u := url.URL{Scheme: string(s.Kind), Host: bucket, Path: "/some/prefix"}
	if s.Kind == Azure {
		u.Host, u.Path = s.keys.id, "/"+bucket+u.Path
	}
	u.RawQuery = url.Values{"endpoint": {s.Endpoint}, "credentials": {s.keys.file}}.Encode()
	return u.String()
}

// Stop ends the server and removes all it had.
func (s *Server) Stop() error {
	_ = s.leash.Close()
	// What is left of the shell is of no interest.
	_ = s.process.Wait()
	return os.RemoveAll(s.dir)
}
