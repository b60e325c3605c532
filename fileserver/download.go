package fileserver

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
)

// download serves a generation of a file: the newest one, or what ?version= or
// ?digest= names. Ranges, conditions and HEAD are those of http.ServeContent.
func (h *handler) download(w http.ResponseWriter, r request) error {
	p, err := file.ParsePath(r.path)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	want, err := wanted(query)
	if err != nil {
		return err
	}
	g, err := h.Files.Stat(r.Context(), r.who, p, want)
	if err != nil {
		return err
	}
	content, err := h.Files.Open(r.Context(), r.who, g)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()

	header := w.Header()
	protect(header)
	header.Set("ETag", `"`+string(g.Digest)+`"`)
	header.Set(digestHeader, string(g.Digest))
	header.Set(versionHeader, strconv.Itoa(g.Number))
	header.Set("Cache-Control", "private, no-cache")
	if want.Digest != "" {
		header.Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	media, inline := mediaType(p.Base())
	header.Set("Content-Type", media)
	if _, asked := query["download"]; asked || !inline {
		header.Set("Content-Disposition", attachment(p.Base()))
	}
	if !servable(r.Header.Get("Range")) {
		r.Header.Del("Range")
	}
	if h.redirects(r.Request, header.Get("ETag")) {
		if done, err := redirect(r.Context(), w, content); err != nil || done {
			return err
		}
	}
	http.ServeContent(ahead{w}, r.Request, "", g.Created, content)
	return nil
}

// maxRanges is how many ranges of one file are sent in one answer: players and
// resuming downloads ask for one, viewers of large files for a few. Each costs
// a seek and, whatever its length, some hundred bytes.
const maxRanges = 16

// wellFormed is what RFC 9110 takes for ranges, without the last 0 bytes:
// net/http would read more into a Range, and answer that one with a
// Content-Range that ends before it begins.
var wellFormed = regexp.MustCompile(`^bytes=[ \t]*(\d+-\d*|-0*[1-9]\d*)([ \t]*,[ \t]*(\d+-\d*|-0*[1-9]\d*))*[ \t]*$`)

// servable reports whether a Range is worth an answer of its own; any other is
// ignored, as a server may, and the whole file is sent.
func servable(ranges string) bool {
	return strings.Count(ranges, ",") < maxRanges && wellFormed.MatchString(ranges)
}

// wanted reads which generation a query means.
func wanted(query url.Values) (file.Want, error) {
	var w file.Want
	if s := query.Get("version"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return w, errBody.Errorf("version: expected a whole number from 1 on, got %.40q", s)
		}
		w.Number = n
	}
	if s := query.Get("digest"); s != "" {
		if w.Number != 0 {
			return w, errBody.Errorf("version and digest: only one of them can be given")
		}
		d, err := blob.ParseDigest(strings.TrimPrefix(s, "sha256:"))
		if err != nil {
			return w, err
		}
		w.Digest = d
	}
	return w, nil
}

// media are the types of the files that tasks log, by extension, so that the
// answer does not depend on the machine's own tables. Inline ones can be shown
// by a browser without running anything.
var media = map[string]struct {
	name   string
	inline bool
}{
	".png": {"image/png", true}, ".jpg": {"image/jpeg", true}, ".jpeg": {"image/jpeg", true}, ".gif": {"image/gif", true},
	".webp": {"image/webp", true}, ".bmp": {"image/bmp", true}, ".ico": {"image/x-icon", true},
	".tif": {"image/tiff", false}, ".tiff": {"image/tiff", false}, ".svg": {"image/svg+xml", false},
	".txt": {"text/plain; charset=utf-8", true}, ".log": {"text/plain; charset=utf-8", true},
	".csv": {"text/csv; charset=utf-8", true}, ".tsv": {"text/tab-separated-values; charset=utf-8", true},
	".json": {"application/json", true}, ".jsonl": {"application/jsonl", true},
	".yaml": {"application/yaml", false}, ".yml": {"application/yaml", false}, ".xml": {"application/xml", false},
	".html": {"text/html; charset=utf-8", false}, ".htm": {"text/html; charset=utf-8", false},
	".js": {"text/javascript; charset=utf-8", false}, ".css": {"text/css; charset=utf-8", false},
	".pdf": {"application/pdf", false}, ".md": {"text/markdown; charset=utf-8", false}, ".py": {"text/x-python; charset=utf-8", false},
	".wav": {"audio/wav", true}, ".mp3": {"audio/mpeg", true}, ".ogg": {"audio/ogg", true}, ".flac": {"audio/flac", true},
	".mp4": {"video/mp4", true}, ".webm": {"video/webm", true},
	".gz": {"application/gzip", false}, ".tgz": {"application/gzip", false}, ".zip": {"application/zip", false},
	".tar": {"application/x-tar", false}, ".bz2": {"application/x-bzip2", false}, ".xz": {"application/x-xz", false},
	".zst": {"application/zstd", false}, ".npz": {"application/zip", false}, ".parquet": {"application/vnd.apache.parquet", false},
}

// mediaType returns the type of a file by its name, and whether a browser may
// show it in place.
func mediaType(name string) (string, bool) {
	m, ok := media[strings.ToLower(path.Ext(name))]
	if !ok {
		return "application/octet-stream", false
	}
	return m.name, m.inline
}

// attachment names the file to save a download under: in ASCII, and as RFC
// 5987 has it for the rest.
func attachment(name string) string {
	ascii := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return '_'
		}
		return r
	}, name)
	plain := mime.FormatMediaType("attachment", map[string]string{"filename": ascii})
	if plain == "" {
		plain = `attachment; filename="download"`
	}
	if ascii == name {
		return plain
	}
	return plain + "; filename*=UTF-8''" + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}

// ignoreGone drops the error of writing to a client that went away.
func ignoreGone(err error) error {
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		return nil
	}
	return err
}
