package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/coffer-ml/coffer/test/instance"
	"github.com/coffer-ml/coffer/test/postgres"
)

// server is a running Coffer with a signed-in caller.
type server struct {
	*instance.Instance
	folder string // data directory, temporary files and log
	keys   instance.Keys
	token  string

	args []string // further ones of serve

	postgres *postgres.Server // with its metadata; nil for SQLite
	database string           // its address there; "" for SQLite
}

// temporary is where the server puts files that it does not keep.
func (s *server) temporary() string { return filepath.Join(s.folder, "tmp") }

func (s *server) signIn(ctx context.Context) error {
	var reply struct {
		Token string `json:"token"`
	}
	if err := s.call(ctx, "auth.login", struct{}{}, &reply); err != nil {
		return err
	}
	s.token = reply.Token
	return nil
}

// call sends an API call, with the token once there is one.
func (s *server) call(ctx context.Context, endpoint string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.API+"/"+endpoint, strings.NewReader(string(body)))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth(s.keys.Access, s.keys.Secret)
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %.500s", endpoint, resp.Status, content)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(content, &struct {
		Data any `json:"data"`
	}{out})
}

// collect frees what was deleted, at once.
func (s *server) collect(ctx context.Context) error {
	if out, err := s.Command(ctx, "gc", "--grace", "0").CombinedOutput(); err != nil {
		return fmt.Errorf("coffer gc: %w: %s", err, out)
	}
	return nil
}

// filesAddress is the host and port of the file server.
func (s *server) filesAddress() string { return strings.TrimPrefix(s.Files, "http://") }

// memory gives a figure of /proc/PID/status, say VmRSS, in MB.
func (s *server) memory(figure string) (float64, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID()))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(content)) {
		if value, ok := strings.CutPrefix(line, figure+":"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return kib * 1024 / 1e6, err
		}
	}
	return 0, fmt.Errorf("the system does not tell %s", figure)
}

// forgetPeak makes VmHWM, the peak of the resident memory, start anew.
func (s *server) forgetPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.PID()), []byte("5"), 0)
}

// written gives the bytes that data directory and temporary files take on disk.
func (s *server) written() (total int64) {
	counted := map[uint64]bool{} // a file may have two names for a moment
	_ = filepath.WalkDir(s.folder, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil // gone since its directory was read
		}
		if info, err := entry.Info(); err == nil {
			if stat, ok := info.Sys().(*syscall.Stat_t); ok && !counted[stat.Ino] {
				counted[stat.Ino] = true
				total += stat.Blocks * 512
			}
		}
		return nil
	})
	return total
}

// roomFor refuses a disk that is too full for the run.
func roomFor(dir string, bytes int64) error {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return err
	}
	if free := int64(stat.Bavail) * stat.Bsize; free < bytes {
		return fmt.Errorf("%s has %d MB free, the run needs %d MB: choose another -dir or a smaller -size", dir, free/1e6, bytes/1e6)
	}
	return nil
}

// curve is what our own endpoint tells of one.
type curve struct {
	X    []int     `json:"x"`
	Mean []float64 `json:"mean"`
	Min  []float64 `json:"min"`
	Max  []float64 `json:"max"`
	MaxX []int     `json:"max_x"`
}

// scalars samples the one curve of a task.
func (s *server) scalars(ctx context.Context, task string, samples int) (curve, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/tasks/%s/scalars?samples=%d", s.API, task, samples), nil)
	if err != nil {
		return curve{}, err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return curve{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	var reply struct {
		Curves []curve `json:"curves"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&reply); err != nil {
		return curve{}, err
	}
	if resp.StatusCode != http.StatusOK || len(reply.Curves) != 1 {
		return curve{}, fmt.Errorf("curves: %s, %d of them", resp.Status, len(reply.Curves))
	}
	return reply.Curves[0], nil
}
