package sqlstore

import (
	"errors"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Compression is one goroutine's work and keeps little memory: what is
// compressed here is small, and the idle server stays small too.
var (
	encoder = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true))
		if err != nil {
			panic(err) // the options are ours
		}
		return e
	})
	decoder = sync.OnceValue(func() *zstd.Decoder {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(maxUnpacked))
		if err != nil {
			panic(err)
		}
		return d
	})
)

// maxUnpacked bounds what a broken row can make us allocate; no request brings
// as much.
const maxUnpacked = 256 << 20

// The first byte of packed bytes.
const (
	plainForm = 0
	zstdForm  = 1
)

// smallest is from how many bytes on compressing pays.
const smallest = 256

// pack compresses bytes for a row.
func pack(b []byte) []byte {
	if len(b) < smallest {
		return append([]byte{plainForm}, b...)
	}
	return encoder().EncodeAll(b, []byte{zstdForm})
}

// unpack is the inverse of pack.
func unpack(b []byte) ([]byte, error) {
	switch {
	case len(b) == 0:
		return nil, nil
	case b[0] == plainForm:
		return b[1:], nil
	case b[0] == zstdForm:
		out, err := decoder().DecodeAll(b[1:], nil)
		if err != nil {
			return nil, fmt.Errorf("unpack: %w", err)
		}
		return out, nil
	}
	return nil, errors.New("unpack: unknown form")
}

// packed scans packed JSON into a value whose numbers keep all their digits.
type packed struct{ to any }

// Scan implements sql.Scanner.
func (p packed) Scan(src any) error {
	b, _ := src.([]byte)
	raw, err := unpack(b)
	if err != nil || len(raw) == 0 {
		return err
	}
	return exact(p).Scan(raw)
}
