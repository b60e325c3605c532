package codec

import (
	"bufio"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"path"
	"strings"

	"golang.org/x/image/bmp"
	"golang.org/x/image/webp"
)

// PNG keeps images without loss: gray, colour, palette, with alpha, 8 or 16
// bits. An image.Image whose pixels are all opaque is written without alpha.
type PNG struct{}

// JPEG keeps images with loss and without alpha.
type JPEG struct {
	// Quality from 1 to 100; 0 is 75, as Pillow writes.
	Quality int
}

// OtherImage reads what Pillow writes and Go does not: WebP, GIF (its first
// picture) and BMP, and any PNG or JPEG whose extension says otherwise.
type OtherImage struct{}

var (
	_ Codec = PNG{}
	_ Codec = JPEG{}
	_ Codec = OtherImage{}
)

// jpegQuality is Pillow's default.
const jpegQuality = 75

// Accepts implements Codec.
func (PNG) Accepts(v any) bool { return isImage(v) }

// Accepts implements Codec.
func (JPEG) Accepts(v any) bool { return isImage(v) }

// Accepts implements Codec.
func (OtherImage) Accepts(any) bool { return false }

func isImage(v any) bool {
	_, ok := v.(image.Image)
	return ok
}

// Encode implements Codec.
func (PNG) Encode(w io.Writer, name string, v any) (Record, error) {
	return encodeImage(w, name, v, ".png", imageMode, png.Encode)
}

// Encode implements Codec.
func (c JPEG) Encode(w io.Writer, name string, v any) (Record, error) {
	quality := c.Quality
	if quality == 0 {
		quality = jpegQuality
	}
	mode := func(m image.Image) string {
		if _, gray := m.(*image.Gray); gray {
			return "L"
		}
		return "RGB"
	}
	return encodeImage(w, name, v, ".jpg", mode, func(w io.Writer, m image.Image) error {
		return jpeg.Encode(w, m, &jpeg.Options{Quality: quality})
	})
}

// Encode implements Codec: it is ErrType.
func (OtherImage) Encode(_ io.Writer, _ string, v any) (Record, error) {
	return Record{}, mistyped("a %T is written by PNG or JPEG", v)
}

func encodeImage(w io.Writer, name string, v any, ext string, mode func(image.Image) string, encode func(io.Writer, image.Image) error) (rec Record, err error) {
	m, ok := v.(image.Image)
	if !ok {
		return rec, mistyped("an image is an image.Image, not a %T", v)
	}
	defer rescue("image", &err)
	size := m.Bounds().Size()
	if size.X <= 0 || size.Y <= 0 {
		return rec, mistyped("an image of %d x %d pixels", size.X, size.Y)
	}
	rec = Record{Name: name, Type: TypeImage, File: name + ext, ContentType: mimeTypes[ext]}
	rec.Preview = fmt.Sprintf("PIL.Image.Image image mode=%s size=%dx%d", mode(m), size.X, size.Y)
	out := bufio.NewWriter(w)
	if err := encode(out, m); err != nil {
		return rec, err
	}
	return rec, out.Flush()
}

// imageMode is the mode in which Pillow opens the PNG that Go makes of m. It
// has none for 16 bits of colour, which it reads as 8.
func imageMode(m image.Image) string {
	opaque := false
	if o, ok := m.(interface{ Opaque() bool }); ok {
		opaque = o.Opaque()
	}
	switch m := m.(type) {
	case *image.Gray:
		return "L"
	case *image.Gray16:
		return "I;16"
	case image.PalettedImage:
		if _, ok := m.ColorModel().(color.Palette); ok {
			return "P"
		}
	}
	if opaque {
		return "RGB"
	}
	return "RGBA"
}

// Reads implements Codec.
func (PNG) Reads(rec Record) bool {
	return rec.Type == TypeImage && strings.EqualFold(path.Ext(rec.File), ".png")
}

// Reads implements Codec.
func (JPEG) Reads(rec Record) bool {
	return rec.Type == TypeImage && rec.ContentType == mimeTypes[".jpg"]
}

// Reads implements Codec.
func (OtherImage) Reads(rec Record) bool { return rec.Type == TypeImage }

// Decode implements Codec. It returns an image.Image.
func (PNG) Decode(r io.ReaderAt, size int64, _ Record, l Limits) (any, error) {
	return decodeImage(r, size, l)
}

// Decode implements Codec. It returns an image.Image.
func (JPEG) Decode(r io.ReaderAt, size int64, _ Record, l Limits) (any, error) {
	return decodeImage(r, size, l)
}

// Decode implements Codec. It returns an image.Image.
func (OtherImage) Decode(r io.ReaderAt, size int64, _ Record, l Limits) (any, error) {
	return decodeImage(r, size, l)
}

// imageFormat is one that is read, known by how its files begin.
type imageFormat struct {
	name, magic string
	config      func(io.Reader) (image.Config, error)
	decode      func(io.Reader) (image.Image, error)
}

// imageFormats are listed here rather than registered, so that what a program
// links does not change what is read.
func imageFormats() []imageFormat {
	return []imageFormat{
		{"png", "\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
		{"jpeg", "\xff\xd8", jpeg.DecodeConfig, jpeg.Decode},
		{"webp", "RIFF????WEBP", webp.DecodeConfig, webp.Decode},
		{"gif", "GIF8", gif.DecodeConfig, gif.Decode},
		{"bmp", "BM", bmp.DecodeConfig, bmp.Decode},
	}
}

// ImageInfo is what the header of an image tells.
type ImageInfo struct {
	Format        string // "png", "jpeg", "webp", "gif" or "bmp"
	Width, Height int
	Color         color.Model
}

// ReadImageInfo reads the header of an image alone.
func ReadImageInfo(r io.ReaderAt, size int64) (ImageInfo, error) {
	info, _, err := readImageInfo(r, size)
	return info, err
}

func readImageInfo(r io.ReaderAt, size int64) (info ImageInfo, f imageFormat, err error) {
	head := make([]byte, 12)
	n, err := io.ReadFull(io.NewSectionReader(r, 0, size), head)
	if n == 0 {
		return info, f, short(err, "an image")
	}
	for _, f = range imageFormats() {
		if begins(head[:n], f.magic) {
			defer rescue(f.name, &err)
			c, err := f.config(bufio.NewReader(io.NewSectionReader(r, 0, size)))
			if err != nil {
				return info, f, malformed("%s: %w", f.name, err)
			}
			return ImageInfo{Format: f.name, Width: c.Width, Height: c.Height, Color: c.ColorModel}, f, nil
		}
	}
	return info, f, malformed("no image that can be read: it begins with %q", head[:n])
}

func begins(head []byte, magic string) bool {
	if len(head) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != head[i] {
			return false
		}
	}
	return true
}

// pixelBytes is the most an image takes for each pixel: 16 bits of four
// channels, and as much again while it is decoded.
const pixelBytes = 16

func decodeImage(r io.ReaderAt, size int64, l Limits) (v any, err error) {
	info, f, err := readImageInfo(r, size)
	if err != nil {
		return nil, err
	}
	if info.Width <= 0 || info.Height <= 0 {
		return nil, malformed("an image of %d x %d pixels", info.Width, info.Height)
	}
	if pixels := int64(info.Width) * int64(info.Height); pixels > 1<<56 || l.filled().bytes(pixels*pixelBytes) != nil {
		return nil, tooLarge("an image of %d x %d pixels", info.Width, info.Height)
	}
	defer rescue(f.name, &err)
	m, err := f.decode(bufio.NewReader(io.NewSectionReader(r, 0, size)))
	if err != nil {
		return nil, malformed("%s: %w", f.name, err)
	}
	return m, nil
}
