package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/blobtest"
	"github.com/coffer-ml/coffer/blob/mem"
	"github.com/coffer-ml/coffer/internal/fault"
)

func TestPutPart(t *testing.T) {
	content := blobtest.Bytes(3<<20+5, 1)
	size := int64(len(content))
	digest := blob.DigestOf(sha256.Sum256(content))
	after := []byte("what follows")
	broken := fault.Reason{Kind: fault.Invalid, Name: "blob_test.broken"}
	for name, c := range map[string]struct {
		size     int64
		promised blob.Digest
		content  io.Reader
		want     fault.Reason
	}{
		"no promise":      {size: size},
		"right digest":    {size: size, promised: digest},
		"too short":       {size: size + 1, want: blob.ErrLength},
		"too long":        {size: size - 1, want: blob.ErrLength},
		"far too long":    {size: 1, want: blob.ErrLength},
		"wrong digest":    {size: size, promised: blob.EmptyDigest, want: blob.ErrMismatch},
		"a broken reader": {size: size, content: iotest.ErrReader(broken), want: broken},
	} {
		t.Run(name, func(t *testing.T) {
			s := &mem.Store{}
			key := blob.NewKey()
			end := 7 + c.size
			if _, err := blob.PutPart(t.Context(), s, key, end, int64(len(after)), bytes.NewReader(after), ""); err != nil {
				t.Fatal(err)
			}
			if c.content == nil {
				c.content = iotest.HalfReader(bytes.NewReader(content))
			}
			got, err := blob.PutPart(t.Context(), s, key, 7, c.size, c.content, c.promised)
			if (c.want != fault.Reason{}) {
				if !errors.Is(err, c.want) {
					t.Errorf("%v, want %v", err, c.want)
				}
			} else if err != nil || got != digest {
				t.Errorf("digest %s, %v", got, err)
			}
			if rest := drafted(t, s, key, end); !bytes.Equal(rest, after) {
				t.Errorf("the part after it holds %q now", rest)
			}
			if err == nil && !bytes.Equal(drafted(t, s, key, 7)[:size], content) {
				t.Error("other bytes are stored")
			}
		})
	}
}

func drafted(t *testing.T, s blob.Drafter, key blob.Key, off int64) []byte {
	t.Helper()
	r, err := s.OpenDraft(t.Context(), key, off, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// lazy takes the first byte and says that was all.
type lazy struct{ *mem.Store }

func (l lazy) WriteDraft(ctx context.Context, key blob.Key, off int64, r io.Reader) (int64, error) {
	return l.Store.WriteDraft(ctx, key, off, io.LimitReader(r, 1))
}

func TestPutPartRefusesADriverThatStopsEarly(t *testing.T) {
	if _, err := blob.PutPart(t.Context(), lazy{&mem.Store{}}, blob.NewKey(), 0, 5, bytes.NewReader([]byte("hello")), ""); err == nil {
		t.Error("a part of which one byte was taken went through")
	}
}
