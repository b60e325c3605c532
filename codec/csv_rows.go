package codec

import "io"

// CSVRows reads the rows of comma-separated text one by one, as pandas splits
// them, within limits of bytes and columns.
type CSVRows struct {
	in       *csvReader
	all, row int64
}

// NewCSVRows returns a reader of the rows of r, which is not compressed. No row
// may take more than row bytes, nor all of them more than the limits say.
func NewCSVRows(r io.Reader, l Limits, row int64) *CSVRows {
	l = l.filled()
	return &CSVRows{newCSVReader(r, l), l.Bytes, row}
}

// Next returns the next row, io.EOF after the last one. The slice is used
// again by the next call, the texts are not.
func (c *CSVRows) Next() ([]string, error) {
	c.in.l.Bytes = min(c.all, c.in.taken+c.row)
	return c.in.read()
}

// Line is the line that Next would read, from 1.
func (c *CSVRows) Line() int64 { return c.in.line }

// IsMissing reports the texts that pandas reads as a missing value.
func IsMissing(s string) bool { return missing[s] }
