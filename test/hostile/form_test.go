package hostile_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

const boundary = "edge"

// part is one part of a form with a file.
func part(name, content string) string {
	return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"" + name + "\"\r\n\r\n" + content + "\r\n"
}

const formEnd = "--" + boundary + "--\r\n"

// An upload that is none, or that ends before or after it should, stores
// nothing and is told why.
func TestBrokenUploadsStoreNothing(t *testing.T) {
	s := start(t, "--max-upload-size", "8000000")
	fine := part("/p/a.txt", "content") + formEnd
	for name, c := range map[string]struct {
		header []string // beside the usual ones
		body   string
		length int // Content-Length if it is not that of the body
		ends   bool
		status int
		says   string
	}{
		"breaks off in the middle":           {body: part("/p/a.txt", strings.Repeat("x", 5000))[:3000], length: 5000, ends: true, status: 400, says: "broke off"},
		"breaks off after its first part":    {body: part("/p/a.txt", "content"), length: 5000, ends: true, status: 400, says: "broke off"},
		"breaks off in the second part":      {body: part("/p/a.txt", "content") + part("/p/b.txt", "content")[:80], length: 5000, ends: true, status: 400, says: "broke off"},
		"announces more than comes":          {body: fine, length: len(fine) + 100, ends: true, status: 400, says: "broke off"},
		"announces less than comes":          {body: fine, length: len(fine) - 10, status: 400, says: "broke off"},
		"no boundary":                        {header: []string{"Content-Type: multipart/form-data"}, body: fine, status: 400, says: "multipart/form-data"},
		"another boundary":                   {header: []string{"Content-Type: multipart/form-data; boundary=other"}, body: fine, status: 400, says: "broke off"},
		"a boundary of 100 characters":       {header: []string{"Content-Type: multipart/form-data; boundary=" + strings.Repeat("b", 100)}, body: fine, status: 400, says: "broke off"},
		"no form":                            {header: []string{"Content-Type: application/octet-stream"}, body: "content", status: 400, says: "multipart/form-data"},
		"no type":                            {header: []string{}, body: "content", status: 400, says: "multipart/form-data"},
		"nothing":                            {body: "", status: 400, says: "broke off"},
		"a part without a header":            {body: "--edge\r\n\r\ncontent\r\n" + formEnd, status: 400, says: "Content-Disposition"},
		"a part with half a header":          {body: "--edge\r\nContent-Disposition: form-data; name=\"/p/a", status: 400, says: "broke off"},
		"a header that is none":              {body: "--edge\r\nwhat is this\r\n\r\ncontent\r\n" + formEnd, status: 400, says: "broke off"},
		"a quote that never ends":            {body: "--edge\r\nContent-Disposition: form-data; name=\"/p/a; filename=x\r\n\r\ncontent\r\n" + formEnd, status: 400, says: "quote"},
		"no name":                            {body: "--edge\r\nContent-Disposition: form-data; filename=\"/p/a.txt\"\r\n\r\ncontent\r\n" + formEnd, status: 400, says: "no name"},
		"two names":                          {body: "--edge\r\nContent-Disposition: form-data; name=\"/p/a\"; name=\"/p/b\"; filename=\"x\"\r\n\r\ncontent\r\n" + formEnd, status: 400, says: "named twice"},
		"an empty name":                      {body: part("", "content") + formEnd, status: 400, says: "empty"},
		"a name of 1 MB":                     {body: part("/p/"+strings.Repeat("n", 1<<20), "content") + formEnd, status: 400, says: "8192"},
		"a header of 12 MB":                  {body: "--edge\r\nX: " + strings.Repeat("h", 12<<20) + "\r\n\r\ncontent\r\n" + formEnd, length: -1, header: []string{"Content-Type: multipart/form-data; boundary=edge"}, status: 400, says: "malformed"},
		"a bad name after a good one":        {body: part("/p/a.txt", "content") + part("../b.txt", "content") + formEnd, status: 400, says: `".."`},
		"10,000 parts":                       {body: strings.Repeat(part("/p/a.txt", "content"), 10_000) + formEnd, status: 400, says: "256 parts"},
		"10,000 fields":                      {body: strings.Repeat("--edge\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n", 10_000) + formEnd, status: 400, says: "256 parts"},
		"a megabyte after the form":          {body: fine + strings.Repeat("x", 1<<20), status: 400, says: "before the body"},
		"compressed":                         {header: []string{"Content-Type: multipart/form-data; boundary=edge", "Content-Encoding: gzip"}, body: fine, status: 415, says: "compressed"},
		"a digest that is none":              {header: []string{"Content-Type: multipart/form-data; boundary=edge", "X-Coffer-Digest: ../../x"}, body: fine, status: 400, says: "64 hex digits"},
		"another digest":                     {header: []string{"Content-Type: multipart/form-data; boundary=edge", "X-Coffer-Digest: " + strings.Repeat("0", 64)}, body: fine, status: 409, says: "SHA-256"},
		"one byte too large":                 {body: part("/p/a.txt", strings.Repeat("x", 8_000_001)) + formEnd, status: 413, says: "8000000"},
		"far too large, announced":           {body: part("/p/a.txt", strings.Repeat("x", 20<<20)) + formEnd, status: 413, says: "8000000"},
		"too large in chunks, not announced": {header: []string{"Content-Type: multipart/form-data; boundary=edge"}, body: part("/p/a.txt", strings.Repeat("x", 20<<20)) + formEnd, length: -1, status: 413, says: "8000000"},
		"a chunk that is none":               {header: []string{"Content-Type: multipart/form-data; boundary=edge", "Transfer-Encoding: chunked"}, body: "zz\r\n" + fine + "\r\n0\r\n\r\n", length: -2, status: 400, says: "broke off"},
		"chunks that never end":              {header: []string{"Content-Type: multipart/form-data; boundary=edge", "Transfer-Encoding: chunked"}, body: fmt.Sprintf("%x\r\n%s\r\n", len(fine), fine), length: -2, ends: true, status: 400, says: "broke off"},
	} {
		t.Run(name, func(t *testing.T) {
			header := c.header
			if header == nil {
				header = []string{"Content-Type: multipart/form-data; boundary=" + boundary}
			}
			body := c.body
			switch {
			case c.length == -1: // in good chunks
				header = append(header, "Transfer-Encoding: chunked")
				body = fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)
			case c.length == 0:
				header = append(header, fmt.Sprintf("Content-Length: %d", len(body)))
			case c.length > 0:
				header = append(header, fmt.Sprintf("Content-Length: %d", c.length))
			}
			s.storesNothing(t, func() {
				a := raw(t, s.Files, s.head(append([]string{"POST / HTTP/1.1", "Host: x"}, header...)...)+body, c.ends)
				if a.status != c.status || !strings.Contains(a.message, c.says) {
					t.Errorf("%d %.300q %.300q, want %d and %q", a.status, a.message, a.body, c.status, c.says)
				}
			})
		})
	}
	if a := s.do(t, http.MethodGet, s.Files+"/p/a.txt", nil, nil); a.status != http.StatusNotFound {
		t.Errorf("the path of all these uploads answers %d", a.status)
	}
	largest := part("/p/a.txt", strings.Repeat("x", 8_000_000)) + formEnd
	a := s.do(t, http.MethodPost, s.Files, map[string]string{"Content-Type": "multipart/form-data; boundary=edge"}, io.MultiReader(strings.NewReader(largest)))
	if a.status != http.StatusOK || string(a.body) != `["p/a.txt"]` {
		t.Errorf("an upload of exactly the largest size: %d %s", a.status, a.body)
	}
}

// A client that writes everything before it reads anything gets the answer to
// an upload that is refused early, however long it is.
func TestRefusedUploadsAreAnsweredNotReset(t *testing.T) {
	s := start(t, "--max-upload-size", "1000")
	body := part("/p/a.txt", strings.Repeat("x", 64<<20)) + formEnd
	for name, c := range map[string]struct {
		base, target string
		header       []string
		status       int
	}{
		"too large":            {s.Files, "/", []string{"Content-Type: multipart/form-data; boundary=edge"}, http.StatusRequestEntityTooLarge},
		"no credentials":       {s.Files, "/", nil, http.StatusUnauthorized},
		"too large on the web": {s.Web, "/files", []string{"Content-Type: multipart/form-data; boundary=edge"}, http.StatusRequestEntityTooLarge},
		"the API":              {s.API, "/v2.23/tasks.get_all", []string{"Content-Type: application/json"}, http.StatusBadRequest},
		"no such endpoint":     {s.API, "/v2.23/tasks.fly", []string{"Content-Type: application/json"}, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			head := s.head(append([]string{"POST " + c.target + " HTTP/1.1", "Host: x", fmt.Sprintf("Content-Length: %d", len(body))}, c.header...)...)
			if c.header == nil {
				head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + fmt.Sprint(len(body)) + "\r\n\r\n"
			}
			conn := dial(t, c.base)
			if _, err := io.WriteString(conn, head+body); err != nil {
				t.Fatalf("while sending: %v", err)
			}
			a := reply(t, conn, http.MethodPost)
			if a.status != c.status || a.message == "" {
				t.Errorf("%d %q, want %d", a.status, a.message, c.status)
			}
		})
	}
}
