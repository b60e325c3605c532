package blobtest

import (
	"context"
	"io"
	"sync/atomic"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/internal/fault"
)

// ErrInjected is what a Faulty store fails with.
var ErrInjected = fault.Reason{Kind: fault.Unavailable, Name: "blobtest.injected"}

// Faulty is a store that fails on demand. Its zero faults let everything
// through.
type Faulty struct {
	blob.Store
	// FailPutAfter makes puts fail once they have read so many bytes; 0 never.
	FailPutAfter atomic.Int64
	// FailOpen and FailDelete make those calls fail.
	FailOpen, FailDelete atomic.Bool
	// Lose makes every object look absent.
	Lose atomic.Bool
	// Deleted counts deletes that went through.
	Deleted atomic.Int64
}

// Put implements blob.Store.
func (f *Faulty) Put(ctx context.Context, key blob.Key, r io.Reader) (int64, error) {
	if n := f.FailPutAfter.Load(); n > 0 {
		r = io.MultiReader(io.LimitReader(r, n), broken{})
	}
	return f.Store.Put(ctx, key, r)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, ErrInjected.Errorf("the disk is gone") }

// Open implements blob.Store.
func (f *Faulty) Open(ctx context.Context, key blob.Key, off, n int64) (io.ReadCloser, error) {
	if err := f.reading(); err != nil {
		return nil, err
	}
	return f.Store.Open(ctx, key, off, n)
}

// Stat implements blob.Store.
func (f *Faulty) Stat(ctx context.Context, key blob.Key) (blob.Info, error) {
	if err := f.reading(); err != nil {
		return blob.Info{}, err
	}
	return f.Store.Stat(ctx, key)
}

func (f *Faulty) reading() error {
	switch {
	case f.Lose.Load():
		return blob.ErrNotFound.Errorf("there is no such object")
	case f.FailOpen.Load():
		return ErrInjected.Errorf("the disk is gone")
	}
	return nil
}

// Delete implements blob.Store.
func (f *Faulty) Delete(ctx context.Context, key blob.Key) error {
	if f.FailDelete.Load() {
		return ErrInjected.Errorf("the disk is gone")
	}
	f.Deleted.Add(1)
	return f.Store.Delete(ctx, key)
}
