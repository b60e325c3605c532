package preview

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/coffer-ml/coffer/codec"
)

// csvText is how much of a table's text is unpacked for its first page.
const csvText = 32 << 20

// rowText bounds one row, in bytes.
const rowText = 4 << 20

// rowsOf opens the rows of a CSV table: at most so many bytes of the file, and
// so many of its text.
func rowsOf(f piece, format string, bytes, text int64) (*codec.CSVRows, *cutoff, error) {
	cut := &cutoff{r: io.LimitReader(f.from(0), bytes), whole: f.size <= bytes}
	var in io.Reader = cut
	if strings.HasSuffix(format, ".gz") {
		z, err := gzip.NewReader(cut)
		if err != nil {
			return nil, cut, malformed("gzip: %v", err)
		}
		in = z
	}
	if strings.HasPrefix(format, "tsv") {
		in = &tabs{r: in}
	}
	return codec.NewCSVRows(in, codec.Limits{Bytes: text, Columns: maxColumns}, rowText), cut, nil
}

// cutoff notices that reading ended because of a bound.
type cutoff struct {
	r     io.Reader
	whole bool // all of the file may be read
	ended bool
}

// Read implements io.Reader.
func (c *cutoff) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if errors.Is(err, io.EOF) {
		c.ended = true
	}
	return n, err
}

// hit reports whether an error came from the bound, and not from the file.
func (c *cutoff) hit(err error) bool {
	return errors.Is(err, codec.ErrTooLarge) || c.ended && !c.whole
}

// tabs turns tabs into commas and commas into something like them: the rows
// of a TSV file are split by what splits CSV.
type tabs struct{ r io.Reader }

// Read implements io.Reader.
func (t *tabs) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	for i, c := range p[:n] {
		switch c {
		case '\t':
			p[i] = ','
		case ',':
			p[i] = ';'
		}
	}
	return n, err
}

// csv shows a table of text. Its first page comes out of the first maxHead
// bytes of the file; later ones are looked for from the beginning.
func (v *view) csv(p *Preview, f piece, format string) error {
	asked := v.query.Rows
	bytes, text := int64(maxHead), int64(csvText)
	if asked.From > 0 {
		bytes, text = maxRead, 16*csvText
	}
	in, cut, err := rowsOf(f, format, bytes, text)
	if err != nil {
		return err
	}
	head, err := in.Next()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return malformed("a table without a line of names")
		}
		return err
	}
	head = append([]string(nil), head...)
	cols := v.columnPage(int64(len(head)))
	rows := v.rowPage(cols.To-cols.From, 1<<62)
	t := &TableView{Format: format, Rows: -1, ColumnCount: int64(len(head)), FromColumn: cols.From, From: rows.From, Columns: []Column{}, Cells: [][]any{}}
	p.Table = t
	sums := make([]summary, cols.To-cols.From)
	// Whether a column holds numbers is known by the sample alone.
	sample := min(sampledRows, sampledCells/max(cols.To-cols.From, 1))
	var page [][]string
	n := int64(0)
	for ; n < max(rows.To, sample); n++ {
		row, err := in.Next()
		if errors.Is(err, io.EOF) && !cut.hit(err) {
			t.Rows = n
			break
		}
		if err != nil {
			if broken := v.in.failed(); broken != nil {
				return broken
			}
			if !cut.hit(err) {
				p.Warning = "Behind the rows that are shown it is broken: " + problem(err)
			}
			break
		}
		if len(row) != len(head) {
			t.Ragged++
		}
		for len(row) < int(cols.To) {
			row = append(row, "")
		}
		if n < sample {
			for i := range sums {
				sums[i].field(row[cols.From+int64(i)])
			}
		}
		if n >= rows.From && n < rows.To {
			line := make([]string, cols.To-cols.From)
			for i := range line {
				line[i] = strings.Clone(clip(row[cols.From+int64(i)], longText))
			}
			page = append(page, line)
		}
	}
	if n == 0 && t.Rows < 0 && p.Warning != "" {
		return malformed("%s", p.Warning)
	}
	t.AtLeast = n
	t.From = min(rows.From, n)
	t.More = t.Rows < 0 || rows.To < t.Rows
	for i := range sums {
		name := head[cols.From+int64(i)]
		t.Columns = append(t.Columns, Column{Name: clip(name, keyBytes), Type: sums[i].kind(), Index: cols.From+int64(i) == 0 && name == ""})
		t.Columns[i].Summary = sums[i].result(n)
	}
	for _, line := range page {
		cells := make([]any, len(line))
		for i, s := range line {
			cells[i] = csvCell(s, t.Columns[i].Type)
		}
		t.Cells = append(t.Cells, cells)
	}
	v.complete(t)
	p.Title = tableTitle(t)
	return nil
}

// csvCell is a field as it is shown in a column of a type. What does not fit
// the type, since the sample has none like it, stays a text.
func csvCell(s, kind string) any {
	if codec.IsMissing(s) {
		return nil
	}
	switch kind {
	case "int64":
		if n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64); err == nil {
			return whole(n)
		}
	case "float64":
		if x, ok := decimal(strings.TrimSpace(s)); ok {
			return Number(x)
		}
	case "bool":
		if b, err := strconv.ParseBool(strings.ToLower(s)); err == nil {
			return b
		}
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// csvStats looks at all rows of a table of text.
func csvStats(in *input, f piece, format string) (*tableStats, error) {
	rows, _, err := rowsOf(f, format, 1<<62, codec.Unlimited)
	if err != nil {
		return nil, err
	}
	head, err := rows.Next()
	if err != nil {
		return nil, err
	}
	names := append([]string(nil), head...)
	if len(names) > jobColumns {
		return nil, tooLarge("a table of %d columns", len(names))
	}
	sums := make([]summary, len(names))
	out := &tableStats{}
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", out.Rows, err)
		}
		if len(row) != len(names) {
			out.Ragged++
		}
		for i := range sums {
			if i < len(row) {
				sums[i].field(row[i])
			} else {
				sums[i].field("")
			}
		}
		if out.Rows++; out.Rows%4096 == 0 && in.ctx.Err() != nil {
			return nil, in.ctx.Err()
		}
	}
	for i := range sums {
		out.Columns = append(out.Columns, Column{Name: clip(names[i], keyBytes), Type: sums[i].kind(), Summary: sums[i].result(out.Rows)})
	}
	return out, nil
}
