// Package codec turns objects into files and files into objects, in the
// formats of machine learning: NumPy arrays, tables, images, JSON, YAML, text,
// folders, and Python's pickles, which it reads as data and never runs.
//
// It is useful alone, and it is what the Coffer SDK, the command line and the
// web previews share. It opens no network connection.
//
//	a := codec.Array([]float64{1, 2, 3, 4, 5, 6}, 2, 3)
//	rec, err := codec.Write(w, codec.NPZ{}, "features", a)
//	...
//	v, err := codec.Decode(r, size, rec, codec.Limits{})
//	m, err := codec.As[*mat.Dense](v)
//
// It reads what Python programs left, and Python reads what it writes:
//
//   - an array of any type of NumPy is an [NDArray], or a gonum matrix
//   - a DataFrame is an Arrow table, with its index marked ([IndexColumns])
//   - a picture is an image.Image
//   - a folder is a [Dir] on its way out and an [Archive] on its way in
//   - a pickle is data: numbers, texts, containers, moments, arrays, tables
//     ([Pickle]); what only code could build is refused by its name
//
// # Values and formats
//
// A [Codec] is one format. Its zero value is the default, its fields are its
// options. [Codecs.For] chooses the one the ClearML Python SDK would choose:
//
//	value                                   codec       what Python's .get() returns
//	*NDArray, any gonum matrix              NPZ         numpy.ndarray
//	arrow.Table, arrow.RecordBatch          Parquet     pandas.DataFrame
//	image.Image                             PNG         PIL.Image
//	map, struct                             JSON        dict
//	string                                  Text        str
//	Dir, Paths                              Zip         a folder
//	File                                    Raw         a path
//	Link                                    Reference   a path; the bytes stay where they are
//	nil, "", numbers, slices, []byte, ...   Pickle      None, str, int, float, list, bytes, ...
//
// ArrayCSV, CSVGzip, Feather, AuditTable, YAML and JPEG are there to be asked
// for. What Go cannot write but Python can (WebP, GIF, BMP, a pickled DataFrame
// or image) is read.
//
// # Records
//
// A [Record] is what is kept about an artifact beside its bytes: type, content
// type, preview text, file name, SHA-256 and size, exactly as the Python SDK
// writes them, so that either side reads back its own type.
//
// # Reading what others wrote
//
// Everything is read through an io.ReaderAt of known size and within [Limits],
// which are checked on headers before anything is decoded. No input runs code,
// writes outside of the folder it is given, or panics: what cannot be read is
// an error that is [ErrFormat], [ErrTooLarge], [ErrUnsafe] or [ErrType].
//
// # Parts
//
// Who wants to look into a large file, and not to have it, reads its headers
// ([ReadArrayInfo], [ReadTableInfo], [ReadImageInfo], [ListArchive],
// [PickleListing]) or a part ([ReadArraySlice], [ReadTableSlice],
// [Archive.Open]). Limits then count for the part.
package codec
