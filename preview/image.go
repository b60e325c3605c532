package preview

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"

	"github.com/coffer-ml/coffer/codec"
)

// ImageView is a picture.
type ImageView struct {
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Mode   string `json:"mode"` // as Pillow names it
	Bits   int    `json:"bits"`
	Format string `json:"format"`
	// Thumb says that a smaller picture can be made; Inline that a browser can
	// show the bytes themselves.
	Thumb  bool `json:"thumb"`
	Inline bool `json:"inline"`
	// Turned is the orientation that a camera noted (EXIF, 1 to 8); pictures
	// made here are turned by it, as browsers turn the bytes.
	Turned int `json:"turned,omitempty"`
}

// usualWidth of a picture that is made, in pixels.
const usualWidth = 512

// inlineFormats are those that browsers show.
var inlineFormats = map[string]bool{"png": true, "jpeg": true, "gif": true, "webp": true, "bmp": true, "svg": true}

func (v *view) image(p *Preview, f piece, k kind) error {
	out := &ImageView{Format: k.format, Inline: inlineFormats[k.format]}
	switch k.format {
	case "svg":
		out.Mode = "vector"
		p.Title = "SVG drawing"
		p.Image = out
		return nil
	case "tiff":
		p.Title, p.Image = "TIFF image", out
		p.Problem = "TIFF is shown by its facts alone"
		return nil
	case "npy", "npz":
		m, err := v.picture(f)
		if err != nil {
			return err
		}
		out.Width, out.Height, out.Thumb, out.Bits = m.Bounds().Dx(), m.Bounds().Dy(), true, 8
		out.Mode, _ = mode(m.ColorModel())
		p.Title, p.Image = fmt.Sprintf("%d x %d", out.Width, out.Height), out
		return nil
	}
	info, err := codec.ReadImageInfo(f, f.size)
	if err != nil {
		return err
	}
	out.Width, out.Height, out.Format = info.Width, info.Height, info.Format
	out.Mode, out.Bits = mode(info.Color)
	out.Thumb = decodes(info) == nil
	if info.Format == "jpeg" {
		out.Turned = orientation(f)
	}
	p.Title = fmt.Sprintf("%d x %d", out.Width, out.Height)
	p.Image = out
	if info.Width <= 0 || info.Height <= 0 {
		return malformed("an image of %d x %d pixels", info.Width, info.Height)
	}
	if int64(info.Width)*int64(info.Height) > browserPixels {
		out.Inline = false
		p.Warning = "It has so many pixels that a browser may fail to show it."
	}
	return nil
}

// browserPixels is what browsers decode without trouble.
const browserPixels = 100 << 20

// mode names a colour model as Pillow does, and the bits of a channel.
func mode(m color.Model) (string, int) {
	switch m {
	case color.GrayModel:
		return "L", 8
	case color.Gray16Model:
		return "I;16", 16
	case color.RGBAModel, color.YCbCrModel:
		return "RGB", 8
	case color.NRGBAModel, color.NYCbCrAModel:
		return "RGBA", 8
	case color.RGBA64Model:
		return "RGB", 16
	case color.NRGBA64Model:
		return "RGBA", 16
	case color.CMYKModel:
		return "CMYK", 8
	}
	if _, ok := m.(color.Palette); ok {
		return "P", 8
	}
	return "", 8
}

// pixelBytes is what a pixel takes while it is decoded.
func pixelBytes(m color.Model) int64 {
	switch m {
	case color.GrayModel:
		return 1
	case color.Gray16Model:
		return 2
	case color.YCbCrModel:
		return 3
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	}
	if _, ok := m.(color.Palette); ok {
		return 1
	}
	return 4
}

// decodes refuses an image that would take too much memory. A progressive JPEG
// takes the coefficients as well, four bytes for each of up to three.
func decodes(info codec.ImageInfo) error {
	if info.Width <= 0 || info.Height <= 0 || info.Width > 1<<20 || info.Height > 1<<20 {
		return malformed("an image of %d x %d pixels", info.Width, info.Height)
	}
	each := pixelBytes(info.Color)
	if info.Format == "jpeg" || info.Format == "png" {
		each *= 2 // coefficients; passes of an interlaced one
	}
	if n := int64(info.Width) * int64(info.Height); n*each > maxPixels {
		return tooLarge("an image of %d x %d pixels is not made smaller here", info.Width, info.Height)
	}
	return nil
}

// maxPixels is what decoding may take, in bytes.
const maxPixels = 48 << 20

// Picture is a smaller image of an image, or of an array that is one.
type Picture struct {
	Media string
	Bytes []byte
}

// Picture makes a picture of at most q.Width pixels to each side, or returns
// one that was made. The reason is ErrNoImage where none can be.
func (s *Service) Picture(ctx context.Context, src Source, q Query) (Picture, error) {
	if err := q.check(); err != nil {
		return Picture{}, err
	}
	if q.Width == 0 {
		q.Width = usualWidth
	}
	q.As = Image
	key := cacheKey(src, q) + "-picture"
	if b, ok := s.cache.get(key); ok {
		return asPicture(b), nil
	}
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return Picture{}, err
	}
	defer leave()
	in, done, err := open(ctx, src)
	if err != nil {
		return Picture{}, err
	}
	defer done()
	v := &view{service: s, source: src, query: q, in: in}
	f, err := v.find()
	if err != nil {
		return Picture{}, err
	}
	b, err := v.thumb(f, q.Width)
	if broken := in.failed(); broken != nil {
		return Picture{}, broken
	}
	if err != nil {
		return Picture{}, ErrNoImage.Wrap(err, "there is no picture of %.200q: %s", f.name, problem(err))
	}
	s.cache.put(key, b)
	return asPicture(b), nil
}

func asPicture(b []byte) Picture {
	if bytes.HasPrefix(b, []byte("\x89PNG")) {
		return Picture{"image/png", b}
	}
	return Picture{"image/jpeg", b}
}

// thumb makes a smaller picture.
func (v *view) thumb(f piece, side int) (out []byte, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = malformed("reading it failed: %.200v", broken)
		}
	}()
	m, err := v.picture(f)
	if err != nil {
		return nil, err
	}
	turn := 0
	if begin, err := f.head(3); err == nil && string(begin) == "\xff\xd8\xff" {
		turn = orientation(f)
	}
	m = shrink(m, side)
	if turn > 1 {
		m = turned(m, turn)
	}
	var b bytes.Buffer
	if o, ok := m.(interface{ Opaque() bool }); ok && o.Opaque() && m.Bounds().Dx() > 64 {
		err = jpeg.Encode(&b, m, &jpeg.Options{Quality: 85})
	} else {
		err = png.Encode(&b, m)
	}
	return b.Bytes(), err
}

// picture decodes an image, or sees an array as one.
func (v *view) picture(f piece) (image.Image, error) {
	k := sniff(f)
	if k.show == Array {
		return v.arrayImage(f, k)
	}
	if k.show != Image {
		return nil, fmt.Errorf("%w: it is no image", codec.ErrType)
	}
	info, err := codec.ReadImageInfo(f, f.size)
	if err != nil {
		return nil, err
	}
	if err := decodes(info); err != nil {
		return nil, err
	}
	got, err := codec.OtherImage{}.Decode(f, f.size, codec.Record{}, codec.Limits{Bytes: codec.Unlimited})
	if err != nil {
		return nil, err
	}
	m, ok := got.(image.Image)
	if !ok {
		return nil, malformed("no image")
	}
	return m, nil
}

// arrayImage sees an array of bytes as an image.
func (v *view) arrayImage(f piece, k kind) (image.Image, error) {
	if k.format == "npz" {
		first, err := v.arrays(&ArrayView{}, f)
		if err != nil || first == nil {
			return nil, malformed("no array: %v", err)
		}
		f = *first
	}
	a, err := openArray(f)
	if err != nil {
		return nil, err
	}
	if err := a.load(); err != nil {
		return nil, err
	}
	if !a.picture() || a.Fortran {
		return nil, fmt.Errorf("%w: an array of shape %s and type %s is no image", codec.ErrType, shapeText(a.Shape), a.DType)
	}
	pixels, err := a.values(0, int(a.count))
	if err != nil {
		return nil, err
	}
	b, _ := pixels.([]uint8)
	r := image.Rect(0, 0, a.Shape[1], a.Shape[0])
	switch {
	case len(a.Shape) == 2:
		return &image.Gray{Pix: b, Stride: a.Shape[1], Rect: r}, nil
	case a.Shape[2] == 4:
		return &image.NRGBA{Pix: b, Stride: 4 * a.Shape[1], Rect: r}, nil
	}
	return &rgb{b, r}, nil
}

// rgb is an image of three bytes to a pixel.
type rgb struct {
	pix  []byte
	rect image.Rectangle
}

// ColorModel implements image.Image.
func (*rgb) ColorModel() color.Model { return color.RGBAModel }

// Bounds implements image.Image.
func (m *rgb) Bounds() image.Rectangle { return m.rect }

// At implements image.Image.
func (m *rgb) At(x, y int) color.Color {
	i := 3 * (y*m.rect.Dx() + x)
	return color.RGBA{m.pix[i], m.pix[i+1], m.pix[i+2], 255}
}

// Opaque says that there is no alpha.
func (*rgb) Opaque() bool { return true }

// shrink makes an image fit into a square. Small ones stay as they are.
func shrink(m image.Image, side int) image.Image {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	if w <= side && h <= side {
		return m
	}
	to := image.Rect(0, 0, side, max(h*side/w, 1))
	if h > w {
		to = image.Rect(0, 0, max(w*side/h, 1), side)
	}
	out := image.NewNRGBA(to)
	draw.ApproxBiLinear.Scale(out, to, m, m.Bounds(), draw.Src, nil)
	return out
}

// orientation reads the EXIF tag of that name, 0 if there is none.
// Format: CIPA DC-008, 4.6.4 A.
func orientation(f piece) int {
	head, err := f.head(64 << 10)
	if err != nil {
		return 0
	}
	for at := 2; at+4 <= len(head) && head[at] == 0xff; {
		size := int(binary.BigEndian.Uint16(head[at+2:]))
		if head[at+1] == 0xe1 && at+2+size <= len(head) && size > 16 && bytes.HasPrefix(head[at+4:], []byte("Exif\x00\x00")) {
			return exifTurn(head[at+10 : at+2+size])
		}
		if head[at+1] == 0xda || size < 2 {
			return 0
		}
		at += 2 + size
	}
	return 0
}

func exifTurn(b []byte) int {
	var order binary.ByteOrder = binary.LittleEndian
	if bytes.HasPrefix(b, []byte("MM")) {
		order = binary.BigEndian
	}
	if len(b) < 8 {
		return 0
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return 0
	}
	for range order.Uint16(b[at:]) {
		if at+14 > int64(len(b)) {
			return 0
		}
		if order.Uint16(b[at+2:]) == 0x0112 {
			if n := int(order.Uint16(b[at+10:])); n >= 1 && n <= 8 {
				return n
			}
			return 0
		}
		at += 12
	}
	return 0
}

// turned rights an image by its orientation.
func turned(m image.Image, how int) image.Image {
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	size := image.Rect(0, 0, w, h)
	if how > 4 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewNRGBA(size)
	for y := range size.Dy() {
		for x := range size.Dx() {
			sx, sy := x, y
			switch how {
			case 2:
				sx = w - 1 - x
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sy = h - 1 - y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, h-1-x
			case 7:
				sx, sy = w-1-y, h-1-x
			case 8:
				sx, sy = w-1-y, x
			}
			out.Set(x, y, m.At(b.Min.X+sx, b.Min.Y+sy))
		}
	}
	return out
}
