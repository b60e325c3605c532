package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/coffer-ml/coffer/test/instance"
)

func main() {
	var d demo
	flag.StringVar(&d.coffer, "coffer", "bin/coffer", "the coffer `binary`")
	flag.StringVar(&d.python, "python", ".venv/compat-newest/bin/python", "a Python `interpreter` with clearml, numpy, pandas, pyarrow and Pillow")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := d.run(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "\n%v\n", err)
		os.Exit(1)
	}
}

// demo is one run.
type demo struct {
	coffer, python string // absolute paths once run has begun
	folder         string // everything the run writes
	screen         screen
}

func (d *demo) run(ctx context.Context) (err error) {
	begin := time.Now()
	d.screen = newScreen(os.Stdout)
	for _, path := range []*string{&d.coffer, &d.python} {
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
		if _, err := os.Stat(*path); err != nil {
			return fmt.Errorf("%w\nmake demo builds what this needs", err)
		}
	}
	if d.folder, err = os.MkdirTemp("", "coffer-demo-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(d.folder)) }()

	version, err := exec.CommandContext(ctx, d.coffer, "version").Output()
	if err != nil {
		return fmt.Errorf("coffer version: %w", err)
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(version)), "\n")
	d.screen.title(first, "one artifact of every kind, stored and read back")

	rows, problems, err := d.play(ctx)
	if err != nil {
		return err
	}
	d.screen.table(rows)
	if len(problems) > 0 {
		return fmt.Errorf("these are wrong:\n  %s", strings.Join(problems, "\n  "))
	}
	checks := 0
	for _, r := range rows {
		checks += r.checks
	}
	d.screen.last(fmt.Sprintf("%d artifacts, %d checks, all right.  %.1f s", len(rows), checks, time.Since(begin).Seconds()))
	return nil
}

// play runs server and examples and gives what they saw. The server has
// stopped when it returns.
func (d *demo) play(ctx context.Context) (rows []row, problems []string, err error) {
	var server *instance.Instance
	if err := d.screen.step("start on an empty directory", func() error {
		server, err = instance.Start(ctx, instance.Config{Binary: d.coffer, Data: filepath.Join(d.folder, "data"), Env: instance.Clean()})
		return err
	}); err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	keys, err := server.CreateKeys(ctx)
	if err != nil {
		return nil, nil, err
	}
	examples, err := d.build(ctx, keys)
	if err != nil {
		return nil, nil, err
	}

	var python, golang logReport
	if err := d.screen.step("log from Python, with the ClearML SDK", func() error { return examples.python.log(ctx, &python) }); err != nil {
		return nil, nil, err
	}
	if err := d.screen.step("log from Go, with the Go SDK", func() error { return examples.golang.log(ctx, &golang) }); err != nil {
		return nil, nil, err
	}
	tasks := []string{python.Task, golang.Task}
	var saw witnesses
	if err := d.screen.step("read all in a second Python process", func() error { return examples.python.read(ctx, tasks, &saw.python) }); err != nil {
		return nil, nil, err
	}
	if err := d.screen.step("read all in a second Go process", func() error { return examples.golang.read(ctx, tasks, &saw.golang) }); err != nil {
		return nil, nil, err
	}
	if saw.server, err = serverLists(ctx, keys, tasks); err != nil {
		return nil, nil, err
	}
	rows, problems = saw.judge(python.Task, golang.Task)
	problems = append(problems, examples.python.complaints...)
	return rows, append(problems, examples.golang.complaints...), nil
}
