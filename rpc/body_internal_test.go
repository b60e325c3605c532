package rpc

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/sync/semaphore"

	"github.com/coffer-ml/coffer/internal/fault"
)

// Large bodies share what memory there is: whoever would go beyond waits until
// another one ends, small bodies never do.
func TestLargeBodiesShareMemory(t *testing.T) {
	const piece = 1 << 20
	shared := semaphore.NewWeighted(2 * piece)
	open := func(ctx context.Context, size int) *body {
		return &body{ctx: ctx, r: strings.NewReader(strings.Repeat("x", size)), limit: largeBody, shared: shared}
	}
	read := func(b *body) error {
		_, err := io.Copy(io.Discard, b)
		return err
	}
	first := open(t.Context(), ownBody+2*piece)
	if err := read(first); err != nil {
		t.Fatal(err)
	}
	small := open(t.Context(), ownBody)
	if err := read(small); err != nil {
		t.Errorf("a small body waits for the large one: %v", err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	second := open(gone, ownBody+1)
	if err := read(second); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("a second large body beside the first: %v", err)
	}
	second.release()
	waiting := make(chan error)
	third := open(t.Context(), ownBody+piece)
	go func() { waiting <- read(third) }()
	first.release()
	first.release() // twice is once
	if err := <-waiting; err != nil {
		t.Errorf("after the first one ended: %v", err)
	}
	third.release()
	if !shared.TryAcquire(2 * piece) {
		t.Error("something is still held when all have ended")
	}
}

// Each row of the table has the body limit that its calls need.
func TestBodyLimits(t *testing.T) {
	large := map[string]int64{
		"tasks.add_or_update_artifacts": 256 << 20, "tasks.edit": 256 << 20, "tasks.create": 256 << 20, "tasks.edit_configuration": 256 << 20,
		"tasks.validate": 256 << 20, "tasks.update_batch": 32 << 20, "events.add": 32 << 20, "events.add_batch": 32 << 20,
	}
	m := &mux{bodies: semaphore.NewWeighted(sharedBodies)}
	for _, r := range (&handlers{}).table() {
		want := int64(1 << 20)
		if n, ok := large[r.name]; ok {
			want = n
		}
		if r.limit != want {
			t.Errorf("%s takes %d bytes, want %d", r.name, r.limit, want)
		}
	}
	for size, want := range map[int]error{1 << 20: nil, 1<<20 + 1: ErrBodyLimit} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"a":"`+strings.Repeat("x", size-8)+`"}`))
		b := m.open(httptest.NewRecorder(), r, smallBody)
		if err := readObject(b, map[string]any{}); !errors.Is(err, want) {
			t.Errorf("%d bytes: %v, want %v", size, err, want)
		}
	}
}
