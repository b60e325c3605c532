package codec

import (
	"archive/zip"
	"fmt"
	"io"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// NPZ keeps arrays as the Python SDK does: a zip file with one compressed .npy
// member, named after the artifact.
//
// It takes *NDArray, any mat.Matrix or mat.CMatrix of gonum (vectors get one
// dimension), and Arrays for several in one file, which the Python SDK hands
// out as a path, and Of reads by Raw. Every type of NumPy is kept but arrays of Python objects,
// which are refused.
type NPZ struct{}

var _ Codec = NPZ{}

// arrayOf returns what NPZ takes as an array, or nil.
func arrayOf(v any) *NDArray {
	switch v := v.(type) {
	case *NDArray:
		return v
	case mat.Matrix:
		return Matrix(v)
	case mat.CMatrix:
		return CMatrix(v)
	}
	return nil
}

// Accepts implements Codec.
func (NPZ) Accepts(v any) bool {
	switch v := v.(type) {
	case *NDArray:
		return v != nil && !v.DType.object()
	case mat.Matrix, mat.CMatrix, Arrays:
		return true
	}
	return false
}

// Encode implements Codec.
func (NPZ) Encode(w io.Writer, name string, v any) (Record, error) {
	rec := Record{Name: name, Type: TypeNumPy, ContentType: contentNumPy, File: name + ".npz"}
	arrays := Arrays{}
	if several, ok := v.(Arrays); ok {
		arrays = several
		rec.Type, rec.ContentType, rec.Preview = TypeCustom, GuessContentType(rec.File), arraysText(several)
	} else if a := arrayOf(v); a != nil {
		arrays[name] = a
		if err := a.valid(); err != nil {
			return rec, err
		}
		rec.Preview = a.String()
	} else {
		return rec, mistyped("an .npz file holds arrays, not a %T", v)
	}
	z := zip.NewWriter(w)
	compress(z)
	for _, key := range sortedKeys(arrays) {
		member, err := z.CreateHeader(&zip.FileHeader{Name: key + ".npy", Method: zip.Deflate, Modified: zipEpoch})
		if err != nil {
			return rec, err
		}
		if err := writeNPY(member, arrays[key]); err != nil {
			return rec, err
		}
	}
	return rec, z.Close()
}

func arraysText(arrays Arrays) string {
	var b strings.Builder
	for _, key := range sortedKeys(arrays) {
		fmt.Fprintf(&b, "%s: %s %s\n", key, arrays[key].DType, shapeText(arrays[key].Shape))
	}
	return b.String()
}

// Reads implements Codec.
func (NPZ) Reads(rec Record) bool {
	return rec.Type == TypeNumPy && rec.ContentType != contentCSV
}

// Decode implements Codec. It returns the *NDArray under the record's name, or
// the only one there is; else all of them as Arrays. Plain .npy files are read
// as well.
func (NPZ) Decode(r io.ReaderAt, size int64, rec Record, l Limits) (any, error) {
	l = l.filled()
	magic := make([]byte, len(npyMagic))
	if n, _ := r.ReadAt(magic, 0); string(magic[:n]) == npyMagic {
		return readNPY(io.NewSectionReader(r, 0, size), size, l)
	}
	z, err := openZip(r, size, l)
	if err != nil {
		return nil, err
	}
	if rec.Type == TypeNumPy {
		for _, f := range z.File {
			if f.Name == rec.Name+".npy" {
				return readMember(f, l)
			}
		}
	}
	if len(z.File) == 1 {
		return readMember(z.File[0], l)
	}
	arrays := Arrays{}
	left := l
	for _, f := range z.File {
		key := strings.TrimSuffix(f.Name, ".npy")
		if _, twice := arrays[key]; twice {
			return nil, malformed("two arrays named %q", key)
		}
		a, err := readMember(f, left)
		if err != nil {
			return nil, err
		}
		arrays[key] = a
		left.Bytes -= footprint(a.DType, int64(a.Len()))
	}
	return arrays, nil
}

func readMember(f *zip.File, l Limits) (*NDArray, error) {
	size, err := expanded(f)
	if err != nil {
		return nil, err
	}
	m, err := f.Open()
	if err != nil {
		return nil, zipError(err)
	}
	defer func() { _ = m.Close() }()
	a, err := readNPY(m, size, l)
	if err != nil {
		return nil, fmt.Errorf("member %q: %w", f.Name, zipError(err))
	}
	// Reading on to the end is what checks the member's checksum.
	if _, err := io.Copy(io.Discard, m); err != nil {
		return nil, fmt.Errorf("member %q: %w", f.Name, zipError(err))
	}
	return a, nil
}
