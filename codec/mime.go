package codec

import (
	"path"
	"strings"
)

// suffixes are short forms of an extension with a compression.
var suffixes = map[string]string{
	".svgz": ".svg.gz", ".tgz": ".tar.gz", ".taz": ".tar.gz", ".tz": ".tar.gz", ".tbz2": ".tar.bz2", ".txz": ".tar.xz",
}

// encodings are extensions that say how a file is compressed, not what it is.
var encodings = map[string]bool{".gz": true, ".Z": true, ".bz2": true, ".xz": true, ".br": true}

// GuessContentType returns the MIME type that Python's mimetypes.guess_type
// gives for a file name or address, "" when it knows none.
func GuessContentType(name string) string {
	if _, rest, ok := strings.Cut(name, "://"); ok {
		if host, p, ok := strings.Cut(rest, "/"); ok {
			name = p
		} else {
			name = host
		}
	}
	base, ext := splitExt(name)
	for {
		long, ok := suffixes[strings.ToLower(ext)]
		if !ok {
			break
		}
		base, ext = splitExt(base + long)
	}
	if encodings[ext] {
		_, ext = splitExt(base)
	}
	return mimeTypes[strings.ToLower(ext)]
}

// splitExt is Python's os.path.splitext: a leading dot begins a name, not an
// extension.
func splitExt(name string) (base, ext string) {
	file := path.Base(name)
	ext = path.Ext(file)
	if strings.Trim(strings.TrimSuffix(file, ext), ".") == "" {
		return name, ""
	}
	return strings.TrimSuffix(name, ext), ext
}
