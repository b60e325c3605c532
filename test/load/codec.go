package main

import (
	"bytes"
	"context"
	"io"
	"math"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/klauspost/compress/gzip"

	"github.com/coffer-ml/coffer/codec"
)

// codecNumbers is how many numbers a file of the codecs has: 64 MB of them.
const codecNumbers = 8 << 20

// codecRows is how many rows a table has; CSV takes its time.
const codecRows = 500_000

// measureCodec holds the formats against what they cannot do without: copying
// the bytes, compressing the text. It needs no server.
func (b *bench) measureCodec(ctx context.Context) error {
	numbers := make([]float64, codecNumbers)
	for i := range numbers {
		numbers[i] = math.Sqrt(float64(i))
	}
	a, table := codec.Array(numbers), codecTable()
	var s [10]series
	err := b.each(ctx, "codec", func(int) error {
		var file bytes.Buffer
		file.Grow(8*codecNumbers + 1024)
		copied := make([]byte, 8*codecNumbers+128)
		rates := make([]float64, 0, len(s))
		rate := func(size int, fn func() error) error {
			begin := time.Now()
			err := fn()
			rates = append(rates, float64(size)/1e6/time.Since(begin).Seconds())
			return err
		}
		steps := []func() error{
			func() error { return rate(8*codecNumbers, func() error { return codec.WriteNPY(&file, a) }) },
			func() error { return rate(8*codecNumbers, func() error { copy(copied, file.Bytes()); return nil }) },
			func() error {
				return rate(8*codecNumbers, func() error { return codecRead(file.Bytes(), codec.Record{Type: codec.TypeNumPy}) })
			},
			func() error {
				return rate(8*codecNumbers, func() error { _ = append(make([]byte, 0, file.Len()), file.Bytes()...); return nil })
			},
		}
		for _, step := range steps {
			if err := step(); err != nil {
				return err
			}
		}
		var packed, text, again, parquet bytes.Buffer
		rec, err := codec.Write(&packed, codec.CSVGzip{}, "table", table)
		if err != nil {
			return err
		}
		z, err := gzip.NewReader(bytes.NewReader(packed.Bytes()))
		if err != nil {
			return err
		}
		if _, err := io.Copy(&text, z); err != nil {
			return err
		}
		size := text.Len()
		for _, step := range []func() error{
			func() error {
				_, err := codec.Write(io.Discard, codec.CSVGzip{}, "table", table)
				return err
			},
			func() error {
				w := gzip.NewWriter(&again)
				if _, err := w.Write(text.Bytes()); err != nil {
					return err
				}
				return w.Close()
			},
			func() error { return codecRead(packed.Bytes(), rec) },
			func() error {
				z, err := gzip.NewReader(bytes.NewReader(packed.Bytes()))
				if err == nil {
					_, err = io.Copy(io.Discard, z)
				}
				return err
			},
			func() error {
				_, err := codec.Write(&parquet, codec.Parquet{}, "table", table)
				return err
			},
			func() error {
				return codecRead(parquet.Bytes(), codec.Record{Type: codec.TypePandas, ContentType: "application/parquet"})
			},
		} {
			if err := rate(size, step); err != nil {
				return err
			}
		}
		for i, r := range rates {
			s[i] = append(s[i], r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.report.against("64 MB of numbers written as .npy", "copying them", "", "MB/s", s[0], s[1])
	b.report.against("64 MB of numbers read from .npy", "copying them", "", "MB/s", s[2], s[3])
	b.report.against("a table of 500,000 rows written as csv.gz", "gzip alone", "", "MB/s of text", s[4], s[5])
	b.report.against("the same read", "gunzip alone", "", "MB/s of text", s[6], s[7])
	b.report.against("the same table written as Parquet", "as csv.gz", "", "MB/s of text", s[8], s[4])
	b.report.against("the same read", "from csv.gz", "", "MB/s of text", s[9], s[6])
	return nil
}

func codecRead(b []byte, rec codec.Record) error {
	_, err := codec.Decode(bytes.NewReader(b), int64(len(b)), rec, codec.Limits{})
	return err
}

// codecTable has whole numbers, real ones and words that repeat.
func codecTable() arrow.Table {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "number", Type: arrow.PrimitiveTypes.Int64},
		{Name: "real", Type: arrow.PrimitiveTypes.Float64},
		{Name: "word", Type: arrow.BinaryTypes.String},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	words := []string{"train", "validation", "test", "holdout"}
	for i := range codecRows {
		b.Field(0).(*array.Int64Builder).Append(int64(i) * 7)
		b.Field(1).(*array.Float64Builder).Append(math.Sqrt(float64(i)))
		b.Field(2).(*array.StringBuilder).Append(words[i%len(words)])
	}
	return array.NewTableFromRecords(schema, []arrow.RecordBatch{b.NewRecordBatch()})
}
