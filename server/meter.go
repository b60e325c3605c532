package server

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/internal/fault"
)

// storeMetrics are what /metrics shows of calls to blob stores. Files on local
// disks are handed to the kernel without a call.
type storeMetrics struct {
	calls *prometheus.CounterVec
	time  *prometheus.HistogramVec
	bytes *prometheus.CounterVec
}

func newStoreMetrics() *storeMetrics {
	return &storeMetrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "coffer_store_calls_total", Help: "Calls to blob stores by kind of store, call and result: ok, or the kind of failure.",
		}, []string{"store", "call", "result"}),
		time: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "coffer_store_call_seconds", Help: "How long calls to blob stores took, puts with their transfers, gets until the first byte could be read.",
			Buckets: []float64{.0005, .002, .01, .05, .2, 1, 5, 30, 120},
		}, []string{"store", "call"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "coffer_store_bytes_total", Help: "Bytes written to blob stores and read from them.",
		}, []string{"store", "direction"}),
	}
}

// wrap counts the calls to a store. Capabilities beyond blob.Store are those of
// the store itself.
func (m *storeMetrics) wrap(location string, s blob.Store) blob.Store {
	kind, _, _ := strings.Cut(location, ":")
	return &metered{Store: s, metrics: m, kind: kind}
}

type metered struct {
	blob.Store
	metrics *storeMetrics
	kind    string
}

// Unwrap is for blob.As.
func (m *metered) Unwrap() blob.Store { return m.Store }

func (m *metered) note(call string, begin time.Time, err error) {
	result := "ok"
	switch {
	case errors.Is(err, context.Canceled):
		result = "cancelled"
	case err != nil:
		result = fault.KindOf(err).String()
	}
	m.metrics.calls.WithLabelValues(m.kind, call, result).Inc()
	m.metrics.time.WithLabelValues(m.kind, call).Observe(time.Since(begin).Seconds())
}

// Put implements blob.Store.
func (m *metered) Put(ctx context.Context, key blob.Key, r io.Reader) (int64, error) {
	begin := time.Now()
	n, err := m.Store.Put(ctx, key, r)
	m.note("put", begin, err)
	m.metrics.bytes.WithLabelValues(m.kind, "written").Add(float64(n))
	return n, err
}

// Open implements blob.Store.
func (m *metered) Open(ctx context.Context, key blob.Key, off, n int64) (io.ReadCloser, error) {
	begin := time.Now()
	r, err := m.Store.Open(ctx, key, off, n)
	m.note("get", begin, err)
	if err != nil {
		return nil, err
	}
	return &counted{r, m.metrics.bytes.WithLabelValues(m.kind, "read")}, nil
}

type counted struct {
	io.ReadCloser
	bytes prometheus.Counter
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.bytes.Add(float64(n))
	return n, err
}

// Stat implements blob.Store.
func (m *metered) Stat(ctx context.Context, key blob.Key) (blob.Info, error) {
	begin := time.Now()
	info, err := m.Store.Stat(ctx, key)
	m.note("stat", begin, err)
	return info, err
}

// Delete implements blob.Store.
func (m *metered) Delete(ctx context.Context, key blob.Key) error {
	begin := time.Now()
	err := m.Store.Delete(ctx, key)
	m.note("delete", begin, err)
	return err
}

// List implements blob.Store. It is one call, however many the store makes of
// it; how long it took is mostly the caller's doing.
func (m *metered) List(ctx context.Context, after blob.Key) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		var failed error
		begin := time.Now()
		for info, err := range m.Store.List(ctx, after) {
			failed = err
			if !yield(info, err) {
				break
			}
		}
		m.note("list", begin, failed)
	}
}
