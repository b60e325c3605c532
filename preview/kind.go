package preview

import (
	"bytes"
	"encoding/json"
	"path"
	"strings"
	"unicode/utf8"
)

// The kinds of previews.
const (
	Empty   = "empty"
	Array   = "array"
	Table   = "table"
	Image   = "image"
	Tree    = "tree"
	Text    = "text"
	Page    = "html"
	Audio   = "audio"
	Video   = "video"
	Archive = "archive"
	Pickle  = "pickle"
	Tensors = "tensors"
	Packed  = "gzip"
	Hex     = "hex"
)

var kinds = []string{Empty, Array, Table, Image, Tree, Text, Page, Audio, Video, Archive, Pickle, Tensors, Packed, Hex}

// kind is what a file turned out to be.
type kind struct {
	show  string
	media string // content type
	// format tells formats of one kind apart: "npy", "npz", "csv", "parquet".
	format string
	// text says that it can be shown as text as well.
	text bool
}

// modes are the kinds that it can be shown as.
func (k kind) modes() []string {
	out := []string{k.show}
	if k.format == "npz" || k.format == "torch" {
		out = append(out, Archive)
	}
	if k.text && k.show != Text {
		out = append(out, Text)
	}
	if k.show != Hex && k.show != Empty {
		out = append(out, Hex)
	}
	return out
}

// fallback is what is shown where a kind cannot be.
func (k kind) fallback(as string) string {
	switch {
	case as != Archive && k.format == "npz":
		return Archive
	case as != Text && k.text:
		return Text
	}
	return Hex
}

// magics are how the files of each kind begin; '?' stands for any byte.
var magics = []struct {
	begins string
	kind   kind
}{
	{"\x93NUMPY", kind{Array, "application/x-npy", "npy", false}},
	{"PAR1", kind{Table, "application/vnd.apache.parquet", "parquet", false}},
	{"ARROW1\x00\x00", kind{Table, "application/vnd.apache.arrow.file", "feather", false}},
	{"\x89PNG\r\n\x1a\n", kind{Image, "image/png", "png", false}},
	{"\xff\xd8\xff", kind{Image, "image/jpeg", "jpeg", false}},
	{"GIF87a", kind{Image, "image/gif", "gif", false}},
	{"GIF89a", kind{Image, "image/gif", "gif", false}},
	{"RIFF????WEBP", kind{Image, "image/webp", "webp", false}},
	{"II*\x00", kind{Image, "image/tiff", "tiff", false}},
	{"MM\x00*", kind{Image, "image/tiff", "tiff", false}},
	{"RIFF????WAVE", kind{Audio, "audio/wav", "wav", false}},
	{"RIFF????AVI ", kind{Video, "video/x-msvideo", "avi", false}},
	{"fLaC", kind{Audio, "audio/flac", "flac", false}},
	{"ID3", kind{Audio, "audio/mpeg", "mp3", false}},
	{"OggS", kind{Audio, "audio/ogg", "ogg", false}},
	{"????ftypM4A", kind{Audio, "audio/mp4", "m4a", false}},
	{"????ftyp", kind{Video, "video/mp4", "mp4", false}},
	{"\x1aE\xdf\xa3", kind{Video, "video/webm", "webm", false}},
	{"PK\x03\x04", kind{Archive, "application/zip", "zip", false}},
	{"PK\x05\x06", kind{Archive, "application/zip", "zip", false}},
	{"\x1f\x8b", kind{Packed, "application/gzip", "gzip", false}},
	// What is not opened is named, so that people know what the bytes are.
	{"%PDF-", kind{Hex, "application/pdf", "PDF document", false}},
	{"\x89HDF\r\n\x1a\n", kind{Hex, "application/x-hdf5", "HDF5 data", false}},
	{"SQLite format 3\x00", kind{Hex, "application/vnd.sqlite3", "SQLite database", false}},
	{"\x7fELF", kind{Hex, "application/x-elf", "ELF program or library", false}},
	{"BZh", kind{Hex, "application/x-bzip2", "bzip2 data", false}},
	{"\xfd7zXZ\x00", kind{Hex, "application/x-xz", "xz data", false}},
	{"\x28\xb5\x2f\xfd", kind{Hex, "application/zstd", "Zstandard data", false}},
	{"7z\xbc\xaf\x27\x1c", kind{Hex, "application/x-7z-compressed", "7-Zip archive", false}},
	{"FEA1", kind{Hex, "application/octet-stream", "Feather file of version 1", false}},
	{"GGUF", kind{Hex, "application/octet-stream", "GGUF model", false}},
}

// sniffed is how much of a file tells what it is.
const sniffed = 8 << 10

// sniff tells what a piece is by how it begins, and by its name where it is a
// text.
func sniff(f piece) kind {
	if f.size == 0 {
		return kind{show: Empty, media: "application/x-empty"}
	}
	head, err := f.head(sniffed)
	if err != nil {
		return kind{show: Hex, media: "application/octet-stream"}
	}
	name := strings.ToLower(f.name)
	ext := path.Ext(name)
	for _, m := range magics {
		if begins(head, m.begins) {
			return refine(m.kind, name)
		}
	}
	switch {
	case begins(head, "BM") && len(head) > 14 && head[6] == 0 && head[7] == 0 && !printable(head):
		return kind{Image, "image/bmp", "bmp", false}
	case len(head) > 2 && head[0] == 0xff && head[1]&0xe0 == 0xe0 && ext == ".mp3":
		return kind{Audio, "audio/mpeg", "mp3", false}
	case len(head) > 1 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5, ext == ".pkl" || ext == ".pickle":
		return kind{Pickle, "application/x-pickle", "pickle", false}
	case len(head) > 8 && ext == ".safetensors" && head[8] == '{':
		return kind{Tensors, "application/x-safetensors", "safetensors", false}
	case !printable(head):
		return kind{show: Hex, media: "application/octet-stream"}
	}
	return textKind(head, ext, f.size)
}

// refine tells apart what begins alike.
func refine(k kind, name string) kind {
	switch k.format {
	case "zip":
		switch path.Ext(name) {
		case ".npz":
			return kind{Array, "application/x-npz", "npz", false}
		case ".pt", ".pth":
			k.format = "torch"
		}
	case "gzip":
		if base, ok := strings.CutSuffix(name, ".gz"); ok {
			if ext := path.Ext(base); ext == ".csv" || ext == ".tsv" {
				return kind{Table, "text/csv", ext[1:] + ".gz", false}
			}
		}
	}
	return k
}

// texts are the kinds of texts by extension.
var texts = map[string]kind{
	".csv": {Table, "text/csv", "csv", true}, ".tsv": {Table, "text/tab-separated-values", "tsv", true},
	".json": {Tree, "application/json", "json", true}, ".ipynb": {Tree, "application/json", "json", true},
	".geojson": {Tree, "application/json", "json", true},
	".yaml":    {Tree, "application/yaml", "yaml", true}, ".yml": {Tree, "application/yaml", "yaml", true},
	".html": {Page, "text/html", "html", true}, ".htm": {Page, "text/html", "html", true}, ".xhtml": {Page, "text/html", "html", true},
	".svg": {Image, "image/svg+xml", "svg", true},
}

func textKind(head []byte, ext string, size int64) kind {
	if k, ok := texts[ext]; ok {
		return k
	}
	plain := kind{Text, "text/plain", "text", true}
	start := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	lower := bytes.ToLower(start[:min(len(start), 256)])
	switch {
	case languages[ext] != "":
		return plain
	case bytes.HasPrefix(lower, []byte("<!doctype html")), bytes.HasPrefix(lower, []byte("<html")):
		return texts[".html"]
	case bytes.HasPrefix(lower, []byte("<svg")), bytes.HasPrefix(lower, []byte("<?xml")) && bytes.Contains(lower, []byte("<svg")):
		return texts[".svg"]
	case (bytes.HasPrefix(start, []byte("{")) || bytes.HasPrefix(start, []byte("["))) && (int64(len(head)) < size || json.Valid(head)):
		if !looksLikeJSON(start) {
			return plain
		}
		return texts[".json"]
	}
	return plain
}

// looksLikeJSON reports whether the beginning of a JSON text can be one.
func looksLikeJSON(start []byte) bool {
	d := json.NewDecoder(bytes.NewReader(start))
	for range 8 {
		if _, err := d.Token(); err != nil {
			return strings.Contains(err.Error(), "EOF")
		}
	}
	return true
}

// printable reports whether bytes are the beginning of a UTF-8 text.
func printable(head []byte) bool {
	for i := 0; i < len(head); {
		r, n := utf8.DecodeRune(head[i:])
		if r == utf8.RuneError && n <= 1 {
			return len(head)-i < utf8.UTFMax && len(head) == sniffed // cut within a character
		}
		if r < ' ' && !strings.ContainsRune("\t\n\r\f\x1b\b", r) {
			return false
		}
		i += n
	}
	return true
}

func begins(head []byte, magic string) bool {
	if len(head) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != head[i] {
			return false
		}
	}
	return true
}
