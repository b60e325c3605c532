package codec

import (
	"image"
	"image/color"
)

// pilImage reads an image's state: [info, mode, size, palette, data].
func pilImage(p *pickled, c *pyCall, depth int64) (any, error) {
	if len(c.states) == 0 {
		return nil, malformed("an image without its state")
	}
	list, ok := c.states[0].(*pyList)
	if !ok || len(list.items) < 5 {
		return nil, malformed("no state of an image")
	}
	mode, ok := textOf(list.items[1])
	size, also := list.items[2].(*pyTuple)
	if !ok || !also || len(size.items) != 2 {
		return nil, malformed("no state of an image")
	}
	wh, ok := integersOf(size.items)
	if !ok || wh[0] < 0 || wh[1] < 0 || wh[0] > 1<<28 || wh[1] > 1<<28 {
		return nil, malformed("no state of an image")
	}
	if err := p.l.bytes(wh[0] * wh[1] * 8); err != nil {
		return nil, err
	}
	data, err := p.buffer(list.items[4], depth)
	if err != nil {
		return nil, err
	}
	var palette []any
	if pal, ok := list.items[3].(*pyList); ok {
		palette = pal.items
	}
	p.bytes += wh[0] * wh[1] * 8
	return pixels(mode, int(wh[0]), int(wh[1]), palette, data)
}

// pixels makes an image of the bytes that Pillow's tobytes gives.
func pixels(mode string, w, h int, palette []any, data []byte) (image.Image, error) {
	bands := map[string]int{"L": 1, "P": 1, "LA": 2, "I;16": 2, "RGB": 3, "RGBA": 4, "RGBX": 4, "CMYK": 4, "YCbCr": 3}[mode]
	r := image.Rect(0, 0, w, h)
	if mode == "1" {
		stride := (w + 7) / 8
		if len(data) != stride*h {
			return nil, malformed("%d bytes for an image of %d x %d", len(data), w, h)
		}
		m := image.NewGray(r)
		for i := range m.Pix {
			if data[i/w*stride+i%w/8]>>(7-i%w%8)&1 == 1 {
				m.Pix[i] = 255
			}
		}
		return m, nil
	}
	if bands == 0 {
		return nil, mistyped("an image of mode %q", mode)
	}
	if len(data) != w*h*bands {
		return nil, malformed("%d bytes for an image of %d x %d", len(data), w, h)
	}
	switch mode {
	case "L":
		return &image.Gray{Pix: data, Stride: w, Rect: r}, nil
	case "I;16":
		m := image.NewGray16(r)
		copy(m.Pix, data)
		swap(m.Pix, 2) // Go keeps the high byte first
		return m, nil
	case "P":
		colors, err := paletteOf(palette)
		if err != nil {
			return nil, err
		}
		for _, i := range data {
			if int(i) >= len(colors) {
				colors = append(colors, make(color.Palette, int(i)+1-len(colors))...)
			}
		}
		for i, c := range colors {
			if c == nil {
				colors[i] = color.RGBA{A: 255}
			}
		}
		return &image.Paletted{Pix: data, Stride: w, Rect: r, Palette: colors}, nil
	case "RGBA":
		return &image.NRGBA{Pix: data, Stride: 4 * w, Rect: r}, nil
	case "CMYK":
		return &image.CMYK{Pix: data, Stride: 4 * w, Rect: r}, nil
	}
	m := image.NewNRGBA(r)
	for i := range w * h {
		at, to := data[i*bands:], m.Pix[4*i:]
		switch mode {
		case "LA":
			to[0], to[1], to[2], to[3] = at[0], at[0], at[0], at[1]
		case "YCbCr":
			to[0], to[1], to[2] = color.YCbCrToRGB(at[0], at[1], at[2])
			to[3] = 255
		default:
			to[0], to[1], to[2], to[3] = at[0], at[1], at[2], 255
		}
	}
	return m, nil
}

func paletteOf(items []any) (color.Palette, error) {
	n, ok := integersOf(items)
	if !ok || len(n)%3 != 0 || len(n) > 768 {
		return nil, malformed("no palette of %d numbers", len(items))
	}
	out := make(color.Palette, len(n)/3)
	for i := range out {
		out[i] = color.RGBA{uint8(n[3*i]), uint8(n[3*i+1]), uint8(n[3*i+2]), 255}
	}
	return out, nil
}
