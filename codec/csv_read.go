package codec

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"

	"github.com/klauspost/compress/gzip"
)

// unzipped reads through gzip where the file is gzipped, whatever it is named.
func unzipped(r io.ReaderAt, size int64) (io.Reader, error) {
	in := &watched{r: io.NewSectionReader(r, 0, size)}
	var magic [2]byte
	if n, _ := r.ReadAt(magic[:], 0); n < 2 || magic != [2]byte{0x1f, 0x8b} {
		return in, nil
	}
	z, err := gzip.NewReader(bufio.NewReaderSize(in, 1<<16))
	g := &gunzip{z: z, in: in}
	if err != nil {
		return nil, g.named(err)
	}
	return g, nil
}

// watched remembers the error of a file, to tell it from one in its content.
type watched struct {
	r   io.Reader
	err error
}

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// gunzipped expands a gzipped file into memory; another one stays as it is.
func gunzipped(r io.ReaderAt, size int64, l Limits) (io.ReaderAt, int64, error) {
	in, err := unzipped(r, size)
	if err != nil {
		return nil, 0, err
	}
	z, ok := in.(*gunzip)
	if !ok {
		return r, size, nil
	}
	b, err := io.ReadAll(io.LimitReader(z, min(l.Bytes, math.MaxInt64-1)+1))
	if err != nil {
		return nil, 0, err
	}
	return bytes.NewReader(b), int64(len(b)), l.bytes(int64(len(b)))
}

type gunzip struct {
	z  *gzip.Reader
	in *watched
}

// Read implements io.Reader.
func (g *gunzip) Read(p []byte) (int, error) {
	n, err := g.z.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = g.named(err)
	}
	return n, err
}

func (g *gunzip) named(err error) error {
	if g.in.err != nil {
		return g.in.err
	}
	return malformed("gzip: %w", err)
}

// csvReader splits comma-separated text into rows as pandas does: quotes may
// hold commas and line ends and are doubled within, lines end with \n, \r or
// both, empty lines are passed over.
type csvReader struct {
	r     *bufio.Reader
	l     Limits
	line  int64 // the one being read, from 1
	taken int64 // bytes of text and of what holds it

	field  []byte
	fields []string
	quoted bool // the field began with a quote
}

// fieldBytes is what a field takes beside its text.
const fieldBytes = 16

func newCSVReader(r io.Reader, l Limits) *csvReader {
	return &csvReader{r: bufio.NewReaderSize(r, 1<<16), l: l, line: 1}
}

// next returns a byte and counts it.
func (c *csvReader) next() (byte, error) {
	b, err := c.r.ReadByte()
	if err != nil {
		return 0, err
	}
	if c.taken++; c.taken > c.l.Bytes {
		return 0, c.l.bytes(c.taken)
	}
	return b, nil
}

// follows takes the next byte if it is this one.
func (c *csvReader) follows(want byte) bool {
	b, err := c.r.Peek(1)
	if err != nil || b[0] != want {
		return false
	}
	_, _ = c.r.Discard(1) // it is there
	c.taken++
	return true
}

func (c *csvReader) push() error {
	c.fields = append(c.fields, string(c.field))
	c.field, c.quoted = c.field[:0], false
	c.taken += fieldBytes
	return c.l.columns(int64(len(c.fields)))
}

// read returns the next row, io.EOF after the last one. The slice is used
// again by the next call, the texts are not.
func (c *csvReader) read() ([]string, error) {
	c.fields, c.field, c.quoted = c.fields[:0], c.field[:0], false
	for {
		b, err := c.next()
		if err == io.EOF { //nolint:errorlint // bufio returns it bare
			if c.blank() {
				return nil, io.EOF
			}
			err := c.push()
			return c.fields, err
		}
		if err != nil {
			return nil, err
		}
		switch {
		case b == '"' && len(c.field) == 0 && !c.quoted:
			c.quoted = true
			if err := c.quote(); err != nil {
				return nil, err
			}
		case b == ',':
			if err := c.push(); err != nil {
				return nil, err
			}
		case b == '\n' || b == '\r':
			if b == '\r' {
				c.follows('\n')
			}
			c.line++
			if c.blank() {
				continue
			}
			err := c.push()
			return c.fields, err
		default:
			c.field = append(c.field, b)
		}
	}
}

func (c *csvReader) blank() bool { return len(c.fields) == 0 && len(c.field) == 0 && !c.quoted }

// quote reads to the closing quote.
func (c *csvReader) quote() error {
	from := c.line
	for {
		b, err := c.next()
		if err == io.EOF { //nolint:errorlint // bufio returns it bare
			return malformed("line %d: a quote without end", from)
		}
		if err != nil {
			return err
		}
		switch {
		case b != '"':
			if b == '\n' {
				c.line++
			}
			c.field = append(c.field, b)
		case !c.follows('"'):
			return nil
		default:
			c.field = append(c.field, '"')
		}
	}
}
