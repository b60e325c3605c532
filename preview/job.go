package preview

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/coffer-ml/coffer/codec"
)

const (
	// waitingJobs may wait; more are refused until a page asks again.
	waitingJobs = 100
	// jobPatience is how long one may take.
	jobPatience = 30 * time.Minute
	// jobColumns bounds the memory of one: a column takes up to 20 KiB.
	jobColumns = 2000
	// jobRows of a column are in memory at once.
	jobRows = 16 << 10
	// rememberedFailures are the jobs that are not tried again.
	rememberedFailures = 1000
)

// tableStats is what a job finds out about a table.
type tableStats struct {
	Rows    int64    `json:"rows"`
	Ragged  int64    `json:"ragged"`
	Columns []Column `json:"columns"`
}

// jobs make the statistics of whole tables, one after the other.
type jobs struct {
	service *Service
	queue   chan job

	mu     sync.Mutex
	states map[string]string // waiting, running or failed, by key
	failed int
}

type job struct {
	key     string
	source  Source
	members []string
}

func newJobs(s *Service) *jobs {
	return &jobs{service: s, queue: make(chan job, waitingJobs), states: map[string]string{}}
}

// ask returns what a job found, or the state that it is in, having started it
// if need be.
func (j *jobs) ask(src Source, members []string) (*tableStats, string) {
	if j.service.cache.dir == "" {
		return nil, "" // there is no place to put what it would find
	}
	key := cacheKey(src, Query{Members: members, As: Table, At: -1})
	if b, ok := j.service.cache.get(key); ok {
		var out tableStats
		if json.Unmarshal(b, &out) == nil {
			return &out, ""
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if state := j.states[key]; state != "" {
		return nil, state
	}
	select {
	case j.queue <- job{key, src, members}:
		j.states[key] = "waiting"
		return nil, "waiting"
	default:
		return nil, ""
	}
}

func (j *jobs) set(key, state string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if state == "" {
		delete(j.states, key)
		return
	}
	if state == "failed" {
		if j.failed++; j.failed > rememberedFailures {
			for k, s := range j.states {
				if s == "failed" {
					delete(j.states, k)
				}
			}
			j.failed = 1
		}
	}
	j.states[key] = state
}

// Run makes the statistics that were asked for until the context ends. Without
// it they stay those of the first rows.
func (s *Service) Run(ctx context.Context) {
	s.cache.open()
	for {
		select {
		case <-ctx.Done():
			return
		case one := <-s.jobs.queue:
			s.jobs.set(one.key, "running")
			state := ""
			if err := s.jobs.run(ctx, one); err != nil && ctx.Err() == nil {
				state = "failed"
				s.cfg.Log("statistics of a table", err)
			}
			s.jobs.set(one.key, state)
		}
	}
}

// run makes the statistics of one table.
func (j *jobs) run(ctx context.Context, one job) (err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = malformed("reading it failed: %.200v", broken)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, jobPatience)
	defer cancel()
	in, done, err := open(ctx, one.source)
	if err != nil {
		return err
	}
	defer done()
	in.unbounded()
	v := &view{service: j.service, source: one.source, query: Query{Members: one.members}, in: in}
	f, err := v.find()
	if err != nil {
		return err
	}
	var found *tableStats
	switch k := sniff(f); k.format {
	case "parquet":
		found, err = parquetStats(in, f)
	case "feather":
		found, err = featherStats(in, f)
	case "csv", "tsv", "csv.gz", "tsv.gz":
		found, err = csvStats(in, f, k.format)
	default:
		err = fmt.Errorf("%w: it is no table", codec.ErrType)
	}
	if err := errors.Join(err, in.failed()); err != nil {
		return err
	}
	b, err := json.Marshal(found)
	if err != nil {
		return err
	}
	j.service.cache.put(one.key, b)
	return nil
}

// parquetStats looks at all rows, column by column.
func parquetStats(in *input, f piece) (*tableStats, error) {
	file, err := codec.OpenParquet(f, f.size, codec.Limits{Bytes: maxValues, Columns: jobColumns, Rows: codec.Unlimited})
	if err != nil {
		return nil, err
	}
	out := &tableStats{Rows: file.NumRows()}
	out.Columns = fields(file.Schema, Span{0, int64(file.Schema.NumFields())})
	for i := range out.Columns {
		var s summary
		if err := file.Scan(i, jobRows, func(a arrow.Array) error {
			s.take(a)
			return in.ctx.Err()
		}); err != nil {
			if in.failed() != nil || in.ctx.Err() != nil {
				return nil, err
			}
			continue // a column of a type that is not read has no statistics
		}
		out.Columns[i].Summary = s.result(out.Rows)
	}
	return out, nil
}

// featherStats looks at all rows, batch by batch.
func featherStats(in *input, f piece) (*tableStats, error) {
	file, err := codec.OpenFeather(f, f.size, codec.Limits{Bytes: maxValues, Columns: jobColumns})
	if err != nil {
		return nil, err
	}
	out := &tableStats{Columns: fields(file.Schema, Span{0, int64(file.Schema.NumFields())})}
	sums := make([]summary, len(out.Columns))
	for b := range file.Batches() {
		if err := in.ctx.Err(); err != nil {
			return nil, err
		}
		batch, err := file.Batch(b)
		if err != nil {
			return nil, err
		}
		for i := range sums {
			sums[i].take(batch.Column(i))
		}
		out.Rows += batch.NumRows()
		batch.Release()
	}
	for i := range sums {
		out.Columns[i].Summary = sums[i].result(out.Rows)
	}
	return out, nil
}
