package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/coffer-ml/coffer/blob"
)

// CopiesAtOnce is how many copies within a store one composition has under way:
// each costs a round trip, and those of small pieces the memory of a part.
const CopiesAtOnce = 4

// SizeOf is the bytes of pieces together.
func SizeOf(pieces []Piece) (size int64) {
	for _, p := range pieces {
		size += p.Size
	}
	return size
}

// Groups divides pieces into parts of at least least bytes, but for the last: a
// piece that is large enough is one part, or several if it is larger than most,
// none of them below floor; smaller ones are joined.
func Groups(pieces []Piece, least, most, floor int64) (out [][]Piece) {
	var small []Piece
	var sum int64
	flush := func() {
		if len(small) > 0 {
			out, small, sum = append(out, small), nil, 0
		}
	}
	for _, p := range pieces {
		for p.Size > 0 {
			if sum == 0 && p.Size >= least {
				part := p
				part.Size = min(p.Size, most)
				if rest := p.Size - part.Size; rest > 0 && rest < floor {
					part.Size -= floor
				}
				part.Whole = p.Whole && part.Size == p.Size
				out = append(out, []Piece{part})
				p.Off, p.Size, p.Whole = p.Off+part.Size, p.Size-part.Size, false
				continue
			}
			take := min(p.Size, least-sum)
			small = append(small, Piece{Name: p.Name, Off: p.Off, Size: take, Whole: p.Whole && take == p.Size})
			p.Off, p.Size, p.Whole, sum = p.Off+take, p.Size-take, false, sum+take
			if sum >= least {
				flush()
			}
		}
	}
	flush()
	return out
}

// Join reads pieces into memory, one after the other.
func Join(ctx context.Context, c Client, pieces []Piece) ([]byte, error) {
	content := make([]byte, SizeOf(pieces))
	at := content
	for _, p := range pieces {
		if err := drain(ctx, c, p, at[:p.Size]); err != nil {
			return nil, Lost(err)
		}
		at = at[p.Size:]
	}
	return content, nil
}

func drain(ctx context.Context, c Client, p Piece, into []byte) error {
	r, err := Open(ctx, c, p.Name, p.Off, p.Size)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	_, err = io.ReadFull(r, into)
	return err
}

// Lost tells of a piece that is gone: to the caller of a composition that is no
// absent object.
func Lost(err error) error {
	if errors.Is(err, blob.ErrNotFound) || errors.Is(err, ErrRange) {
		return fmt.Errorf("a piece of a draft is gone: %s", err.Error())
	}
	return err
}
