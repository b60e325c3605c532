package codec

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// pickleReader reads opcodes and their arguments.
type pickleReader struct {
	src  io.ReaderAt
	r    *bufio.Reader
	at   int64 // of the next byte
	size int64
	// keep, if not 0, is how much is kept of a long argument. The rest is
	// passed over, unread where that can be.
	keep int64
}

func newPickleReader(r io.ReaderAt, size int64) *pickleReader {
	return &pickleReader{src: r, r: bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 1<<16), size: size}
}

// lineLimit is the longest line of protocol 0; only a UNICODE or STRING can
// be long.
const lineLimit = 1 << 26

// op reads an opcode with its argument: nil, int64, float64, *big.Int, string,
// []byte or [2]string.
func (p *pickleReader) op() (at int64, code byte, op pickleOp, arg any, err error) {
	at = p.at
	b, err := p.bytes(1)
	if err != nil {
		return at, 0, op, nil, err
	}
	code = b[0]
	op, known := pickleOps[code]
	if !known {
		return at, code, op, nil, malformed("no opcode of pickle at byte %d: %q", at, code)
	}
	arg, err = p.arg(op.arg)
	if err != nil {
		return at, code, op, nil, malformed("%s at byte %d: %w", op.name, at, err)
	}
	return at, code, op, arg, nil
}

// bytes takes n bytes, which the file must have.
func (p *pickleReader) bytes(n int64) ([]byte, error) {
	if n < 0 || n > p.size-p.at {
		return nil, malformed("%d bytes where %d are left", n, p.size-p.at)
	}
	kept := n
	if p.keep > 0 {
		kept = min(n, p.keep)
	}
	b := make([]byte, kept)
	if _, err := io.ReadFull(p.r, b); err != nil {
		return nil, short(err, "a pickle")
	}
	p.at += n
	if kept < n {
		p.r.Reset(io.NewSectionReader(p.src, p.at, p.size-p.at))
	}
	return b, nil
}

func (p *pickleReader) uint(width int64) (uint64, error) {
	b, err := p.bytes(width)
	if err != nil {
		return 0, err
	}
	var wide [8]byte
	copy(wide[:], b)
	return binary.LittleEndian.Uint64(wide[:]), nil
}

func (p *pickleReader) line() (string, error) {
	var line []byte
	for {
		part, err := p.r.ReadSlice('\n')
		p.at += int64(len(part))
		if p.keep > 0 && int64(len(line)+len(part)) > p.keep && len(part) > 0 {
			// The end of the line stays its end.
			line = append(line[:min(int64(len(line)), p.keep)], part[len(part)-1])
		} else {
			line = append(line, part...)
		}
		if len(line) > lineLimit {
			return "", tooLarge("a line of more than %d bytes", lineLimit)
		}
		if err == nil {
			return string(line[:len(line)-1]), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return "", short(err, "a line")
		}
	}
}

func (p *pickleReader) counted(width int64) ([]byte, error) {
	n, err := p.uint(width)
	if err != nil {
		return nil, err
	}
	if n > math.MaxInt64 {
		n = math.MaxInt64
	}
	return p.bytes(int64(n))
}

func (p *pickleReader) arg(form pickleArg) (any, error) {
	switch form {
	case argByte, argUint16, argUint32, argUint64, argInt32:
		n, err := p.uint(map[pickleArg]int64{argByte: 1, argUint16: 2, argUint32: 4, argUint64: 8, argInt32: 4}[form])
		if form == argInt32 {
			return int64(int32(n)), err
		}
		return int64(n), err
	case argFloat:
		b, err := p.bytes(8)
		if err != nil {
			return nil, err
		}
		return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
	case argLine:
		return p.line()
	case argLines:
		a, err := p.line()
		if err != nil {
			return nil, err
		}
		b, err := p.line()
		return [2]string{a, b}, err
	case argBytes1:
		return p.counted(1)
	case argBytes4:
		return p.counted(4)
	case argBytes8:
		return p.counted(8)
	case argText1, argText4, argText8:
		b, err := p.counted(map[pickleArg]int64{argText1: 1, argText4: 4, argText8: 8}[form])
		if err != nil {
			return nil, err
		}
		return pickleText(b), nil
	case argLong1, argLong4:
		b, err := p.counted(map[pickleArg]int64{argLong1: 1, argLong4: 4}[form])
		if err != nil {
			return nil, err
		}
		return twosComplement(b), nil
	}
	return nil, nil
}

// pickleText is UTF-8 in which Python leaves lone surrogates as they are; a
// Go text has U+FFFD for them.
func pickleText(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

// twosComplement reads a little-endian number of any length.
func twosComplement(b []byte) any {
	if len(b) <= 8 {
		var n int64
		for i := len(b) - 1; i >= 0; i-- {
			n = n<<8 | int64(b[i])
		}
		if k := 64 - 8*len(b); k < 64 {
			n = n << k >> k
		}
		return n
	}
	turned := make([]byte, len(b))
	for i, c := range b {
		turned[len(b)-1-i] = c
	}
	n := new(big.Int).SetBytes(turned)
	if turned[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	if n.IsInt64() {
		return n.Int64()
	}
	return n
}

// pickleInt reads the decimal numbers of protocol 0: "01" and "00" are bools.
func pickleInt(line string) (any, error) {
	switch line {
	case "01":
		return true, nil
	case "00":
		return false, nil
	}
	text := strings.TrimSuffix(strings.TrimSpace(line), "L")
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	return parseBig(text)
}
