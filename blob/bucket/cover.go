package bucket

import (
	"cmp"
	"slices"

	"github.com/coffer-ml/coffer/blob"
)

// span is a range of a draft that one piece holds.
type span struct {
	from, to int64 // in the draft, in bytes
	of       written
}

// endOf is the end of the last byte that was written.
func endOf(all []written) (end int64) {
	for _, w := range all {
		end = max(end, w.end())
	}
	return end
}

// cover divides a draft among its pieces, in order: each byte goes to the
// latest piece that has it.
func cover(all []written) []span {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b written) int { return cmp.Compare(a.off, b.off) })
	bounds := make([]int64, 0, 2*len(all))
	for _, w := range all {
		if w.Size > 0 {
			bounds = append(bounds, w.off, w.end())
		}
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	var spans []span
	var active []written // pieces that reach the range at hand
	next := 0
	for i := 0; i+1 < len(bounds); i++ {
		from, to := bounds[i], bounds[i+1]
		active = slices.DeleteFunc(active, func(w written) bool { return w.end() <= from })
		for ; next < len(all) && all[next].off <= from; next++ {
			if all[next].end() > from {
				active = append(active, all[next])
			}
		}
		if len(active) == 0 {
			continue // a gap
		}
		latest := slices.MaxFunc(active, later)
		if last := len(spans) - 1; last >= 0 && spans[last].to == from && spans[last].of.Name == latest.Name {
			spans[last].to = to
			continue
		}
		spans = append(spans, span{from, to, latest})
	}
	return spans
}

// later orders pieces by when they were written.
func later(a, b written) int {
	return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.Name, b.Name))
}

// cut leaves what lies between from and to.
func cut(spans []span, from, to int64) []span {
	var out []span
	for _, s := range spans {
		s.from, s.to = max(s.from, from), min(s.to, to)
		if s.from < s.to {
			out = append(out, s)
		}
	}
	return out
}

// gapless refuses spans that do not cover all from one offset to the other: no
// byte may be read that nobody wrote.
func gapless(spans []span, from, to int64) error {
	for _, s := range spans {
		if s.from != from {
			break
		}
		from = s.to
	}
	if from < to {
		return blob.ErrLength.Errorf("nothing was written to the draft from byte %d on", from)
	}
	return nil
}

func piecesOf(spans []span) []Piece {
	out := make([]Piece, len(spans))
	for i, s := range spans {
		out[i] = Piece{Name: s.of.Name, Off: s.from - s.of.off, Size: s.to - s.from, Whole: s.to-s.from == s.of.Size}
	}
	return out
}
