package hostile_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// What is no request, or one that can be read in two ways, is refused on every
// listener.
func TestRequestsThatAreNone(t *testing.T) {
	s := start(t)
	long := strings.Repeat("x", 70_000)
	for name, c := range map[string]struct {
		request  string
		statuses []int
	}{
		"a header of 70 kB":                   {"GET / HTTP/1.1\r\nHost: x\r\nX: " + long + "\r\n\r\n", []int{431}},
		"a target of 70 kB":                   {"GET /" + long + " HTTP/1.1\r\nHost: x\r\n\r\n", []int{431}},
		"10,000 headers":                      {"GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X: yyyyy\r\n", 10_000) + "\r\n", []int{431}},
		"a header that is none":               {"GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n", []int{400}},
		"a folded header":                     {"GET / HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n", []int{400}},
		"a space before the colon":            {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", []int{400}},
		"no host":                             {"GET / HTTP/1.1\r\n\r\n", []int{400}},
		"two hosts":                           {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", []int{400}},
		"a host with a path":                  {"GET / HTTP/1.1\r\nHost: x/../y\r\n\r\n", []int{400}},
		"HTTP/0.9":                            {"GET /\r\n\r\n", []int{400}},
		"HTTP/9.9":                            {"GET / HTTP/9.9\r\nHost: x\r\n\r\n", []int{505}},
		"the preface of HTTP/2":               {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", []int{400, 404, 505}},
		"TLS where none is":                   {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", []int{400}},
		"a NUL in the target":                 {"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n", []int{400}},
		"a space in the target":               {"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", []int{400}},
		"a broken escape in the target":       {"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", []int{400}},
		"a length that is none":               {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n", []int{400}},
		"a length below zero":                 {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", []int{400}},
		"a signed length":                     {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\nx", []int{400}},
		"a length beyond 64 bits":             {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", []int{400}},
		"two lengths":                         {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", []int{400}},
		"a list of lengths":                   {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 2\r\n\r\nxx", []int{400}},
		"two transfer encodings":              {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", []int{400, 501}},
		"an unknown transfer encoding":        {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", []int{400, 501}},
		"a disguised transfer encoding":       {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", []int{400, 501}},
		"an expectation that nobody knows":    {"POST / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nContent-Length: 1\r\n\r\nx", []int{417}},
		"CONNECT":                             {"CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere:443\r\n\r\n", []int{400, 401, 404, 405}},
		"a target on another host, no rights": {"GET http://169.254.169.254/v2.23/tasks.get_all HTTP/1.1\r\nHost: x\r\n\r\n", []int{400, 401, 404}},
	} {
		t.Run(name, func(t *testing.T) {
			for door, base := range map[string]string{"web": s.Web, "API": s.API, "files": s.Files} {
				s.storesNothing(t, func() {
					if a := raw(t, base, c.request, false); !slices.Contains(c.statuses, a.status) {
						t.Errorf("%s: %d %s %.200q, want one of %v", door, a.status, a.message, a.body, c.statuses)
					}
				})
			}
		})
	}
}

// Requests that are odd and allowed mean one thing.
func TestOddRequestsOfTheAPI(t *testing.T) {
	s := start(t)
	id := s.task(t)
	body := `{"task":"` + id + `"}`
	length := fmt.Sprintf("Content-Length: %d", len(body))
	get := " /v2.23/tasks.get_by_id HTTP/1.1"
	for name, c := range map[string]struct {
		request string
		status  int
		code    int
	}{
		"GET with a body":                 {s.head("GET"+get, "Host: x", length) + body, 200, 0},
		"an unknown method":               {s.head("BREW"+get, "Host: x", length) + body, 200, 0},
		"HTTP/1.0":                        {s.head("POST /v2.23/tasks.get_by_id HTTP/1.0", length) + body, 200, 0},
		"chunks":                          {s.head("POST"+get, "Host: x", "Transfer-Encoding: chunked") + fmt.Sprintf("%x;ext=1\r\n%s\r\n0\r\n\r\n", len(body), body), 200, 0},
		"one byte a chunk":                {s.head("POST"+get, "Host: x", "Transfer-Encoding: chunked") + chunks(body) + "0\r\n\r\n", 200, 0},
		"bad chunks":                      {s.head("POST"+get, "Host: x", "Transfer-Encoding: chunked") + "zz\r\n" + body, 400, 0},
		"a chunk of many bytes":           {s.head("POST"+get, "Host: x", "Transfer-Encoding: chunked") + "ffffffffffffffffff\r\n" + body, 400, 0},
		"a target on our host":            {s.head("POST http://x/v2.23/tasks.get_by_id HTTP/1.1", "Host: x", length) + body, 200, 0},
		"compressed":                      {s.head("POST"+get, "Host: x", length, "Content-Encoding: gzip") + body, 415, 0},
		"identity is an encoding too":     {s.head("POST"+get, "Host: x", length, "Content-Encoding: identity") + body, 415, 0},
		"a query that is no query":        {s.head("POST /v2.23/tasks.get_by_id?%zz=1&=&a[b][=2&&;; HTTP/1.1", "Host: x", length) + body, 200, 0},
		"a query that nests 500 deep":     {s.head("POST /v2.23/tasks.get_by_id?"+strings.Repeat("a.", 500)+"b=1 HTTP/1.1", "Host: x", length) + body, 200, 0},
		"a form of too many bytes":        {s.head("POST /v2.23/tasks.edit HTTP/1.1", "Host: x", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 2000007") + "task=x" + strings.Repeat("&", 2_000_001), 413, 0},
		"no version":                      {s.head("POST /tasks.get_by_id HTTP/1.1", "Host: x", length) + body, 200, 0},
		"one digit of a version":          {s.head("POST /v2/tasks.get_by_id HTTP/1.1", "Host: x", length) + body, 400, 0},
		"a leading zero":                  {s.head("POST /v2.09/tasks.get_by_id HTTP/1.1", "Host: x", length) + body, 400, 2},
		"a version of 300 digits":         {s.head("POST /v"+strings.Repeat("9", 300)+".1/tasks.get_by_id HTTP/1.1", "Host: x", length) + body, 400, 0},
		"a version below zero":            {s.head("POST /v-2.1/tasks.get_by_id HTTP/1.1", "Host: x", length) + body, 400, 0},
		"a version before the first":      {s.head("POST /v0.9/tasks.get_by_id HTTP/1.1", "Host: x", length) + body, 404, 0},
		"three parts of a version":        {s.head("POST /v2.2.3/tasks.get_by_id HTTP/1.1", "Host: x", length) + body, 400, 0},
		"Arabic digits":                   {s.head("POST /v%D9%A2.%D9%A3/tasks.get_by_id HTTP/1.1", "Host: x", length) + body, 400, 0},
		"a way around in the path":        {s.head("POST /v2.23/../v2.23/tasks.get_by_id HTTP/1.1", "Host: x", length) + body, 400, 0},
		"an encoded slash":                {s.head("POST /v2.23%2Ftasks.get_by_id HTTP/1.1", "Host: x", length) + body, 200, 0},
		"two slashes":                     {s.head("POST //v2.23/tasks.get_by_id HTTP/1.1", "Host: x", length) + body, 400, 0},
		"no action":                       {s.head("POST /v2.23/tasks HTTP/1.1", "Host: x", length) + body, 400, 0},
		"a dotted action":                 {s.head("POST /v2.23/tasks.get_by_id.x HTTP/1.1", "Host: x", length) + body, 400, 0},
		"an action of our own prototypes": {s.head("POST /v2.23/__class__.__init__ HTTP/1.1", "Host: x", length) + body, 404, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := raw(t, s.API, c.request, false)
			if a.status != c.status || a.subcode != c.code {
				t.Errorf("%d/%d %s, want %d/%d", a.status, a.subcode, a.message, c.status, c.code)
			}
			if a.status != http.StatusOK && a.message == "" {
				t.Error("the refusal says nothing")
			}
		})
	}
}

func chunks(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, "1\r\n%c\r\n", c)
	}
	return b.String()
}

// A request that gives both a length and chunks is read by its chunks, so that
// what follows them is a request of its own; and it is the last thing that a
// proxy could have misunderstood on this connection, or is refused.
func TestLengthAndChunksTogether(t *testing.T) {
	s := start(t)
	hidden := "GET /v2.23/debug.ping HTTP/1.1\r\nHost: x\r\nX-Clearml-Trx: hidden\r\n\r\n"
	request := "POST /v2.23/debug.ping HTTP/1.1\r\nHost: x\r\nX-Clearml-Trx: outer\r\nContent-Length: " + fmt.Sprint(len("0\r\n\r\n")+len(hidden)) + "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden
	c := dial(t, s.API)
	_, err := io.WriteString(c, request)
	must(t, err)
	rest, err := io.ReadAll(bufio.NewReader(io.LimitReader(c, 1<<20)))
	if strings.Contains(string(rest), `"trx":"hidden"`) || err != nil {
		t.Errorf("a request hidden in another one was answered, or the connection stays open: %v\n%s", err, rest)
	}
}

// Whoever asks before sending is answered before sending.
func TestExpectContinueIsAnsweredAtOnce(t *testing.T) {
	s := start(t, "--max-upload-size", "1000")
	for name, c := range map[string]struct {
		request string
		status  int
	}{
		"no credentials": {"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000000000000\r\n\r\n", 401},
		"too large":      {s.head("POST / HTTP/1.1", "Host: x", "Content-Type: multipart/form-data; boundary=edge", "Expect: 100-continue", "Content-Length: 1000000000000"), 413},
		"no form":        {s.head("POST / HTTP/1.1", "Host: x", "Expect: 100-continue", "Content-Length: 10"), 400},
	} {
		if a := raw(t, s.Files, c.request, false); a.status != c.status || a.message == "" {
			t.Errorf("%s: %d %s, want %d", name, a.status, a.message, c.status)
		}
	}
	fine := part("a.txt", "content") + formEnd
	conn := dial(t, s.Files)
	_, err := io.WriteString(conn, s.head("POST / HTTP/1.1", "Host: x", "Content-Type: multipart/form-data; boundary=edge", "Expect: 100-continue", fmt.Sprintf("Content-Length: %d", len(fine))))
	must(t, err)
	in := bufio.NewReader(conn)
	if line, err := in.ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 100 ") {
		t.Fatalf("%q, %v; want to be told to go on", line, err)
	}
	_, err = io.WriteString(conn, fine)
	must(t, err)
	if line, err := in.ReadString('\n'); err != nil || line != "\r\n" {
		t.Fatalf("%q, %v", line, err)
	}
	resp, err := http.ReadResponse(in, nil)
	must(t, err)
	if a := understand(t, resp); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.message)
	}
}

// Files answer only the methods that they have.
func TestMethodsOfTheFiles(t *testing.T) {
	s := start(t)
	for _, method := range []string{"PUT", "PATCH", "TRACE", "PROPFIND", "MKCOL", "COPY", "MOVE", "LINK", "BREW", "get"} {
		a := raw(t, s.Files, s.head(method+" /a.txt HTTP/1.1", "Host: x", "Destination: http://x/b.txt", "Content-Length: 1")+"x", false)
		if a.status != http.StatusMethodNotAllowed || !strings.Contains(a.header.Get("Allow"), "GET") {
			t.Errorf("%s: %d %s", method, a.status, a.message)
		}
	}
}
