package codec_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"testing"

	"github.com/coffer-ml/coffer/codec"
)

// pictures are one image of every kind Go has, by Pillow's mode.
func pictures() map[string]image.Image {
	r := image.Rect(0, 0, 7, 5)
	gray, gray16 := image.NewGray(r), image.NewGray16(r)
	rgb, alpha, deep := image.NewRGBA(r), image.NewNRGBA(r), image.NewNRGBA64(r)
	palette := image.NewPaletted(r, color.Palette{color.Black, color.White, color.RGBA{255, 0, 0, 255}})
	for y := range 5 {
		for x := range 7 {
			v := uint8(x*20 + y*10)
			gray.SetGray(x, y, color.Gray{v})
			gray16.SetGray16(x, y, color.Gray16{uint16(v) * 200})
			rgb.SetRGBA(x, y, color.RGBA{v, 255 - v, v / 2, 255})
			alpha.SetNRGBA(x, y, color.NRGBA{v, 1, 2, v})
			deep.SetNRGBA64(x, y, color.NRGBA64{uint16(v) * 250, 1, 2, 0xffff})
			palette.SetColorIndex(x, y, v%3)
		}
	}
	return map[string]image.Image{"L": gray, "I;16": gray16, "RGB": rgb, "RGBA": alpha, "RGB deep": deep, "P": palette}
}

func TestImagesComeBack(t *testing.T) {
	for mode, m := range pictures() {
		b, rec := write(t, codec.PNG{}, m)
		if want := "PIL.Image.Image image mode=" + mode[:min(len(mode), 4)] + " size=7x5"; mode != "RGB deep" && rec.Preview != want {
			t.Errorf("preview %q, want %q", rec.Preview, want)
		}
		got, err := codec.As[image.Image](decode(t, b, rec))
		if err != nil {
			t.Fatal(err)
		}
		for y := range 5 {
			for x := range 7 {
				r, g, bl, a := m.At(x, y).RGBA()
				if r2, g2, b2, a2 := got.At(x, y).RGBA(); r != r2 || g != g2 || bl != b2 || a != a2 {
					t.Fatalf("%s at %d,%d: %v, want %v", mode, x, y, got.At(x, y), m.At(x, y))
				}
			}
		}
	}
	_, rec := write(t, codec.JPEG{}, pictures()["RGB"])
	if rec.File != "value.jpg" || rec.ContentType != "image/jpeg" {
		t.Errorf("a JPEG is recorded as %+v", rec)
	}
}

// TestImagesOfGiants reads headers that promise more than there is.
func TestImagesOfGiants(t *testing.T) {
	b, rec := write(t, codec.PNG{}, pictures()["L"])
	giant := bytes.Clone(b)
	binary.BigEndian.PutUint32(giant[16:], 1<<25)
	binary.BigEndian.PutUint32(giant[20:], 1<<25)
	binary.BigEndian.PutUint32(giant[29:], crc32.ChecksumIEEE(giant[12:29]))
	for name, c := range map[string]struct {
		b    []byte
		want error
	}{
		"giant": {giant, codec.ErrTooLarge}, "cut": {b[:len(b)/2], codec.ErrFormat}, "none": {[]byte("GIF8"), codec.ErrFormat}, "empty": {nil, codec.ErrFormat},
	} {
		if v, err := codec.Decode(bytes.NewReader(c.b), int64(len(c.b)), rec, codec.Limits{}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
}
