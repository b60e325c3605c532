package s3_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/bucket"
	"github.com/coffer-ml/coffer/blob/s3"
)

func TestAddressesThatCannotBeMeant(t *testing.T) {
	clear(t)
	for at, want := range map[string]string{
		"s3://":                                      "no bucket",
		"s3://b?endpoint=":                           "endpoint has no value",
		"s3://b?region=":                             "region has no value",
		"s3://b?endpoint=ftp://host":                 "http://host:port",
		"s3://b?endpoint=http://host/dir":            "http://host:port",
		"s3://b?endpoit=http://host":                 "endpoit is unknown",
		"s3://b?path-style=perhaps":                  "true or false",
		"s3://b?stall=5":                             "such as 30s",
		"s3://key:secret@b":                          "environment",
		"s3://b?ca=/nowhere.pem":                     "TLS settings",
		"s3://b?endpoint=http://a&endpoint=http://b": "or several",
		"s3://b?endpoint=http://127.0.0.1:1":         "no keys",
	} {
		u, err := url.Parse(at)
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := s3.FromURL(u)
		if err == nil {
			_, err = s3.Open(cfg)
		}
		if !errors.Is(err, bucket.ErrAddress) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want a refusal with %q", at, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the message tells the secret: %v", at, err)
		}
	}
}

// clear hides the keys and endpoints of whoever runs the tests.
func clear(t *testing.T) {
	for _, v := range []string{
		"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY",
		"AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION",
	} {
		t.Setenv(v, "")
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("HOME", t.TempDir())
}

// recorder is an endpoint that knows nothing and notes who asked what with
// which keys.
func recorder(t *testing.T, answer http.HandlerFunc) (at string, requests func() []*http.Request) {
	t.Helper()
	var got []*http.Request
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r)
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, func() []*http.Request { return got }
}

func forbid(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusForbidden)
	_, _ = w.Write([]byte(`<Error><Code>AccessDenied</Code><Message>no</Message></Error>`))
}

func stat(t *testing.T, cfg s3.Config) error {
	t.Helper()
	s, err := s3.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Stat(t.Context(), blob.NewKey())
	return err
}

// The keys of the environment come before those of the file, and a file or
// profile that is named comes before both.
func TestWhereKeysComeFrom(t *testing.T) {
	clear(t)
	at, requests := recorder(t, forbid)
	file := filepath.Join(t.TempDir(), "credentials")
	text := "[default]\naws_access_key_id = FROMFILE\naws_secret_access_key = s\n[other]\naws_access_key_id = OTHER\naws_secret_access_key = s\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
	for i, c := range []struct {
		cfg  s3.Config
		env  string
		want string
	}{
		{s3.Config{}, "", "FROMFILE"},
		{s3.Config{}, "FROMENV", "FROMENV"},
		{s3.Config{Profile: "other"}, "FROMENV", "OTHER"},
		{s3.Config{File: file}, "FROMENV", "FROMFILE"},
		{s3.Config{KeyID: "GIVEN", Secret: "s"}, "FROMENV", "GIVEN"},
	} {
		t.Setenv("AWS_ACCESS_KEY_ID", c.env)
		t.Setenv("AWS_SECRET_ACCESS_KEY", c.env)
		c.cfg.Bucket, c.cfg.Endpoint = "lab", at
		if err := stat(t, c.cfg); !errors.Is(err, blob.ErrRefused) {
			t.Fatalf("%d: %v", i, err)
		}
		all := requests()
		if got := all[len(all)-1].Header.Get("Authorization"); !strings.Contains(got, "Credential="+c.want+"/") {
			t.Errorf("%d: signed as %q, want the key %s", i, got, c.want)
		}
	}
}

// The endpoint of the environment counts as one that was set, and nobody else
// is ever asked, not even on a redirect.
func TestNothingButTheEndpointIsAsked(t *testing.T) {
	clear(t)
	other, asked := recorder(t, forbid)
	at, requests := recorder(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.Replace(other, "127.0.0.1", "localhost", 1)+r.URL.Path, http.StatusTemporaryRedirect)
	})
	t.Setenv("AWS_ENDPOINT_URL", at)
	if err := stat(t, s3.Config{Bucket: "lab", KeyID: "k", Secret: "s"}); err == nil {
		t.Error("no error")
	}
	if len(requests()) == 0 {
		t.Error("the endpoint of AWS_ENDPOINT_URL was not asked")
	}
	if len(asked()) != 0 {
		t.Errorf("somebody else was asked: %v", asked()[0].URL)
	}
	if path := requests()[0].URL.Path; !strings.HasPrefix(path, "/lab/") {
		t.Errorf("asked for %s, want the bucket in the path", path)
	}
}

// An empty object is sent with its length, which is none. Of a body of unknown
// length a store may leave the end unread, and the next request on the
// connection would be refused for it.
func TestAnEmptyObjectHasALength(t *testing.T) {
	clear(t)
	at, requests := recorder(t, func(http.ResponseWriter, *http.Request) {})
	s, err := s3.Open(s3.Config{Bucket: "lab", Endpoint: at, KeyID: "k", Secret: "s"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), blob.NewKey(), strings.NewReader("")); err != nil {
		t.Fatal(err)
	}
	r := requests()[0]
	if r.ContentLength != 0 || len(r.TransferEncoding) != 0 || r.Header.Get("Content-Encoding") != "" {
		t.Errorf("sent with the length %d as %v %v", r.ContentLength, r.TransferEncoding, r.Header["Content-Encoding"])
	}
	if got := r.Header.Get("X-Amz-Content-Sha256"); got != string(blob.EmptyDigest) {
		t.Errorf("signed as the content %s", got)
	}
}

// What went wrong is told with the call, the place, the code and the
// permission, for the log; the caller of the server learns none of it.
func TestFailuresTellWhatHappened(t *testing.T) {
	clear(t)
	at, _ := recorder(t, forbid)
	s, err := s3.Open(s3.Config{Bucket: "lab", Prefix: "p", Endpoint: at, KeyID: "k", Secret: "s"})
	if err != nil {
		t.Fatal(err)
	}
	key := blob.NewKey()
	for op, call := range map[string]func(context.Context) error{
		"put": func(ctx context.Context) error { _, err := s.Put(ctx, key, strings.NewReader("x")); return err },
		"get": func(ctx context.Context) error { _, err := s.Open(ctx, key, 0, -1); return err },
		"stat": func(ctx context.Context) error {
			_, err := s.Stat(ctx, key)
			return err
		},
		"delete": func(ctx context.Context) error { return s.Delete(ctx, key) },
		"list": func(ctx context.Context) error {
			for _, err := range s.List(ctx, "") {
				return err
			}
			return nil
		},
	} {
		err := call(t.Context())
		var f *blob.Failure
		if !errors.As(err, &f) {
			t.Errorf("%s: %v is no failure", op, err)
			continue
		}
		if f.Op != op || f.Bucket != "lab" || f.Code != "AccessDenied" || f.Status != http.StatusForbidden || f.Retry || f.Permission == "" {
			t.Errorf("%s: %+v", op, f)
		}
		if op != "list" && f.Name != "p/objects/"+string(key) {
			t.Errorf("%s: names %q", op, f.Name)
		}
		if !errors.Is(err, blob.ErrRefused) || errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%s: %v, want a refusal", op, err)
		}
	}
}
