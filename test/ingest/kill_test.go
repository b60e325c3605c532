package ingest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/coffer-ml/coffer/test/instance"
	"github.com/coffer-ml/coffer/test/postgres"
)

const (
	rounds    = 5
	reporters = 4
	perBatch  = 100
	// acknowledged is after how many answered batches of a round the server
	// is killed; the next ones are on their way then.
	acknowledged = 40
)

// caller talks to a server.
type caller struct {
	keys instance.Keys
	api  string
}

// call returns an error if no whole answer came.
func (c caller) call(ctx context.Context, endpoint, kind string, body []byte, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.api+"/v2.23/"+endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	req.SetBasicAuth(c.keys.Access, c.keys.Secret)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	var reply struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&reply); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", endpoint, resp.Status)
	}
	return json.Unmarshal(reply.Data, into)
}

// batch is the n-th batch of a task: scalars of two curves and a log line.
func batch(task string, n int) []byte {
	var b bytes.Buffer
	for i := range perBatch {
		iter := n*perBatch + i
		fmt.Fprintf(&b, `{"type":"training_stats_scalar","task":%q,"metric":"m","variant":"%d","iter":%d,"value":%d,"timestamp":%d}`+"\n", task, i%2, iter, iter%97, 1000+iter)
	}
	fmt.Fprintf(&b, `{"type":"log","task":%q,"msg":"batch %d","timestamp":%d,"worker":"w","level":"INFO"}`, task, n, 1000+n)
	return b.Bytes()
}

// A killed server has lost no batch that it acknowledged, and what it tells of
// curves agrees with their points. A batch that nobody knows the fate of is
// sent again, as the SDK does: it is there once.
func TestKilledServerLosesNoAcknowledgedBatch(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "coffer")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/coffer").CombinedOutput(); err != nil {
		t.Fatalf("build coffer: %v\n%s", err, out)
	}
	for name, args := range map[string][]string{"sqlite": nil, "postgres": {"--db", postgres.Database(t)}} {
		t.Run(name, func(t *testing.T) { killAndCheck(t, binary, args) })
	}
}

func killAndCheck(t *testing.T, binary string, args []string) {
	data := filepath.Join(t.TempDir(), "data")
	var keys instance.Keys
	tasks := make([]string, reporters)
	sent := make([]int, reporters) // acknowledged batches of each
	for round := range rounds {
		server, err := instance.Start(t.Context(), instance.Config{Binary: binary, Data: data, Args: args, Env: instance.Clean()})
		if err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			if keys, err = server.CreateKeys(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		c := caller{keys: keys, api: server.API}
		if round == 0 {
			for i := range tasks {
				var made struct {
					ID string `json:"id"`
				}
				if err := c.call(t.Context(), "tasks.create", "application/json", []byte(`{"name":"ingest","type":"training"}`), &made); err != nil {
					t.Fatal(err)
				}
				tasks[i] = made.ID
			}
		}
		for i, task := range tasks {
			check(t, c, task, sent[i])
		}
		var answered atomic.Int64
		var working sync.WaitGroup
		for i, task := range tasks {
			working.Go(func() {
				for {
					var added struct {
						Added int `json:"added"`
					}
					err := c.call(t.Context(), "events.add_batch", "application/json-lines", batch(task, sent[i]), &added)
					if err != nil || added.Added != perBatch+1 {
						return // killed
					}
					sent[i]++
					if answered.Add(1) == acknowledged {
						_ = syscall.Kill(server.PID(), syscall.SIGKILL)
					}
				}
			})
		}
		working.Wait()
		if answered.Load() < acknowledged {
			t.Fatalf("the server stopped answering by itself: %s", server.LogTail())
		}
		_ = server.Stop() // was killed
	}
}

// check reads back what was acknowledged.
func check(t *testing.T, c caller, task string, batches int) {
	t.Helper()
	ask := func(endpoint, body string, into any) {
		t.Helper()
		if err := c.call(t.Context(), endpoint, "application/json", []byte(body), into); err != nil {
			t.Fatal(err)
		}
	}
	var log struct {
		Total int `json:"total"`
	}
	ask("events.get_task_log", fmt.Sprintf(`{"task":%q,"batch_size":1}`, task), &log)
	if log.Total != batches && log.Total != batches+1 {
		t.Errorf("%d lines, acknowledged were %d", log.Total, batches)
	}
	var raw struct {
		Variants map[string]struct {
			Iter []int     `json:"iter"`
			Y    []float64 `json:"y"`
		} `json:"variants"`
	}
	ask("events.scalar_metrics_iter_raw", fmt.Sprintf(`{"task":%q,"metric":{"metric":"m"},"batch_size":200000}`, task), &raw)
	stored := map[int]float64{}
	for _, v := range raw.Variants {
		for i, iter := range v.Iter {
			stored[iter] = v.Y[i]
		}
	}
	for iter := range batches * perBatch {
		if y, ok := stored[iter]; !ok || y != float64(iter%97) {
			t.Fatalf("iteration %d is %v, %v", iter, y, ok)
		}
	}
	var doc struct {
		Task struct {
			Last map[string]map[string]struct {
				Count int `json:"count"`
			} `json:"last_metrics"`
		} `json:"task"`
	}
	ask("tasks.get_by_id", fmt.Sprintf(`{"task":%q}`, task), &doc)
	count := 0
	for _, variants := range doc.Task.Last {
		for _, s := range variants {
			count += s.Count
		}
	}
	if count != len(stored) {
		t.Errorf("the summaries count %d points, stored are %d", count, len(stored))
	}
}
