package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// settle lets a server that has just started finish what start-up left over.
const settle = 3 * time.Second

func (b *bench) measureStart(ctx context.Context) error {
	var start, idle series
	err := b.each(ctx, "start", func(n int) error {
		s, err := b.server(ctx, fmt.Sprintf("start-%d", n))
		if err != nil {
			return err
		}
		start = append(start, float64(s.Start.Milliseconds()))
		select {
		case <-ctx.Done():
		case <-time.After(settle):
		}
		rss, err := s.memory("VmRSS")
		idle = append(idle, rss)
		return errors.Join(err, s.discard())
	})
	if err != nil {
		return err
	}
	b.report.plain("start on an empty directory until the first answer", "", "< 500 ms", "ms", start)
	b.report.plain("resident memory when idle", "", "< 60 MB", "MB", idle)
	return nil
}
