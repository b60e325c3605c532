package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/coffer-ml/coffer/internal/ident"
)

const (
	// startLimit is for a cold start on a loaded machine; a start takes about a
	// second, most of it for the new data directory.
	startLimit = 60 * time.Second
	// pollEvery is short against a start.
	pollEvery = 10 * time.Millisecond
	// tries bounds how often another port is taken because somebody was
	// quicker to use the one that was free.
	tries = 5
)

// superuser is the account that the servers are made with.
const superuser = "coffer"

// Config says what to start. The zero value is a quick server that loses its
// data in a power cut.
type Config struct {
	// Durable makes commits wait for the disk, as a server in earnest does.
	Durable bool
	// Settings are further settings of the server, name=value.
	Settings []string
}

// Server is a running server.
type Server struct {
	dir      string
	port     int
	password string
	process  *exec.Cmd
	leash    io.Closer // the server ends when this is closed
	made     atomic.Int64
}

// watch runs the server $2 with what follows as its arguments until standard
// input ends, and then removes the directory $1. SIGQUIT ends it at once.
const watch = `dir=$1; shift; "$@" >"$dir/log" 2>&1 & read -r _; kill -QUIT $!; wait $!; rm -rf "$dir" || :`

// Start makes a data directory and a server on it, and waits until it answers.
func Start(ctx context.Context, c Config) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	var failed []error
	for range tries {
		s, err := start(ctx, bin, c)
		if err == nil {
			return s, nil
		}
		failed = append(failed, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, fmt.Errorf("start a PostgreSQL server: %w", errors.Join(failed...))
}

// programs finds the folder of the server's programs, which Debian keeps off
// the path. The newest one is taken.
func programs() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	if len(found) > 0 {
		return filepath.Dir(found[0]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("PostgreSQL is not installed: there is no initdb in /usr/lib/postgresql/*/bin or on the path; tools/packages.sh installs it")
	}
	return filepath.Dir(path), nil
}

func version(program string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(program))))
	return n
}

func start(ctx context.Context, bin string, c Config) (*Server, error) {
	as, err := account()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(place(c.Durable), "coffer-postgres-")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, password: ident.New()}
	if err := s.initialise(ctx, bin, as); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if s.port, err = freePort(ctx); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	args := []string{"-c", watch, "sh", dir, filepath.Join(bin, "postgres"), "-D", s.data()}
	for _, setting := range append(settings(s.port, dir, c.Durable), c.Settings...) {
		args = append(args, "-c", setting)
	}
	s.process = exec.Command("/bin/sh", args...)
	s.process.Dir = dir
	// A group of its own: an interrupt at the terminal is for the tests, which
	// then stop the server.
	s.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: as}
	if s.leash, err = s.process.StdinPipe(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.process.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.ready(ctx); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		return nil, errors.Join(fmt.Errorf("%w\n%s", err, log), s.Stop())
	}
	return s, nil
}

// account is whom the server runs as: it refuses to be root. Nil means the
// account of this process.
func account() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root: %w", err)
	}
	uid, uerr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gerr := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(uerr, gerr)
}

// place is where the directory is made: in memory, if nobody minds and there is
// room, since other tests keep the disk busy.
func place(durable bool) string {
	const memory, room = "/dev/shm", 2 << 30
	var fs syscall.Statfs_t
	if !durable && syscall.Statfs(memory, &fs) == nil && fs.Bavail*uint64(fs.Bsize) > room {
		return memory
	}
	return os.TempDir()
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// initialise makes the data directory.
func (s *Server) initialise(ctx context.Context, bin string, as *syscall.Credential) error {
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(s.password), 0o600); err != nil {
		return err
	}
	if as != nil {
		if err := errors.Join(os.Chown(s.dir, int(as.Uid), int(as.Gid)), os.Chown(secret, int(as.Uid), int(as.Gid))); err != nil {
			return err
		}
	}
	args := []string{
		"--pgdata", s.data(), "--username", superuser, "--pwfile", secret, "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync",
		"--auth", "md5", // quicker than scram, and here nobody listens
	}
	if version(filepath.Join(bin, "initdb")) >= 15 {
		args = append(args, "--locale-provider", "icu", "--icu-locale", "en-US")
	}
	command := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), args...)
	command.Dir, command.SysProcAttr = s.dir, &syscall.SysProcAttr{Credential: as}
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

func settings(port int, dir string, durable bool) []string {
	set := []string{
		"listen_addresses=127.0.0.1",
		fmt.Sprint("port=", port),
		"unix_socket_directories=" + dir,
		"max_connections=300", // many tests, each with pools of its own
		"log_min_messages=warning",
		"log_min_error_statement=panic", // tests cause errors on purpose
		"autovacuum_naptime=1h",         // databases live for seconds
	}
	if !durable {
		set = append(set, "fsync=off", "full_page_writes=off")
	}
	return set
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

// ready waits until the server answers.
func (s *Server) ready(ctx context.Context) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		// The last words of a server that cannot start.
		if log, _ := os.ReadFile(filepath.Join(s.dir, "log")); strings.Contains(string(log), "database system is shut down") {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-tick.C:
		}
	}
}

// URL is where a database of the server is reached, with the password.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(superuser, s.password),
		Host: s.Address(), Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Address is host and port of the server.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Create makes a new, empty database and returns its URL.
func (s *Server) Create(ctx context.Context) (string, error) {
	name := fmt.Sprint("test_", s.made.Add(1))
	return s.URL(name), s.run(ctx, `CREATE DATABASE `+name)
}

// Drop removes a database, whoever may still be connected to it.
func (s *Server) Drop(ctx context.Context, at string) error {
	u, err := url.Parse(at)
	if err != nil {
		return err
	}
	return s.run(ctx, `DROP DATABASE `+strings.TrimPrefix(u.Path, "/")+` WITH (FORCE)`)
}

// Size is the bytes that all databases take on disk, without the log of what
// was written.
func (s *Server) Size(ctx context.Context) (bytes int64, err error) {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return 0, err
	}
	err = conn.QueryRow(ctx, `SELECT sum(pg_database_size(oid))::bigint FROM pg_database`).Scan(&bytes)
	return bytes, errors.Join(err, conn.Close(ctx))
}

// DatabaseSize is the bytes that one database takes on disk.
func (s *Server) DatabaseSize(ctx context.Context, at string) (bytes int64, err error) {
	conn, err := pgx.Connect(ctx, at)
	if err != nil {
		return 0, err
	}
	err = conn.QueryRow(ctx, `SELECT pg_database_size(current_database())`).Scan(&bytes)
	return bytes, errors.Join(err, conn.Close(ctx))
}

func (s *Server) run(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// Stop ends the server and removes all it had.
func (s *Server) Stop() error {
	_ = s.leash.Close()
	// Its account may not remove a directory out of one that is ours alone.
	return errors.Join(s.process.Wait(), os.RemoveAll(s.dir))
}
