package file_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/blobtest"
	"github.com/coffer-ml/coffer/blob/local"
	"github.com/coffer-ml/coffer/file"
)

// BenchmarkUpload stores small new contents durably, one after the other and
// by eight clients at once; puts alone show the share of the store.
func BenchmarkUpload(b *testing.B) {
	for _, clients := range []int{1, 8} {
		b.Run(fmt.Sprintf("put/%d", clients), func(b *testing.B) {
			s, err := local.Open(local.Config{Dir: filepath.Join(b.TempDir(), "blobs")})
			must(b, err)
			inParallel(b, clients, func(_ int64, content []byte) error {
				_, err := blob.Put(b.Context(), s, bytes.NewReader(content), blob.PutOptions{})
				return err
			})
		})
		b.Run(fmt.Sprintf("upload/%d", clients), func(b *testing.B) {
			s, err := local.Open(local.Config{Dir: filepath.Join(b.TempDir(), "blobs")})
			must(b, err)
			w := newWorld(b, "sqlite", s, nil)
			inParallel(b, clients, func(n int64, content []byte) error {
				_, err := w.upload(b.Context(), file.Path(fmt.Sprintf("bench/%d", n)), content)
				return err
			})
		})
	}
}

// inParallel gives each call a number and contents of its own.
func inParallel(b *testing.B, clients int, do func(n int64, content []byte) error) {
	var count atomic.Int64
	var working sync.WaitGroup
	b.ResetTimer()
	for range clients {
		working.Go(func() {
			content := blobtest.Bytes(4<<10, 1)
			for n := count.Add(1); n <= int64(b.N); n = count.Add(1) {
				copy(content, fmt.Sprint(n))
				if err := do(n, content); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	working.Wait()
}
