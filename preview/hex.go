package preview

import (
	"errors"
	"io"
	"math"
)

// hexBytes is how much of a file one page of its bytes has.
const hexBytes = 4 << 10

// HexView is a page of bytes.
type HexView struct {
	// At is where the page begins. Bytes are base64 in JSON.
	At    int64  `json:"at"`
	Bytes []byte `json:"bytes"`
	// Guess is what the file may be, Why says by what.
	Guess string `json:"guess,omitempty"`
	Why   string `json:"why,omitempty"`
	// Entropy of the bytes shown, in bits per byte: near 8 for what is packed
	// or encrypted, below 5 for text.
	Entropy Number `json:"entropy"`
}

func (v *view) hex(p *Preview, f piece) error {
	at := min(v.query.At, f.size)
	b := make([]byte, min(hexBytes, f.size-at))
	n, err := f.ReadAt(b, at)
	if n < len(b) && err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	out := &HexView{At: at, Bytes: b[:n], Entropy: Number(entropy(b[:n]))}
	k := sniff(f)
	switch {
	case k.show == Hex && k.format != "":
		out.Guess, out.Why = k.format, "it begins as such files do"
	case k.show != Hex:
		out.Guess, out.Why = k.media, "by how it begins"
	case out.Entropy > 7.5:
		out.Guess, out.Why = "compressed or encrypted data", "its bytes look like chance"
	}
	p.Hex = out
	if p.Title == "" {
		p.Title = "Bytes"
		if out.Guess != "" && k.show == Hex {
			p.Title = out.Guess
		}
	}
	return nil
}

func entropy(b []byte) float64 {
	var counts [256]int
	for _, c := range b {
		counts[c]++
	}
	sum := 0.0
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(b))
			sum -= p * math.Log2(p)
		}
	}
	return sum
}
