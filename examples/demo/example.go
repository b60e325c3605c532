package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/coffer-ml/coffer/test/instance"
)

// stopGrace is what a child has between the stop signal and its end when the
// demo is interrupted.
const stopGrace = 5 * time.Second

// example is the program of one language; each of its runs is a new process.
type example struct {
	name       string
	logging    []string // command line that logs
	reading    []string // command line that reads the tasks appended to it
	env        []string
	folder     string
	complaints []string // what it said that a user should not see
}

type examples struct{ python, golang *example }

// logReport is what a logging program reports.
type logReport struct {
	Task string `json:"task"`
}

// settings of the SDK for the demo: its reporter is a thread. As a process of
// its own, which is the SDK's default, it takes many seconds to start and to
// end, whatever the server.
const settings = "sdk.development.report_use_subprocess: false\n"

// build compiles the Go example and gives both their command lines. Each has a
// home of its own, so the reading side starts with an empty cache.
func (d *demo) build(ctx context.Context, keys instance.Keys) (examples, error) {
	const scripts = "examples/python"
	if _, err := os.Stat(scripts); err != nil {
		return examples{}, fmt.Errorf("%w\nthe demo runs in the root of the source tree", err)
	}
	binary := filepath.Join(d.folder, "go-example")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "./examples/go").CombinedOutput(); err != nil {
		return examples{}, fmt.Errorf("building examples/go: %w\n%s", err, out)
	}
	home := filepath.Join(d.folder, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		return examples{}, err
	}
	if err := os.WriteFile(filepath.Join(home, "clearml.conf"), []byte(settings), 0o600); err != nil {
		return examples{}, err
	}
	env := keys.Environment(home)
	return examples{
		python: &example{
			name: "the Python example", env: env, folder: d.folder,
			logging: []string{d.python, filepath.Join(scripts, "log_artifacts.py")},
			reading: []string{d.python, filepath.Join(scripts, "read_artifacts.py")},
		},
		golang: &example{
			name: "the Go example", env: env, folder: d.folder,
			logging: []string{binary, "log"},
			reading: []string{binary, "read"},
		},
	}, nil
}

func (e *example) log(ctx context.Context, report *logReport) error {
	return e.run(ctx, e.logging, nil, report)
}

func (e *example) read(ctx context.Context, tasks []string, report *map[string][]seen) error {
	return e.run(ctx, e.reading, tasks, report)
}

// run starts the program and decodes the report it leaves. A program that
// reports and yet fails has found something different: that is a complaint,
// and the report tells more.
func (e *example) run(ctx context.Context, command, tasks []string, report any) error {
	file := filepath.Join(e.folder, "report.json")
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	args := append(append(command[1:len(command):len(command)], "--report", file), tasks...)
	child := exec.CommandContext(ctx, command[0], args...)
	child.Env = e.env
	child.Cancel = func() error { return child.Process.Signal(syscall.SIGTERM) }
	child.WaitDelay = stopGrace
	var said bytes.Buffer
	child.Stdout, child.Stderr = &said, &said
	failed := child.Run()
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	for line := range strings.Lines(said.String()) {
		// That of the empty file is the SDK's own rule: it has no copy to give.
		bad := strings.Contains(line, "ERROR") || strings.Contains(line, "Failed")
		if bad && !strings.Contains(line, "downloaded a 0-sized file") {
			e.complaints = append(e.complaints, e.name+" said: "+strings.TrimSpace(line))
		}
	}
	content, err := os.ReadFile(file)
	if err != nil && failed != nil {
		return fmt.Errorf("%s ended with %w. It said:\n\n%s", e.name, failed, said.String())
	} else if err != nil {
		return fmt.Errorf("%s left no report: %w. It said:\n\n%s", e.name, err, said.String())
	}
	if failed != nil {
		e.complaints = append(e.complaints, fmt.Sprintf("%s ended with %v", e.name, failed))
	}
	if err := json.Unmarshal(content, report); err != nil {
		return fmt.Errorf("reading the report of %s: %w", e.name, err)
	}
	return nil
}
