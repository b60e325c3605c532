package server

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/blob"
)

func TestRoom(t *testing.T) {
	const gib = 1 << 30
	for name, c := range map[string]struct {
		keep, total, free, size int64
		refused                 bool
	}{
		"a hundredth of a small disk": {autoFreeSpace, gib, gib/100 + 1, 0, false},
		"less than that":              {autoFreeSpace, gib, gib/100 - 1, 0, true},
		"half a GiB of a large disk":  {autoFreeSpace, 1000 * gib, gib / 2, 0, false},
		"less than that, too":         {autoFreeSpace, 1000 * gib, gib/2 - 1, 0, true},
		"what was configured":         {100, gib, 100, 0, false},
		"one byte less":               {100, gib, 99, 0, true},
		"an upload that just fits":    {100, gib, 600, 500, false},
		"an upload that does not":     {100, gib, 600, 501, true},
		"nothing is kept":             {0, gib, 0, 500, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := room{keep: c.keep, places: []place{{"blobs", "the disk of the test", true, func(context.Context) (blob.Space, error) {
				return blob.Space{Free: c.free, Total: c.total}, nil
			}}}}
			err := r.check(t.Context(), c.size)
			if errors.Is(err, blob.ErrStoreFull) != c.refused || c.refused && !strings.Contains(err.Error(), "the disk of the test") {
				t.Errorf("%v, refused is to be %v", err, c.refused)
			}
		})
	}
}
