package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

//go:embed sdk.py
var sdkProgram string

// uploadsPerRound keeps a round of the slowest case, whose time is the SDK's
// own, to some seconds.
const uploadsPerRound = 10

// requestsPerUpload are the bytes, the record and the task, one after the
// other.
const requestsPerUpload = 3

// measureSDK tells how much of the time of an upload_artifact of the Python
// SDK is the server's, by its own access log.
func (b *bench) measureSDK(ctx context.Context) (err error) {
	script := filepath.Join(b.folder, "sdk.py")
	if err := os.WriteFile(script, []byte(sdkProgram), 0o600); err != nil {
		return err
	}
	s, err := b.server(ctx, "sdk")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.discard()) }()
	home := filepath.Join(b.folder, "home")
	if err := os.MkdirAll(home, 0o700); err != nil {
		return err
	}
	for _, c := range []struct {
		what      string
		artifacts int
		args      []string
	}{
		{"2 artifacts", 2, nil},
		{"2,000 artifacts", 2000, nil},
		{"2,000 artifacts, all sent again", 2000, []string{"--whole-list"}},
	} {
		task, err := s.taskWith(ctx, c.artifacts-1) // and the one that is uploaded
		if err != nil {
			return err
		}
		p, err := startProgram(ctx, b.python, append([]string{script, task}, c.args...), s.keys.Environment(home))
		if err != nil {
			return err
		}
		var share, whole, paced series
		err = b.each(ctx, "SDK, "+c.what, func(int) error {
			requests, before, err := s.served()
			if err != nil {
				return err
			}
			took, err := p.upload(uploadsPerRound)
			if err != nil {
				return err
			}
			answered, after, err := s.served()
			if n := answered - requests; err == nil && n != requestsPerUpload*uploadsPerRound {
				err = fmt.Errorf("%d uploads made %d requests, expected %d each", uploadsPerRound, n, requestsPerUpload)
			}
			share = append(share, (after-before).Seconds()*1000/uploadsPerRound)
			whole = append(whole, took.median())
			if err != nil {
				return err
			}
			raw, err := b.pacedWrites()
			paced = append(paced, raw.median())
			return err
		})
		if err := errors.Join(err, p.stop()); err != nil {
			return err
		}
		b.report.plain("share of upload_artifact, task with "+c.what, fmt.Sprintf("of %s; one raw durable write: %s", figure(whole.median(), "ms"), figure(paced.median(), "ms")), "< 2 ms", "ms", share)
	}
	return nil
}

// pause is about what the SDK does between its writes. A disk that rests
// between two syncs takes longer for each than one that is kept busy.
const pause = 15 * time.Millisecond

// pacedWrites gives the milliseconds that plain durable writes take at the
// pace of the SDK.
func (b *bench) pacedWrites() (took series, err error) {
	folder, err := os.MkdirTemp(b.folder, "paced-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	for i := range uploadsPerRound {
		time.Sleep(pause)
		begin := time.Now()
		if err := writeDurably(folder, smallName(i), make([]byte, smallSize)); err != nil {
			return nil, err
		}
		took = append(took, time.Since(begin).Seconds()*1000)
	}
	return took, nil
}

// program is a running sdk.py.
type program struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
	said    bytes.Buffer
}

func startProgram(ctx context.Context, python string, args, env []string) (*program, error) {
	p := &program{command: exec.CommandContext(ctx, python, args...)}
	p.command.Env = env
	p.command.Stderr = &p.said
	p.command.Cancel = func() error { return p.command.Process.Signal(syscall.SIGTERM) }
	p.command.WaitDelay = 5 * time.Second
	var err error
	if p.in, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	if _, err := p.answer(); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

// upload has n artifacts uploaded and gives the milliseconds of each call.
func (p *program) upload(n int) (series, error) {
	if _, err := fmt.Fprintln(p.in, n); err != nil {
		return nil, err
	}
	return p.answer()
}

func (p *program) answer() (series, error) {
	for p.out.Scan() {
		text, ok := strings.CutPrefix(p.out.Text(), "@")
		if !ok {
			continue // the SDK prints too
		}
		var took series
		for _, field := range strings.Fields(text) {
			ms, err := strconv.ParseFloat(field, 64)
			if err != nil {
				return nil, err
			}
			took = append(took, ms)
		}
		return took, nil
	}
	return nil, fmt.Errorf("the SDK's process ended; it said:\n%s", p.said.String())
}

func (p *program) stop() error {
	return errors.Join(p.in.Close(), p.command.Wait())
}
