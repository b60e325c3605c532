package rpc

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/coffer-ml/coffer/file"
)

func asked(host string, secure bool) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://x/", nil)
	r.Host = host
	if secure {
		r.TLS = &tls.ConnectionState{}
	}
	return r
}

func TestOwnAddressesAreRecognised(t *testing.T) {
	usual := Addresses{WebPort: "8080", APIPort: "8008", FilesPort: "8081"}
	free := Addresses{WebPort: "40001", APIPort: "40002", FilesPort: "40003"}
	one := Addresses{WebPort: "8080"}
	public := Addresses{PublicURL: "https://coffer.lab", WebPort: "8080", APIPort: "8008", FilesPort: "8081", AlsoKnownAs: []string{"old.lab", "nas:9000"}}
	for _, c := range []struct {
		a          Addresses
		host, text string
		path       file.Path // "" means: not ours
	}{
		{usual, "h:8008", "http://h:8081/a/b.txt", "a/b.txt"},
		{usual, "h:8008", "https://h:8081/a", "a"},
		{usual, "H:8008", "http://h:8081/a", "a"},
		{usual, "h:8008", "http://h:8080/files/a", "a"},
		{usual, "h:8008", "http://h:8080/a", ""},
		{usual, "h:8080", "http://h:8080/files/a", "a"},
		{usual, "h:8080", "http://h:8081/a", "a"},
		{usual, "h:8008", "http://other:8081/a", ""},
		{usual, "h:8008", "http://h:9999/a", ""},
		{usual, "h:8008", "s3://h:8081/a", ""},
		{usual, "h:8008", "file:///a", ""},
		{usual, "h:8008", "http://h:8081/a%20b/%C3%BC", "a b/ü"},
		{usual, "h:8008", "http://h:8081/a b/ü", "a b/ü"},
		{usual, "h:8008", "http://h:8081/pr%25C3%25BC", "pr%C3%BC"},
		{usual, "h:8008", "http://h:8081/a/../b", ""},
		{free, "127.0.0.1:40002", "http://127.0.0.1:40003/a", "a"},
		{free, "127.0.0.1:40002", "http://127.0.0.1:8081/a", "a"},
		{free, "127.0.0.1:40001", "http://127.0.0.1:40001/files/a", "a"},
		{one, "h", "http://h/files/a", "a"},
		{one, "h", "http://h/a", ""},
		{public, "anything", "https://coffer.lab/files/a", "a"},
		{public, "anything", "http://old.lab/files/a", "a"},
		{public, "anything", "http://old.lab:8081/a", "a"},
		{public, "anything", "http://nas:9000/files/a", "a"},
		{public, "anything", "http://nas:9001/files/a", ""},
	} {
		got := c.a.parse(asked(c.host, false), c.text)
		if got.Path != c.path {
			t.Errorf("at %s, %s: path %q, want %q", c.host, c.text, got.Path, c.path)
		}
		if c.path == "" && got.Text != c.text {
			t.Errorf("%s was changed to %s", c.text, got.Text)
		}
	}
}

func TestAddressesAreRenderedForWhoeverAsks(t *testing.T) {
	usual := Addresses{WebPort: "8080", APIPort: "8008", FilesPort: "8081"}
	for _, c := range []struct {
		a      Addresses
		host   string
		secure bool
		want   string
	}{
		{usual, "h:8008", false, "http://h:8081"},
		{usual, "h:8008", true, "https://h:8081"},
		{usual, "[::1]:8008", false, "http://[::1]:8081"},
		{usual, "h:8080", false, "http://h:8080/files"},
		{usual, "h", false, "http://h/files"},
		{Addresses{WebPort: "1", APIPort: "2", FilesPort: "3"}, "h:2", false, "http://h:3"},
		{Addresses{WebPort: "8080"}, "h:8080", false, "http://h:8080/files"},
		{Addresses{PublicURL: "https://coffer.lab/", FilesPort: "8081"}, "h:8008", false, "https://coffer.lab/files"},
	} {
		if got := c.a.base(asked(c.host, c.secure)); got != c.want {
			t.Errorf("%+v asked at %s: %s, want %s", c.a, c.host, got, c.want)
		}
	}
}

func TestAddressesComeBackAsTheyWereWritten(t *testing.T) {
	a := Addresses{WebPort: "8080", APIPort: "8008", FilesPort: "8081"}
	r := asked("h:8008", false)
	for _, text := range []string{
		"http://h:8081/a%20b/c.txt", "http://h:8081/a b/c.txt", "http://h:8081/%25C3%25BC", "http://h:8081/ü?x#y",
		"s3://bucket/a b", "gs://b/c", "azure://acc.blob.core.windows.net/c/b", "file:///tmp/x", "https://elsewhere.org/x?y=1#z",
	} {
		kept := a.parse(r, text).String()
		if got := file.Stored(kept).Render(a.base(r)); got != text {
			t.Errorf("%s came back as %s (kept as %s)", text, got, kept)
		}
	}
}
