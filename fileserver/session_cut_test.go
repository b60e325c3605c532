package fileserver_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/blob/blobtest"
	"github.com/coffer-ml/coffer/user"
)

// begin sends a part's header and the first bytes of its body, waits until the
// server reads them, when the part has its place, and leaves the connection to
// the caller.
func (w *uploadWorld) begin(t *testing.T, id string, content []byte, offset, size, sent int) *net.TCPConn {
	t.Helper()
	conn := w.send(t, id, content, offset, size, sent, "Expect: 100-continue\r\n")
	const reading = "HTTP/1.1 100 Continue\r\n\r\n"
	answer := make([]byte, len(reading))
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != reading {
		t.Fatalf("instead of reading the part the server answers %q, %v", answer, err)
	}
	return conn
}

// send sends a part's header, with more lines of it, and the first bytes of its
// body, and leaves the connection to the caller.
func (w *uploadWorld) send(t *testing.T, id string, content []byte, offset, size, sent int, more string) *net.TCPConn {
	t.Helper()
	u, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	p := w.Pairs[user.Member]
	r, err := http.NewRequest(http.MethodPut, "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(p.Access, p.Secret)
	_, err = fmt.Fprintf(conn, "PUT %s/%s/parts/%d HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nContent-Length: %d\r\n%s\r\n%s",
		u.Path, id, offset, u.Host, r.Header.Get("Authorization"), size, more, content[offset:offset+sent])
	if err != nil {
		t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

// busyAtMost is how long a server may be busy with a call that was cut. It
// takes milliseconds; a machine under load has time enough.
const busyAtMost = time.Minute

// insist repeats a call while the server is still busy with one that was cut.
func (w *uploadWorld) insist(t *testing.T, c call) reply {
	t.Helper()
	for begun := time.Now(); ; {
		got := w.do(t, c)
		if got.status != http.StatusServiceUnavailable {
			return got
		}
		if time.Since(begun) > busyAtMost {
			t.Fatalf("still busy after %v: %s", busyAtMost, got.body)
		}
		if got.problem.Reason != "upload.busy" || got.header.Get("Retry-After") == "" {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
}

// With the connection cut anywhere, nothing of the part counts as received,
// and the file comes together all the same.
func TestPartsThatBreakOffAreNotThere(t *testing.T) {
	w := newUploadWorld(t)
	r := rand.New(rand.NewPCG(3, 4))
	const size = 300_000
	content := blobtest.Bytes(10*size, 13)
	id := w.open(t, "f", content, true).ID
	for part := range 10 {
		offset := part * size
		for try := range 10 {
			conn := w.send(t, id, content, offset, size, r.IntN(size), "")
			if try%2 == 0 {
				_ = conn.SetLinger(0) // a reset instead of an orderly end
			}
			_ = conn.Close()
			if u := w.must(t, call{method: "GET", path: "/" + id}).upload; u.Received != int64(offset) || len(u.Parts) != part {
				t.Fatalf("after a cut: %d bytes in %d parts", u.Received, len(u.Parts))
			}
		}
		if got := w.insist(t, putPart(id, content, offset, size)); got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	w.absent(t, "f")
	w.must(t, commit(id, content))
	w.stored(t, "f", content, 1)
}

// A client that ends its half of the connection early hears what is wrong.
func TestAPartThatEndsEarlyIsTold(t *testing.T) {
	w := newUploadWorld(t)
	content := blobtest.Bytes(1000, 14)
	id := w.open(t, "f", content, true).ID
	conn := w.begin(t, id, content, 0, 1000, 999)
	defer func() { _ = conn.Close() }()
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") || !strings.Contains(string(answer), "the part broke off") {
		t.Errorf("%s, %v", answer, err)
	}
	if u := w.must(t, call{method: "GET", path: "/" + id}).upload; u.Received != 0 {
		t.Errorf("%+v", u)
	}
}

// While a part is on its way nobody else writes to its place, and the whole is
// not committed; all others go on.
func TestAPartOnItsWayKeepsItsPlace(t *testing.T) {
	w := newUploadWorld(t)
	content := blobtest.Bytes(3000, 15)
	id := w.open(t, "f", content, true).ID
	w.must(t, putPart(id, content, 0, 1000))
	conn := w.begin(t, id, content, 1000, 1000, 500)
	defer func() { _ = conn.Close() }()
	w.refused(t, putPart(id, content, 1000, 1000), 503, "upload.busy", "1000 to 1999")
	w.refused(t, putPart(id, content, 1999, 2), 503, "upload.busy")
	w.refused(t, commit(id, content), 503, "upload.busy")
	w.must(t, putPart(id, content, 2000, 1000))
	if _, err := conn.Write(content[1500:2000]); err != nil {
		t.Fatal(err)
	}
	if got := w.insist(t, putPart(id, content, 1000, 1000)); got.status != http.StatusOK || got.part.SHA256 != digest(content[1000:2000]) {
		t.Errorf("the part that arrived is %d %s", got.status, got.body)
	}
	w.must(t, commit(id, content))
	w.stored(t, "f", content, 1)
}

// A list of parts goes on where the reply says.
func TestPartsAreListedFromAnywhere(t *testing.T) {
	w := newUploadWorld(t)
	content := blobtest.Bytes(50, 16)
	id := w.open(t, "f", content, true).ID
	for at := 0; at < 50; at += 10 {
		w.must(t, putPart(id, content, at, 10))
	}
	u := w.must(t, call{method: "GET", path: "/" + id + "?from=25"}).upload
	want := []api.UploadPart{{Offset: 30, Size: 10, SHA256: digest(content[30:40])}, {Offset: 40, Size: 10, SHA256: digest(content[40:50])}}
	if fmt.Sprint(u.Parts) != fmt.Sprint(want) || u.NextPart != nil {
		t.Errorf("%v, next %v", u.Parts, u.NextPart)
	}
}
