package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/coffer-ml/coffer/test/instance"
	"github.com/coffer-ml/coffer/test/postgres"
)

func main() {
	var b bench
	flag.StringVar(&b.coffer, "coffer", "bin/coffer", "the coffer `binary`")
	flag.StringVar(&b.python, "python", ".venv/compat-newest/bin/python", "a Python `interpreter` with clearml")
	flag.Int64Var(&b.size, "size", 1<<30, "`bytes` of the large file")
	flag.IntVar(&b.small, "small", 2000, "`number` of 4 KiB files per round and of downloads per client")
	flag.IntVar(&b.points, "points", 10_000_000, "`number` of scalar events of the long curve")
	flag.IntVar(&b.seconds, "seconds", 60, "`seconds` that a thousand tasks report together")
	flag.IntVar(&b.rounds, "rounds", 5, "`rounds` of which the median counts")
	flag.StringVar(&b.only, "only", "", "run only these `groups`, with commas between: "+strings.Join(groupNames(), ","))
	flag.StringVar(&b.engine, "db", sqlite, "the `engine` of the metadata: sqlite or postgres, a server of its own that waits for the disk")
	flag.StringVar(&b.parent, "dir", os.TempDir(), "`directory` on the disk to measure")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := b.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// bench is one run.
type bench struct {
	coffer, python string
	size           int64 // bytes of the large file
	small          int   // 4 KiB files per round
	points         int   // of the long curve
	seconds        int   // that many tasks report together
	rounds         int
	only           string
	engine         string // of the metadata
	parent         string

	folder   string           // everything the run writes
	postgres *postgres.Server // if that is the engine
	report   report
}

const sqlite = "sqlite"

// group is a set of rows that are measured together on one server.
type group struct {
	name    string
	measure func(*bench, context.Context) error
}

func groups() []group {
	return []group{
		{"start", (*bench).measureStart},
		{"large", (*bench).measureLarge},
		{"small", (*bench).measureSmall},
		{"sdk", (*bench).measureSDK},
		{"add", (*bench).measureAdd},
		{"events", (*bench).measureEvents},
	}
}

func groupNames() (names []string) {
	for _, g := range groups() {
		names = append(names, g.name)
	}
	return names
}

func (b *bench) run(ctx context.Context) (err error) {
	if b.rounds < 1 || b.small < 8 || b.size < 1<<20 || b.points < 10*perBatch || b.seconds < 1 {
		return errors.New("needed are at least 1 round, 8 small files, 1 MiB for the large one, 10,000 points and 1 second")
	}
	for _, path := range []*string{&b.coffer, &b.python, &b.parent} {
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	if err := roomFor(b.parent, b.size*int64(b.rounds+3)); err != nil {
		return err
	}
	if b.folder, err = os.MkdirTemp(b.parent, "coffer-load-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.folder)) }()
	switch b.engine {
	case sqlite:
	case "postgres":
		// The tests switch the cleaning off: their databases live for seconds.
		b.postgres, err = postgres.Start(ctx, postgres.Config{Durable: true, Settings: []string{"autovacuum_naptime=1min"}})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, b.postgres.Stop()) }()
	default:
		return fmt.Errorf("-db is %q, expected sqlite or postgres", b.engine)
	}

	begin := time.Now()
	for _, g := range groups() {
		if b.only != "" && !strings.Contains(","+b.only+",", ","+g.name+",") {
			continue
		}
		if err := g.measure(b, ctx); err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
	}
	fmt.Print(b.report.text())
	fmt.Fprintf(os.Stderr, "%d rounds in %.0f s\n", b.rounds, time.Since(begin).Seconds())
	return nil
}

// each runs the rounds, and says so.
func (b *bench) each(ctx context.Context, what string, round func(n int) error) error {
	for n := range b.rounds {
		fmt.Fprintf(os.Stderr, "\r\x1b[K%s: round %d of %d", what, n+1, b.rounds)
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := round(n); err != nil {
			return err
		}
	}
	fmt.Fprint(os.Stderr, "\r\x1b[K")
	return nil
}

// server starts Coffer on an empty directory. Its temporary files would be in
// a directory that `written` counts too.
func (b *bench) server(ctx context.Context, name string) (*server, error) {
	temporary := filepath.Join(b.folder, name, "tmp")
	if err := os.MkdirAll(temporary, 0o700); err != nil {
		return nil, err
	}
	env := append(instance.Clean(), "TMPDIR="+temporary)
	if b.postgres != nil {
		at, err := b.postgres.Create(ctx)
		if err != nil {
			return nil, err
		}
		env = append(env, "COFFER_DB="+at)
	}
	i, err := instance.Start(ctx, instance.Config{
		Binary: b.coffer,
		Data:   filepath.Join(b.folder, name, "data"),
		Args:   []string{"--log-format", "json"},
		Env:    env,
	})
	if err != nil {
		return nil, err
	}
	s := &server{Instance: i, folder: filepath.Join(b.folder, name), postgres: b.postgres}
	if s.keys, err = i.CreateKeys(ctx); err == nil {
		err = s.signIn(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, i.Stop())
	}
	return s, nil
}

// discard stops the server and removes all it wrote.
func (s *server) discard() error {
	return errors.Join(s.Stop(), os.RemoveAll(s.folder))
}
