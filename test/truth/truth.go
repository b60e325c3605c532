// Package truth holds what Go reads against what Python says of it: of the
// samples in test/codec/samples.py, which the tests of package codec read from
// files and those of package client from a server.
package truth

import (
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"path"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/coffer-ml/coffer/codec"
)

// Truth is what Python says of a sample, as truth() in samples.py writes it.
type Truth struct {
	Repr   string
	Pixels string // of an image, as RGBA in hex
	Plain  bool   // a pickle of what Go has values for
}

// Compare tells how what Go read of a sample differs. Files and archives are
// not among what is compared: Python says nothing of their contents.
func (want Truth) Compare(name, contentType string, v any) error {
	switch v := v.(type) {
	case image.Image:
		limit := 0.0
		if ext := path.Ext(name); ext == ".jpg" || ext == ".webp" { // lossy, and decoders differ
			limit = 8
		}
		off, err := distance(v, want.Pixels)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if off > limit {
			return fmt.Errorf("%s: pixels are %.1f off", name, off)
		}
	case arrow.Table:
		if got := codec.PyRepr(v); contentType != "text/csv" && got != want.Repr { // CSV has no types
			return fmt.Errorf("%s: got\n%s\nwant\n%s", name, got, want.Repr)
		}
	default:
		if got := codec.PyRepr(v); got != want.Repr {
			return fmt.Errorf("%s: got %.300s\nwant %.300s", name, got, want.Repr)
		}
	}
	return nil
}

// distance is the mean difference of the channels, of images that are opaque
// where they are lossy.
func distance(m image.Image, pixels string) (float64, error) {
	want, err := hex.DecodeString(pixels)
	if err != nil {
		return 0, err
	}
	if len(want) != 4*m.Bounds().Dx()*m.Bounds().Dy() {
		return 0, fmt.Errorf("%d bytes for an image of %v", len(want), m.Bounds())
	}
	sum, i := 0.0, 0
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
			for _, v := range []uint8{c.R, c.G, c.B, c.A} {
				sum += max(float64(v), float64(want[i])) - min(float64(v), float64(want[i]))
				i++
			}
		}
	}
	return sum / float64(len(want)), nil
}
