package codec

import "io"

// CSVRows reads the rows of comma-separated text one by one, as pandas splits
// them, within limits of bytes and columns.
type CSVRows struct{ in *csvReader }

// NewCSVRows returns a reader of the rows of r, which is not compressed.
func NewCSVRows(r io.Reader, l Limits) *CSVRows { return &CSVRows{newCSVReader(r, l.filled())} }

// Next returns the next row, io.EOF after the last one. The slice is used
// again by the next call, the texts are not.
func (c *CSVRows) Next() ([]string, error) { return c.in.read() }

// Line is the line that Next would read, from 1.
func (c *CSVRows) Line() int64 { return c.in.line }

// CSVTable makes a table of rows of text: columns get the narrowest of the
// types int64, uint64, float64, bool and string that holds all values, as
// pandas does. The first index columns are the index of a DataFrame.
func CSVTable(names []string, columns [][]string, index int) (any, error) {
	rows := int64(0)
	if len(columns) > 0 {
		rows = int64(len(columns[0]))
	}
	return csvTable(names, columns, min(index, len(names)), rows)
}

// IsMissing reports the texts that pandas reads as a missing value.
func IsMissing(s string) bool { return missing[s] }
