package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	// previewSize is the most that the SDK keeps of a preview.
	previewSize = 64 << 10
	// manyPreviews is how many artifacts the full task has.
	manyPreviews = 2000
	// previewsPerCall keeps a request at some megabytes.
	previewsPerCall = 100
	// addsPerRound outweigh a sync that happens to be slow.
	addsPerRound = 25
)

// measureAdd holds adding one artifact to a task that has thousands of them,
// all with long previews, against adding it to a task that has none.
func (b *bench) measureAdd(ctx context.Context) (err error) {
	s, err := b.server(ctx, "add")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.discard()) }()
	full, err := s.newTask(ctx)
	if err != nil {
		return err
	}
	for begin := 0; begin < manyPreviews; begin += previewsPerCall {
		if err := s.addExternal(ctx, full, "artifact", begin, previewsPerCall); err != nil {
			return err
		}
	}
	var toFull, toEmpty series // adds/s
	err = b.each(ctx, "one-item adds", func(n int) error {
		empty, err := s.newTask(ctx)
		if err != nil {
			return err
		}
		for _, to := range []struct {
			task   string
			speeds *series
		}{{empty, &toEmpty}, {full, &toFull}} {
			begin := time.Now()
			for i := range addsPerRound {
				if err := s.addExternal(ctx, to.task, fmt.Sprintf("round %d", n), i, 1); err != nil {
					return err
				}
			}
			*to.speeds = append(*to.speeds, addsPerRound/time.Since(begin).Seconds())
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.report.against(fmt.Sprintf("one-item add, task with %d artifacts of 64 KiB preview", manyPreviews), "on an empty task", ">= 0.5", "/s", toFull, toEmpty)
	return nil
}

// addExternal records artifacts that are kept elsewhere, each with a preview of
// its own, in one call.
func (s *server) addExternal(ctx context.Context, task, name string, first, count int) error {
	records := make([]map[string]any, count)
	for i := range records {
		key := fmt.Sprintf("%s %04d", name, first+i)
		line := fmt.Sprintf("%s of %s\n", key, task)
		records[i] = map[string]any{
			"key": key, "type": "custom", "uri": "https://example.org/" + strings.ReplaceAll(key, " ", "-"), "timestamp": 1_700_000_000 + first + i,
			"type_data": map[string]any{"preview": string(bytes.Repeat([]byte(line), previewSize/len(line)))},
		}
	}
	return s.call(ctx, "tasks.add_or_update_artifacts", map[string]any{"task": task, "artifacts": records}, nil)
}
