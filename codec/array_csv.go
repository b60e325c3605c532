package codec

import (
	"bufio"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// ArrayCSV keeps arrays of real numbers of one or two dimensions as text, as
// numpy.savetxt does with a comma: one line for each row, 19 digits, gzipped.
// All numbers are read as float64, a single line or column as one dimension.
type ArrayCSV struct{}

var _ Codec = ArrayCSV{}

// Accepts implements Codec.
func (ArrayCSV) Accepts(v any) bool {
	a := arrayOf(v)
	if a == nil || len(a.Shape) < 1 || len(a.Shape) > 2 {
		return false
	}
	if len(a.Shape) == 2 && a.Shape[1] == 0 { // its text would be empty lines alone, without end if there are as many rows
		return false
	}
	switch a.DType.Kind {
	case 'b', 'i', 'u', 'f':
		return true
	}
	return false
}

// Encode implements Codec.
func (c ArrayCSV) Encode(w io.Writer, name string, v any) (Record, error) {
	rec := Record{Name: name, Type: TypeNumPy, ContentType: contentCSV, File: name + ".csv.gz"}
	if !c.Accepts(v) {
		return rec, mistyped("CSV holds arrays of real numbers of one or two dimensions, and of one column at least, not this %T", v)
	}
	a := arrayOf(v)
	if err := a.valid(); err != nil {
		return rec, err
	}
	rec.Preview = a.String()
	data, err := a.Float64s()
	if err != nil {
		return rec, err
	}
	columns := 1
	if len(a.Shape) == 2 {
		columns = a.Shape[1]
	}
	z := gzip.NewWriter(w)
	out := bufio.NewWriter(z)
	for i := range a.Shape[0] {
		for j := range columns {
			if j > 0 {
				_ = out.WriteByte(',') // bufio keeps the error for Flush
			}
			_, _ = out.WriteString(savetxt(data[i*columns+j]))
		}
		_ = out.WriteByte('\n')
	}
	if err := out.Flush(); err != nil {
		return rec, err
	}
	return rec, z.Close()
}

// savetxt is numpy.savetxt's "%.18e".
func savetxt(x float64) string {
	switch {
	case math.IsNaN(x):
		return "nan"
	case math.IsInf(x, 1):
		return "inf"
	case math.IsInf(x, -1):
		return "-inf"
	}
	return strconv.FormatFloat(x, 'e', 18, 64)
}

// Reads implements Codec.
func (ArrayCSV) Reads(rec Record) bool {
	return rec.Type == TypeNumPy && rec.ContentType == contentCSV
}

// Decode implements Codec. What is no number is NaN, as numpy.genfromtxt
// reads it; lines of different lengths are ErrFormat.
func (ArrayCSV) Decode(r io.ReaderAt, size int64, _ Record, l Limits) (any, error) {
	l = l.filled()
	in, err := unzipped(r, size)
	if err != nil {
		return nil, err
	}
	rows := newCSVReader(in, l)
	var data []float64
	n, columns := 0, 0
	for {
		row, err := rows.read()
		if err == io.EOF { //nolint:errorlint // the reader's own sentinel, unwrapped
			break
		}
		if err != nil {
			return nil, err
		}
		if n > 0 && len(row) != columns {
			return nil, malformed("line %d has %d columns, the first one %d", n+1, len(row), columns)
		}
		n, columns = n+1, len(row)
		if err := l.rows(int64(n)); err != nil {
			return nil, err
		}
		if err := l.bytes(8 * int64(len(data)+columns)); err != nil {
			return nil, err
		}
		for _, field := range row {
			x, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
			if err != nil && !math.IsInf(x, 0) {
				x = math.NaN()
			}
			data = append(data, x)
		}
	}
	switch {
	case n == 0:
		return Array([]float64{}), nil
	case n == 1 && columns == 1:
		a := Array(data)
		a.Shape = nil
		return a, nil
	case n == 1 || columns == 1:
		return Array(data), nil
	}
	return Array(data, n, columns), nil
}
