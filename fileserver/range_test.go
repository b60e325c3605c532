package fileserver_test

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// FuzzRange checks every answer to a Range header against the content cut by
// plain arithmetic.
func FuzzRange(f *testing.F) {
	for _, seed := range []string{
		"", "bytes=0-", "bytes=0-0", "bytes=-1", "bytes=-0", "bytes=5-3", "bytes=9999-", "bytes=0-99999999999999999999", "bytes=-99999999999999999999",
		"bytes=0-1,3-4", "bytes=0-,0-,0-", "bytes=1-2, -3", "bytes= 1 - 2 ", "bytes=--1", "bytes=+1-2", "bytes=a-b", "bytes=,", "items=0-1", "Bytes=0-1", "bytes=0x1-2",
		"bytes=0-0,-1", "bytes=" + strings.Repeat("0-0,", 50) + "1-1", "bytes=９-", "bytes=1-2\t,\t4-5",
	} {
		f.Add(seed)
	}
	const content = "0123456789abcdefghijklmnopqrstuvwxyz-the-end"
	w := newWorld(f)
	w.upload(f, "/f.bin", content)
	f.Fuzz(func(t *testing.T, ranges string) {
		rec := w.do(t, http.MethodGet, "/f.bin", http.Header{"Range": {ranges}}, nil)
		got := rec.Body.String()
		if length := rec.Header().Get("Content-Length"); length != "" && length != strconv.Itoa(len(got)) {
			t.Fatalf("Range %q: Content-Length %s, %d bytes", ranges, length, len(got))
		}
		if from, to, single := cut(ranges, len(content)); single {
			want, wantStatus := content[from:to], http.StatusPartialContent
			switch {
			case from == to && strings.HasPrefix(ranges, "bytes=-"):
				wantStatus = http.StatusOK
			case from == to:
				wantStatus = http.StatusRequestedRangeNotSatisfiable
			}
			if rec.Code != wantStatus || wantStatus == http.StatusPartialContent && got != want {
				t.Fatalf("Range %q: %d %q, want %d %q", ranges, rec.Code, got, wantStatus, want)
			}
		}
		switch rec.Code {
		case http.StatusOK:
			if got != content {
				t.Fatalf("Range %q: 200 with %q", ranges, got)
			}
		case http.StatusPartialContent:
			media, params, _ := mime.ParseMediaType(rec.Header().Get("Content-Type"))
			if media != "multipart/byteranges" {
				isSlice(t, content, rec.Header().Get("Content-Range"), got)
				return
			}
			if len(got) > 4096 {
				t.Fatalf("Range %q: %d bytes for a file of %d", ranges, len(got), len(content))
			}
			parts := multipart.NewReader(rec.Body, params["boundary"])
			for {
				p, err := parts.NextPart()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				piece, err := io.ReadAll(p)
				if err != nil {
					t.Fatal(err)
				}
				isSlice(t, content, p.Header.Get("Content-Range"), string(piece))
			}
		case http.StatusRequestedRangeNotSatisfiable:
		default:
			t.Fatalf("Range %q: status %d", ranges, rec.Code)
		}
	})
}

var one = regexp.MustCompile(`^bytes=([0-9]{0,9})-([0-9]{0,9})$`)

// cut says what a header with a single range means; from == to is nothing.
func cut(header string, size int) (from, to int, single bool) {
	m := one.FindStringSubmatch(header)
	if m == nil || m[1] == "" && m[2] == "" {
		return 0, 0, false
	}
	first, _ := strconv.Atoi(m[1])
	last, _ := strconv.Atoi(m[2])
	switch {
	case m[1] == "": // the last so many
		return max(size-last, 0), size, true
	case first >= size, m[2] != "" && last < first:
		return 0, 0, true
	case m[2] == "":
		return first, size, true
	}
	return first, min(last+1, size), true
}

func isSlice(t *testing.T, content, header, piece string) {
	t.Helper()
	var from, to, size int
	if n, err := fmt.Sscanf(header, "bytes %d-%d/%d", &from, &to, &size); n != 3 || err != nil || size != len(content) ||
		from < 0 || to < from || to >= size || content[from:to+1] != piece {
		t.Fatalf("Content-Range %q with %q", header, piece)
	}
}
