package blobtest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/coffer-ml/coffer/blob"
)

// signs tests signed addresses, a capability that not every store has.
func signs(t *testing.T, s blob.Store) {
	signer, ok := s.(blob.Signer)
	if !ok {
		return
	}
	content := Bytes(100_000, 80)
	key := put(t, s, content)
	signed, err := signer.SignGet(t.Context(), key, blob.SignOptions{ContentType: "text/x-test", Disposition: `attachment; filename="a b.txt"`})
	if err != nil {
		t.Fatal(err)
	}
	status, header, got := do(t, http.MethodGet, signed, nil, "")
	if status != http.StatusOK || !bytes.Equal(got, content) {
		t.Errorf("status %d and %d bytes, or other ones", status, len(got))
	}
	if header.Get("Content-Type") != "text/x-test" || header.Get("Content-Disposition") != `attachment; filename="a b.txt"` {
		// fake-gcs-server knows no such thing; Google does.
		if header.Get("X-Goog-Generation") == "" {
			t.Errorf("the answer is told as %q, %q", header.Get("Content-Type"), header.Get("Content-Disposition"))
		}
	}
	if status, _, got := do(t, http.MethodGet, signed, nil, "bytes=10-19"); status != http.StatusPartialContent || !bytes.Equal(got, content[10:20]) {
		t.Errorf("a range: status %d, %d bytes", status, len(got))
	}

	fresh := blob.NewKey()
	if signed, err = signer.SignPut(t.Context(), fresh, blob.SignOptions{}); err != nil {
		t.Fatal(err)
	}
	if status, _, text := do(t, http.MethodPut, signed, content, ""); status/100 != 2 {
		t.Fatalf("status %d: %s", status, text)
	}
	if got := read(t, s, fresh, 0, -1); !bytes.Equal(got, content) {
		t.Error("other bytes were put")
	}
	if _, err := signer.SignGet(t.Context(), "../x", blob.SignOptions{}); err == nil || errors.Is(err, blob.ErrNotFound) {
		t.Errorf("something that is no key was signed: %v", err)
	}
}

// do sends a request to a signed address, as anybody can.
func do(t *testing.T, method string, to blob.Signed, body []byte, span string) (int, http.Header, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, to.URL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range to.Header {
		r.Header.Set(name, value)
	}
	if span != "" {
		r.Header.Set("Range", span)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, got
}
