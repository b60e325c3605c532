package preview

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"time"
)

// media tells the facts of a sound or film. It is played by its reader.
func (v *view) media(p *Preview, f piece, k kind) error {
	p.Title = k.format
	if k.format == "wav" {
		return wav(p, f)
	}
	return nil
}

// wav reads the chunks of a RIFF file up to its data.
// Format: https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html
func wav(p *Preview, f piece) error {
	var rate, perSecond uint32
	at := int64(12)
	for range 64 {
		b := make([]byte, 24)
		n, err := f.ReadAt(b, at)
		if n < 8 {
			if rate != 0 {
				return nil
			}
			return malformed("no format of the sound: %v", err)
		}
		size := int64(binary.LittleEndian.Uint32(b[4:]))
		switch string(b[:4]) {
		case "fmt ":
			if n < 24 {
				return malformed("a format of %d bytes", size)
			}
			rate, perSecond = binary.LittleEndian.Uint32(b[12:]), binary.LittleEndian.Uint32(b[16:])
			p.fact("channels", strconv.Itoa(int(binary.LittleEndian.Uint16(b[10:]))))
			p.fact("rate", fmt.Sprintf("%d Hz", rate))
			p.fact("bits", strconv.Itoa(int(binary.LittleEndian.Uint16(b[22:]))))
		case "data":
			size = min(size, max(f.size-at-8, 0))
			if perSecond > 0 {
				d := time.Duration(float64(size) / float64(perSecond) * float64(time.Second)).Round(time.Millisecond)
				p.fact("duration", d.String())
				p.Title = "wav, " + d.String()
			}
			return nil
		}
		at += 8 + size + size&1
	}
	return nil
}
