package instance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// startLimit is for a cold start on a loaded machine; a start takes well
	// under a second.
	startLimit = 30 * time.Second
	// stopLimit leaves running uploads the time the server gives them.
	stopLimit = 60 * time.Second
	// pollEvery is short against a start, which callers measure.
	pollEvery = 2 * time.Millisecond
)

// Config says what to start.
type Config struct {
	Binary string   // path of coffer
	Data   string   // data directory; made if it does not exist
	Args   []string // further arguments of serve
	Env    []string // environment; nil for that of this process
	Log    string   // file for what the server writes; "" for Data + ".log"
}

// Instance is a running server.
type Instance struct {
	Addresses
	Log   string
	Start time.Duration // from the start of the process to the first answer

	config  Config
	command *exec.Cmd
	ended   chan struct{}
	stop    sync.Once
	killed  bool
}

// Addresses is where a server listens, as URLs without a trailing slash.
type Addresses struct {
	Web   string `json:"web"`
	API   string `json:"api"`
	Files string `json:"files"`
}

// Keys is a key pair with the addresses to use it at.
type Keys struct {
	API    string `json:"api_server"`
	Web    string `json:"web_server"`
	Files  string `json:"files_server"`
	Access string `json:"access_key"`
	Secret string `json:"secret_key"`
}

// Start runs `coffer serve` and waits until it answers.
func Start(ctx context.Context, c Config) (*Instance, error) {
	if c.Log == "" {
		c.Log = filepath.Clean(c.Data) + ".log"
	}
	log, err := os.Create(c.Log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the process has a copy
	args := []string{"serve", "--data", c.Data, "--listen", "127.0.0.1:0", "--api-listen", "127.0.0.1:0", "--files-listen", "127.0.0.1:0"}
	i := &Instance{Log: c.Log, config: c, command: exec.Command(c.Binary, append(args, c.Args...)...), ended: make(chan struct{})}
	i.command.Stdout, i.command.Stderr, i.command.Env = log, log, c.Env
	// An interrupt at the terminal is for the caller, who then stops the server.
	i.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// Of a server that was killed on this directory.
	if err := os.Remove(filepath.Join(c.Data, "addresses.json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	begin := time.Now()
	if err := i.command.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = i.command.Wait()
		close(i.ended)
	}()
	if err := i.ready(ctx); err != nil {
		_ = i.Stop() // what went wrong is told already
		return nil, fmt.Errorf("coffer serve did not start: %w\n%s", err, i.LogTail())
	}
	i.Start = time.Since(begin)
	return i, nil
}

func (i *Instance) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if content, err := os.ReadFile(filepath.Join(i.config.Data, "addresses.json")); err == nil && json.Unmarshal(content, &i.Addresses) == nil && answers(ctx, i.Web) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-i.ended:
			return fmt.Errorf("it ended with %s", i.command.ProcessState)
		case <-tick.C:
		}
	}
}

func answers(ctx context.Context, web string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, web+"/readyz", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode == http.StatusOK
}

// PID is the server's process id.
func (i *Instance) PID() int { return i.command.Process.Pid }

// CreateKeys makes a key pair with `coffer keys create`.
func (i *Instance) CreateKeys(ctx context.Context) (Keys, error) {
	command := exec.CommandContext(ctx, i.config.Binary, "keys", "create", "--data", i.config.Data, "--format", "json")
	command.Env = i.config.Env
	var problem strings.Builder
	command.Stderr = &problem
	out, err := command.Output()
	if err != nil {
		return Keys{}, fmt.Errorf("coffer keys create: %w\n%s", err, problem.String())
	}
	var keys Keys
	if err := json.Unmarshal(out, &keys); err != nil {
		return Keys{}, fmt.Errorf("reading what coffer keys create printed: %w", err)
	}
	return keys, nil
}

// Command is one of coffer's commands for the server's data directory.
func (i *Instance) Command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, i.config.Binary, append(args, "--data", i.config.Data)...)
	command.Env = i.config.Env
	return command
}

// Stop sends the stop signal and waits for the end; a server that does not go
// within the limit is killed, which is an error. Only the first call acts.
func (i *Instance) Stop() (err error) {
	i.stop.Do(func() {
		select {
		case <-i.ended: // before it was asked to
			err = fmt.Errorf("coffer serve ended by itself with %s\n%s", i.command.ProcessState, i.LogTail())
			return
		default:
		}
		_ = i.command.Process.Signal(syscall.SIGTERM)
		select {
		case <-i.ended:
			if code := i.command.ProcessState.ExitCode(); code != 0 {
				err = fmt.Errorf("coffer serve ended with %s\n%s", i.command.ProcessState, i.LogTail())
			}
		case <-time.After(stopLimit):
			_ = i.command.Process.Kill()
			<-i.ended
			err = fmt.Errorf("coffer serve did not stop within %s", stopLimit)
		}
	})
	return err
}

// Kill ends the process at once, as a crash would, and waits for the end. Stop
// does nothing after it.
func (i *Instance) Kill() error {
	var err error
	i.stop.Do(func() {
		i.killed = true
		err = i.command.Process.Kill()
		<-i.ended
	})
	return err
}

// Killed reports whether the server was killed.
func (i *Instance) Killed() bool { return i.killed }

// LogTail gives the last lines the server wrote.
func (i *Instance) LogTail() string {
	const lines = 20
	content, err := os.ReadFile(i.Log)
	if err != nil {
		return ""
	}
	all := strings.Split(strings.TrimSpace(string(content)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
