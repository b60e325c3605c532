package bucket

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/coffer-ml/coffer/blob"
)

// Each byte of a draft comes from the piece that was written last, as if all
// had been written over each other in a file; gaps are found.
func TestCoverIsWhatAFileWouldHold(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 2000 {
		file := make([]int, 40) // number of the piece that a byte is of, 0 none
		var all []written
		for n := 1; n <= 1+random.IntN(8); n++ {
			off := random.IntN(30)
			size := random.IntN(10)
			all = append(all, written{Entry: Entry{Name: fmt.Sprint(n), Size: int64(size)}, off: int64(off), time: int64(n)})
			for i := off; i < off+size; i++ {
				file[i] = n
			}
		}
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		got := make([]int, 40)
		spans := cover(all)
		at := int64(0)
		for _, s := range spans {
			if s.from < at || s.from >= s.to || s.from < s.of.off || s.to > s.of.end() {
				t.Fatalf("%+v after %d", s, at)
			}
			for at = s.from; at < s.to; at++ {
				got[at] = int(s.of.time)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(file) {
			t.Fatalf("covered as %v, want %v", got, file)
		}
		from, to := random.Int64N(20), 20+random.Int64N(20)
		whole := true
		for _, n := range file[from:to] {
			whole = whole && n != 0
		}
		if err := gapless(cut(spans, from, to), from, to); whole != (err == nil) || err != nil && !errors.Is(err, blob.ErrLength) {
			t.Fatalf("%v from %d to %d: %v", file, from, to, err)
		}
	}
}

// Parts hold the same bytes as the pieces, in order, and have sizes that stores
// take.
func TestGroups(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	const least, most, floor = 50, 200, 50
	for range 2000 {
		var pieces []Piece
		var want []byte
		content := map[string][]byte{}
		for n := range 1 + random.IntN(10) {
			name := fmt.Sprint(n)
			content[name] = make([]byte, 1+random.IntN(500))
			for i := range content[name] {
				content[name][i] = byte(random.IntN(256))
			}
			size := int64(1 + random.IntN(len(content[name])))
			pieces = append(pieces, Piece{Name: name, Size: size, Whole: size == int64(len(content[name]))})
			want = append(want, content[name][:size]...)
		}
		var got []byte
		groups := Groups(pieces, least, most, floor)
		for i, g := range groups {
			size := SizeOf(g)
			if i+1 < len(groups) && size < least || len(g) == 1 && size > most || len(g) > 1 && size > least {
				t.Fatalf("part %d of %d has %d bytes in %d pieces", i+1, len(groups), size, len(g))
			}
			for _, p := range g {
				if p.Whole != (p.Off == 0 && p.Size == int64(len(content[p.Name]))) {
					t.Fatalf("%+v is whole: %t", p, p.Whole)
				}
				got = append(got, content[p.Name][p.Off:p.Off+p.Size]...)
			}
		}
		if !bytes.Equal(got, want) {
			t.Fatal("parts hold other bytes than the pieces")
		}
	}
}
