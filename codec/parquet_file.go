package codec

import (
	"errors"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/parquet-go/parquet-go"
)

// ParquetFile is a Parquet file of which parts are read: the footer when it is
// opened, then the pages of the rows and columns that are asked for.
type ParquetFile struct {
	// Schema names the columns with their Arrow types; a column whose type
	// Arrow does not have is of type null, and reading it is ErrType.
	Schema *arrow.Schema

	r      io.ReaderAt
	size   int64
	file   *parquet.File
	kept   *arrow.Schema
	limits Limits
}

// pageBuffer is how much is read at once of a page: the smallest that does not
// cost a request for every few values.
const pageBuffer = 1 << 16

// footerGrowth is how much more memory a footer takes than its bytes.
const footerGrowth = 6

// OpenParquet reads the footer.
func OpenParquet(r io.ReaderAt, size int64, l Limits) (p *ParquetFile, err error) {
	l = l.filled()
	defer rescue("parquet", &err)
	// A footer takes several times its length once it is decoded.
	if n, err := footerLength(r, size); err != nil {
		return nil, err
	} else if err := l.bytes(footerGrowth * n); err != nil {
		return nil, err
	}
	if err := checkFooter(r, size, l); err != nil {
		return nil, err
	}
	f, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(pageBuffer))
	if err != nil {
		return nil, malformed("parquet: %w", err)
	}
	roots := f.Root().Columns()
	if err := checkTable(f.NumRows(), int64(len(roots)), l); err != nil {
		return nil, err
	}
	p = &ParquetFile{r: r, size: size, file: f, kept: schemaOf(f, l), limits: l}
	fields := make([]arrow.Field, len(roots))
	for i, root := range roots {
		t, err := arrowType(root)
		if err != nil || root.Repeated() {
			t = arrow.Null
		}
		fields[i] = arrow.Field{Name: root.Name(), Type: t, Nullable: true}
		if p.keeps(i, root.Name()) {
			fields[i], _ = retyped(fields[i], p.kept.Field(i), nil, nil, newBoundedMemory(l))
		}
	}
	var keys, values []string
	for _, kv := range f.Metadata().KeyValueMetadata {
		if kv.Key != arrowSchemaKey {
			keys, values = append(keys, kv.Key), append(values, kv.Value)
		}
	}
	md := arrow.NewMetadata(keys, values)
	p.Schema = arrow.NewSchema(fields, &md)
	return p, nil
}

// keeps reports whether Arrow's own schema tells of the column.
func (p *ParquetFile) keeps(i int, name string) bool {
	return p.kept != nil && p.kept.NumFields() == len(p.file.Root().Columns()) && p.kept.Field(i).Name == name
}

// NumRows is how many rows the footer says there are.
func (p *ParquetFile) NumRows() int64 { return p.file.NumRows() }

// ParquetGroup is a part of the rows that is kept together.
type ParquetGroup struct{ First, Rows int64 }

// Groups are the file's row groups.
func (p *ParquetFile) Groups() []ParquetGroup {
	out := make([]ParquetGroup, 0, len(p.file.RowGroups()))
	at := int64(0)
	for _, g := range p.file.RowGroups() {
		out = append(out, ParquetGroup{at, g.NumRows()})
		at += g.NumRows()
	}
	return out
}

// Column reads n rows of a column from a row on, out of the pages that hold
// them; pages of the same row group before them are passed over.
func (p *ParquetFile) Column(column int, from, n int64) (c *arrow.Chunked, err error) {
	defer rescue("parquet", &err)
	root := p.file.Root().Columns()[column]
	t, err := arrowType(root)
	if err != nil {
		return nil, mistyped("column %q: %w", root.Name(), err)
	}
	if root.Repeated() {
		return nil, mistyped("column %q repeats without a list", root.Name())
	}
	leaf := 0
	for _, before := range p.file.Root().Columns()[:column] {
		leaf += leaves(before)
	}
	mem := newBoundedMemory(p.limits)
	var chunks []arrow.Array
	first := int64(0)
	for i, g := range p.file.RowGroups() {
		begin, end := max(from, first), min(from+n, first+g.NumRows())
		if begin < end {
			a, err := p.part(i, root, t, leaf, begin-first, end-begin, mem)
			if err != nil {
				return nil, malformed("column %q: %w", root.Name(), err)
			}
			chunks = append(chunks, a)
		}
		first += g.NumRows()
	}
	field := arrow.Field{Name: root.Name(), Type: t, Nullable: true}
	if p.keeps(column, root.Name()) {
		field, chunks = retyped(field, p.kept.Field(column), chunks, nil, mem)
	}
	return arrow.NewChunked(field.Type, chunks), nil
}

// Scan reads a column from its beginning to its end, so many rows at a time.
// Columns of lists and structs are ErrType.
func (p *ParquetFile) Scan(column, rows int, fn func(arrow.Array) error) (err error) {
	defer rescue("parquet", &err)
	root := p.file.Root().Columns()[column]
	t, err := arrowType(root)
	if err != nil || root.Repeated() || !root.Leaf() {
		return mistyped("column %q is not scanned", root.Name())
	}
	leaf := 0
	for _, before := range p.file.Root().Columns()[:column] {
		leaf += leaves(before)
	}
	mem := newBoundedMemory(Limits{Bytes: Unlimited}) // pages are checked, and dropped
	emit := func(values []parquet.Value) error {
		b := array.NewBuilder(mem, t)
		defer b.Release()
		c := []*cursor{{values: values}}
		for range values {
			if err := assemble(b, root, c, 0, 0); err != nil {
				return malformed("column %q: %w", root.Name(), err)
			}
		}
		field, chunks := arrow.Field{Name: root.Name(), Type: t, Nullable: true}, []arrow.Array{b.NewArray()}
		if p.keeps(column, root.Name()) {
			_, chunks = retyped(field, p.kept.Field(column), chunks, nil, mem)
		}
		return fn(chunks[0])
	}
	for i, g := range p.file.RowGroups() {
		if err := p.checkLeaf(i, leaf, g.NumRows()); err != nil {
			return err
		}
		c := g.ColumnChunks()[leaf]
		if err := scanPages(c.Pages(), min(g.NumRows(), c.NumValues()), rows, emit); err != nil {
			return err
		}
	}
	return nil
}

// scanPages hands out the values of pages that have left values together, so
// many at a time.
func scanPages(pages parquet.Pages, left int64, most int, emit func([]parquet.Value) error) error {
	defer func() { _ = pages.Close() }()
	buf := make([]parquet.Value, most)
	for left > 0 {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		left -= page.NumValues()
		for in := page.Values(); ; {
			k, err := in.ReadValues(buf)
			if k > 0 {
				if err := emit(buf[:k]); err != nil {
					return err
				}
			}
			if errors.Is(err, io.EOF) || k == 0 {
				break
			}
			if err != nil {
				return err
			}
		}
		parquet.Release(page)
	}
	return nil
}

// part reads rows of a column of one row group.
func (p *ParquetFile) part(group int, root parquet.Node, t arrow.DataType, leaf int, from, n int64, mem *boundedMemory) (arrow.Array, error) {
	cursors := make([]*cursor, leaves(root))
	for i := range cursors {
		values, err := p.leaf(group, leaf+i, from, n)
		if err != nil {
			return nil, err
		}
		cursors[i] = &cursor{values: values}
	}
	b := array.NewBuilder(mem, t)
	defer b.Release()
	for range n {
		if err := assemble(b, root, cursors, 0, 0); err != nil {
			return nil, err
		}
	}
	return b.NewArray(), nil
}

// leaf reads the values of n rows of a leaf, from a row of its group on. Each
// page's header is looked at before the library takes the memory that it says.
func (p *ParquetFile) leaf(group, leaf int, from, n int64) ([]parquet.Value, error) {
	g := p.file.RowGroups()[group]
	if err := p.checkLeaf(group, leaf, from+n); err != nil {
		return nil, err
	}
	pages := g.ColumnChunks()[leaf].Pages()
	defer func() { _ = pages.Close() }()
	if from > 0 {
		if err := pages.SeekToRow(from); err != nil {
			return nil, err
		}
	}
	var values []parquet.Value
	rows := int64(0)
	buf := make([]parquet.Value, 256)
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return values, nil
		}
		if err != nil {
			return nil, err
		}
		in := page.Values()
		for {
			k, err := in.ReadValues(buf)
			for _, v := range buf[:k] {
				if v.RepetitionLevel() == 0 {
					if rows == n {
						parquet.Release(page)
						return values, nil
					}
					rows++
				}
				values = append(values, v.Clone()) // a page's memory is used again
				if err := p.limits.values(int64(len(values))); err != nil {
					return nil, err
				}
			}
			if errors.Is(err, io.EOF) || k == 0 {
				break
			}
			if err != nil {
				return nil, err
			}
		}
		parquet.Release(page)
		if rows == n && !repeats(p.file.Root(), leaf) {
			return values, nil
		}
	}
}

// repeats reports whether values of a leaf may belong to the row before.
func repeats(root *parquet.Column, leaf int) bool {
	for _, c := range root.Columns() {
		k := leaves(c)
		if leaf < k {
			return !c.Leaf()
		}
		leaf -= k
	}
	return true
}

// checkLeaf reads the headers of a leaf's pages up to the one that holds a row:
// what each says that it expands to must fit the limits.
func (p *ParquetFile) checkLeaf(group, leaf int, rows int64) error {
	m := p.file.Metadata().RowGroups[group].Columns[leaf].MetaData
	if m.NumValues < 0 || m.TotalCompressedSize < 0 || m.TotalCompressedSize > p.size {
		return malformed("a column of %d values in %d bytes", m.NumValues, m.TotalCompressedSize)
	}
	at, err := chunkStart(m)
	if err != nil {
		return err
	}
	end := at + m.TotalCompressedSize
	if at < 0 || end > p.size {
		return malformed("a column at byte %d of %d", at, p.size)
	}
	data := false
	for seen := int64(0); seen < m.NumValues && seen < rows; {
		if end <= at {
			return malformed("%d values where %d were promised", seen, m.NumValues)
		}
		data = data || at == m.DataPageOffset
		h, header, err := pageHead(p.r, at, end-at, p.limits)
		if err != nil {
			return err
		}
		k := pageValues(h)
		if k < 0 || k > m.NumValues-seen || k > 0 && !data {
			return malformed("a page of %d values at byte %d", k, at)
		}
		// A page is in memory packed and unpacked, with a level for each value.
		if err := p.limits.bytes(int64(h.CompressedPageSize) + int64(h.UncompressedPageSize) + levelBytes*k); err != nil {
			return err
		}
		if err := checkExpansion(p.r, at+header, h, m.Codec, p.limits); err != nil {
			return err
		}
		seen += k
		at += header + int64(h.CompressedPageSize)
	}
	return nil
}
