package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
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
	flag.Int64Var(&b.huge, "huge", 5<<30, "`bytes` of the file that object stores are sent once, to see the memory that it takes")
	flag.StringVar(&b.stores, "stores", "", "send blobs only to these object `stores`, with commas between: s3,gs,azure")
	flag.IntVar(&b.small, "small", 2000, "`number` of 4 KiB files per round and of downloads per client")
	flag.IntVar(&b.points, "points", 10_000_000, "`number` of scalar events of the long curve")
	flag.IntVar(&b.seconds, "seconds", 60, "`seconds` that a thousand tasks report together")
	flag.IntVar(&b.tasks, "tasks", 1_000_000, "`number` of tasks of the large database of the lists")
	flag.IntVar(&b.models, "models", 100_000, "`number` of models of the large database of models")
	flag.IntVar(&b.requests, "requests", 200, "`number` of requests for each list")
	flag.StringVar(&b.ask, "ask", "", "ask only for the lists whose name this `expression` matches")
	flag.BoolVar(&b.again, "again", false, "with the lists: read an expression from each line of standard input, and ask the binary anew, whatever it is by then")
	flag.StringVar(&b.kept, "keep", "", "`directory` where the SQLite databases of the lists are kept, and found by the next run")
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
	huge           int64 // of the one that object stores are sent once
	stores         string
	small          int // 4 KiB files per round
	points         int // of the long curve
	seconds        int // that many tasks report together
	tasks          int // of the large database of the lists
	models         int // of the large database of models
	requests       int // for each list
	ask            string
	again          bool
	kept           string // directory; "" for none
	rounds         int
	only           string
	engine         string // of the metadata
	parent         string

	folder   string           // everything the run writes
	postgres *postgres.Server // if that is the engine
	asked    *regexp.Regexp   // of ask
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
		{"twin", (*bench).measureTwin},
		{"add", (*bench).measureAdd},
		{"events", (*bench).measureEvents},
		{"blobs", (*bench).measureBlobs},
		{"models", (*bench).measureModels},
		{"lists", (*bench).measureLists},
		{"previews", (*bench).measurePreviews},
		{"codec", (*bench).measureCodec},
	}
}

func groupNames() (names []string) {
	for _, g := range groups() {
		names = append(names, g.name)
	}
	return names
}

func (b *bench) run(ctx context.Context) (err error) {
	if b.rounds < 1 || b.small < 8 || b.size < 1<<20 || b.huge < 1<<20 || b.points < 10*perBatch || b.seconds < 1 || b.tasks < few || b.models < few || b.requests < 1 {
		return errors.New("needed are at least 1 round, 8 small files, 1 MiB for the large and the huge one, 10,000 points, 1 second, 10,000 tasks and models, and 1 request")
	}
	for _, path := range []*string{&b.coffer, &b.python, &b.parent} {
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	if err := roomFor(b.parent, max(b.size*int64(b.rounds+3), 2*b.huge)); err != nil {
		return err
	}
	if b.folder, err = os.MkdirTemp(b.parent, "coffer-load-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.folder)) }()
	switch b.engine {
	case sqlite:
	case "postgres":
		// The tests switch the cleaning off: their databases live for seconds. Memory is set as docs/storage/postgres.md
		// advises, for a machine of 8 GB.
		b.postgres, err = postgres.Start(ctx, postgres.Config{
			Durable: true, Settings: []string{"autovacuum_naptime=1min", "shared_buffers=2GB"},
		})
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
func (b *bench) server(ctx context.Context, name string, args ...string) (s *server, err error) {
	s = &server{folder: filepath.Join(b.folder, name), postgres: b.postgres, args: args}
	if err := os.MkdirAll(s.temporary(), 0o700); err != nil {
		return nil, err
	}
	if b.postgres != nil {
		if s.database, err = b.postgres.Create(ctx); err != nil {
			return nil, err
		}
	}
	if err := b.start(ctx, s); err != nil {
		return nil, err
	}
	if s.keys, err = s.CreateKeys(ctx); err == nil {
		err = s.signIn(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// start runs the binary on what the server has.
func (b *bench) start(ctx context.Context, s *server) (err error) {
	env := append(instance.Clean(), "TMPDIR="+s.temporary())
	if s.database != "" {
		env = append(env, "COFFER_DB="+s.database)
	}
	s.Instance, err = instance.Start(ctx, instance.Config{
		Binary: b.coffer,
		Data:   filepath.Join(s.folder, "data"),
		Args:   append([]string{"--log-format", "json"}, s.args...),
		Env:    env,
	})
	return err
}

// restart runs the binary anew.
func (b *bench) restart(ctx context.Context, s *server) error {
	if err := s.Stop(); err != nil {
		return err
	}
	if err := b.start(ctx, s); err != nil {
		return err
	}
	s.token = ""
	return s.signIn(ctx)
}

// discard stops the server and removes all it wrote.
func (s *server) discard() error {
	if s.Instance == nil { // it did not start
		return os.RemoveAll(s.folder)
	}
	return errors.Join(s.Stop(), os.RemoveAll(s.folder))
}
