package blobtest

import (
	"context"
	"io"
	"iter"
	"sync/atomic"
	"time"

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
	// ShortPut makes puts store only so many bytes and say that all is well; 0
	// never, -1 none at all.
	ShortPut atomic.Int64
	// FailPut makes puts fail after they have read everything.
	FailPut atomic.Bool
	// FailOpen, FailDelete and FailList make those calls fail.
	FailOpen, FailDelete, FailList atomic.Bool
	// Every makes each n-th put and delete fail, and the others slow; 0 none.
	Every atomic.Int64
	// Lose makes every object look absent.
	Lose atomic.Bool
	// Deleted counts deletes that went through.
	Deleted atomic.Int64

	calls atomic.Int64
}

// Heal takes all faults away.
func (f *Faulty) Heal() {
	f.FailPutAfter.Store(0)
	f.ShortPut.Store(0)
	f.Every.Store(0)
	for _, b := range []*atomic.Bool{&f.FailPut, &f.FailOpen, &f.FailDelete, &f.FailList, &f.Lose} {
		b.Store(false)
	}
}

// slowness is enough for calls to overlap.
const slowness = time.Millisecond

// turn says whether the call is one that fails.
func (f *Faulty) turn() bool {
	n := f.Every.Load()
	if n == 0 {
		return false
	}
	time.Sleep(slowness)
	return f.calls.Add(1)%n == 0
}

// Put implements blob.Store.
func (f *Faulty) Put(ctx context.Context, key blob.Key, r io.Reader) (int64, error) {
	switch n, short := f.FailPutAfter.Load(), f.ShortPut.Load(); {
	case n > 0:
		r = io.MultiReader(io.LimitReader(r, n), broken{})
	case short != 0:
		r = io.LimitReader(r, max(0, short))
	case f.FailPut.Load() || f.turn():
		r = io.MultiReader(r, broken{})
	}
	return f.Store.Put(ctx, key, r)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, injected() }

func injected() error { return ErrInjected.Errorf("the disk is gone") }

// List implements blob.Store.
func (f *Faulty) List(ctx context.Context, after blob.Key) iter.Seq2[blob.Info, error] {
	if f.FailList.Load() {
		return func(yield func(blob.Info, error) bool) { yield(blob.Info{}, injected()) }
	}
	return f.Store.List(ctx, after)
}

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
		return injected()
	}
	return nil
}

// Delete implements blob.Store.
func (f *Faulty) Delete(ctx context.Context, key blob.Key) error {
	if f.FailDelete.Load() || f.turn() {
		return injected()
	}
	f.Deleted.Add(1)
	return f.Store.Delete(ctx, key)
}
