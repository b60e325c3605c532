package sdk_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/client/storage/azure"
	"github.com/coffer-ml/coffer/client/storage/gcs"
	"github.com/coffer-ml/coffer/client/storage/s3"
	"github.com/coffer-ml/coffer/test/objectstore"
)

// told is a store that notes who asks, and refuses.
type told struct {
	at       string // host:port
	mu       sync.Mutex
	requests []*http.Request
}

func newTold(t *testing.T) *told {
	t.Helper()
	s := new(told)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, r)
		s.mu.Unlock()
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(front.Close)
	s.at = strings.TrimPrefix(front.URL, "http://")
	return s
}

// last is what the last request has in a header.
func (s *told) last(t *testing.T, header string) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) == 0 {
		t.Fatal("nobody asked")
	}
	return s.requests[len(s.requests)-1].Header.Get(header)
}

// configured is the storage of a client with such a clearml.conf.
func configured(t *testing.T, conf string, env map[string]string, drivers ...client.Driver) client.Storage {
	t.Helper()
	return open(t, cloud{conf: conf, env: env, drivers: drivers}.use(t)).Storage()
}

// signer is the key that the last request was signed with, and its region.
func (s *told) signer(t *testing.T) string {
	t.Helper()
	m := regexp.MustCompile(`Credential=(\w+)/\d+/([\w-]+)/`).FindStringSubmatch(s.last(t, "Authorization"))
	if m == nil {
		t.Fatalf("signed %q", s.last(t, "Authorization"))
	}
	return m[1] + " " + m[2]
}

func TestG15TheMostSpecificKeysOfS3Count(t *testing.T) {
	one, two := newTold(t), newTold(t)
	conf := fmt.Sprintf(`sdk.aws.s3 {
		key: DEFAULT, secret: s, region: eu-1, secure: false
		credentials: [
			{host: %[1]q, key: HOST, secret: s, secure: false},
			{host: %[1]q, bucket: models, key: BUCKET, secret: s, secure: false, region: us-9},
			{host: %[1]q, bucket: "models/private", key: FOLDER, secret: s, secure: false, token: T},
			{host: %[1]q, bucket: broken, key: "", secret: s, secure: false},
		]
	}`, one.at)
	s := configured(t, conf, nil, s3.Driver{})
	for address, want := range map[string]string{
		one.at + "/data/x":               "HOST eu-1",
		one.at + "/models/x":             "BUCKET us-9",
		one.at + "/models2/x":            "HOST eu-1",
		one.at + "/models/private/x":     "FOLDER eu-1",
		one.at + "/models/private2/x":    "BUCKET us-9",
		one.at + "/broken/x":             "HOST eu-1",
		one.at + "/MODELS/PRIVATE/deep/": "FOLDER eu-1",
	} {
		_, err := s.Stat(t.Context(), "s3://"+address)
		is(t, err, client.ErrDenied)
		if got := one.signer(t); got != want {
			t.Errorf("%s: signed by %s, want %s", address, got, want)
		}
		if token := one.last(t, "X-Amz-Security-Token"); (token == "T") != strings.HasPrefix(want, "FOLDER") {
			t.Errorf("%s: token %q", address, token)
		}
	}
	_, err := s.Stat(t.Context(), "s3://"+two.at+"/bucket/x")
	is(t, err, client.ErrDenied)
	if got := two.signer(t); got != "DEFAULT eu-1" {
		t.Errorf("signed by %s", got)
	}
}

func TestG16KeysOfS3ComeFromTheEnvironmentAndFiles(t *testing.T) {
	store := newTold(t)
	file := filepath.Join(t.TempDir(), "credentials")
	must(t, os.WriteFile(file, []byte("[default]\naws_access_key_id = FILE\naws_secret_access_key = s\n[lab]\naws_access_key_id = LAB\naws_secret_access_key = s\naws_session_token = TOKEN\n"), 0o600))
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("AWS_ACCESS_KEY", "")
	t.Setenv("AWS_SECRET_KEY", "")
	keys := map[string]string{"AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "TOKEN", "AWS_DEFAULT_REGION": "ap-3"}
	shared := map[string]string{"AWS_SHARED_CREDENTIALS_FILE": file}
	for _, w := range []struct {
		conf  string
		env   map[string]string
		want  string
		token string
	}{
		{"", keys, "ENV ap-3", "TOKEN"},
		{"key: CONF, secret: s", keys, "CONF ap-3", "TOKEN"},
		{"", shared, "FILE us-east-1", ""},
		{"use_credentials_chain: true, key: UNUSED, secret: s", shared, "FILE us-east-1", ""},
		{"profile: lab", shared, "LAB us-east-1", "TOKEN"},
	} {
		s := configured(t, "sdk.aws.s3 { secure: false, "+w.conf+" }", w.env, s3.Driver{})
		_, err := s.Stat(t.Context(), "s3://"+store.at+"/bucket/x")
		is(t, err, client.ErrDenied)
		if got := store.signer(t); got != w.want || store.last(t, "X-Amz-Security-Token") != w.token {
			t.Errorf("%q: signed by %s with token %q", w.conf, got, store.last(t, "X-Amz-Security-Token"))
		}
	}
	s := configured(t, "sdk.aws.s3.secure: false", map[string]string{"AWS_SHARED_CREDENTIALS_FILE": file + " not"}, s3.Driver{})
	_, err := s.Stat(t.Context(), "s3://"+store.at+"/bucket/x")
	is(t, err, client.ErrInvalid)
	if !strings.Contains(err.Error(), "clearml.conf") {
		t.Errorf("%v does not tell where keys come from", err)
	}
}

// behindTLS is the store over TLS, with a certificate of nobody's, and the file
// that vouches for it. Watch sees each request.
func behindTLS(t *testing.T, endpoint string, watch func(*http.Request)) (host, ca string) {
	t.Helper()
	target, err := url.Parse(endpoint)
	must(t, err)
	front := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		watch(r.In)
		r.SetURL(target)
		r.Out.Host = r.In.Host // it is signed
	}})
	front.Config.ErrorLog = log.New(io.Discard, "", 0) // who does not trust it hangs up
	front.StartTLS()
	t.Cleanup(front.Close)
	ca = filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw}), 0o600))
	return strings.TrimPrefix(front.URL, "https://"), ca
}

func TestG17TLSAndPartsOfS3AreSettings(t *testing.T) {
	b := newCloud(t, objectstore.S3)
	var mu sync.Mutex
	parts, together, most := 0, 0, 0
	host, ca := behindTLS(t, b.endpoint, func(r *http.Request) {
		if r.URL.Query().Get("partNumber") == "" {
			return
		}
		mu.Lock()
		parts++
		together++
		most = max(most, together)
		mu.Unlock()
		context.AfterFunc(r.Context(), func() { mu.Lock(); together--; mu.Unlock() })
	})
	served := httptest.NewServer(http.FileServer(http.Dir(filepath.Dir(ca))))
	t.Cleanup(served.Close)
	file, _ := bigFile(t, 17<<20)
	for _, w := range []struct {
		conf    string
		trusted bool
	}{
		{"", false}, {"verify: true", false}, {"verify: false", true}, {"verify: " + ca, true}, {"verify: \"" + served.URL + "/ca.pem\", multipart: false", true},
	} {
		conf := fmt.Sprintf("sdk.aws.s3.credentials: [{host: %q, key: %s, secret: %s, %s}]", host, b.key, b.secret, w.conf)
		s := configured(t, conf, nil, s3.Driver{})
		ctx, cancel := context.WithCancel(t.Context())
		_, err := s.Stat(ctx, "s3://"+host+"/"+b.bucket+"/none")
		cancel()
		if !w.trusted {
			is(t, err, client.ErrDenied)
			if err == nil || !strings.Contains(err.Error(), "certificate") {
				t.Errorf("%q: got %v", w.conf, err)
			}
			continue
		}
		is(t, err, client.ErrNotFound)
		parts, together, most = 0, 0, 0
		must(t, s.Put(t.Context(), file, "s3://"+host+"/"+b.bucket+"/big"))
		if parts != 3 || strings.Contains(w.conf, "multipart: false") && most != 1 {
			t.Errorf("%q: %d parts, %d at a time", w.conf, parts, most)
		}
	}
}

func TestG18AndG19UploadsToS3GoAsTheSettingsSay(t *testing.T) {
	b := newCloud(t, objectstore.S3)
	var mu sync.Mutex
	var puts []*http.Request
	host, ca := behindTLS(t, b.endpoint, func(r *http.Request) {
		if r.Method == http.MethodPut || r.Method == http.MethodPost && r.URL.Query().Has("uploads") {
			mu.Lock()
			puts = append(puts, r)
			mu.Unlock()
		}
	})
	conf := fmt.Sprintf(`sdk.aws {
		s3.credentials: [
			{host: %[1]q, key: %[2]s, secret: %[3]s, verify: %[4]q, extra_args: {CacheControl: no-store, ContentLanguage: de}},
			{host: %[1]q, bucket: "%[5]s/plain", key: %[2]s, secret: %[3]s, verify: %[4]q, extra_args: {StorageClass: STANDARD}},
			{host: %[1]q, bucket: "%[5]s/odd", key: %[2]s, secret: %[3]s, verify: %[4]q, extra_args: {Colour: red}},
		]
		boto3 { multipart_threshold: 18874368, multipart_chunksize: 6291456, max_multipart_concurrency: 2 }
	}`, host, b.key, b.secret, ca, b.bucket)
	s := configured(t, conf, nil, s3.Driver{})
	at := "s3://" + host + "/" + b.bucket
	small, _ := bigFile(t, 17<<20)
	large, _ := bigFile(t, 19<<20)
	must(t, s.Put(t.Context(), small, at+"/small.txt"))
	if len(puts) != 1 || puts[0].Header.Get("Cache-Control") != "no-store" || puts[0].Header.Get("Content-Language") != "de" {
		t.Errorf("%d requests, the first with %v", len(puts), puts[0].Header)
	}
	puts = nil
	must(t, s.Put(t.Context(), large, at+"/plain/large.bin"))
	if len(puts) != 1+4 || puts[0].Header.Get("X-Amz-Storage-Class") != "STANDARD" || puts[0].Header.Get("Cache-Control") != "" {
		t.Errorf("%d requests, the first with %v", len(puts), puts[0].Header)
	}
	err := s.Put(t.Context(), small, at+"/odd/small.txt")
	is(t, err, client.ErrInvalid)
	if err == nil || !strings.Contains(err.Error(), "Colour") {
		t.Errorf("%v does not name the argument", err)
	}
	// Signatures of version 2, for old stores.
	old := newTold(t)
	s = configured(t, "sdk.aws { s3 {key: OLD, secret: s, secure: false}, boto3.signature_version: s3 }", nil, s3.Driver{})
	_, err = s.Stat(t.Context(), "s3://"+old.at+"/bucket/x")
	is(t, err, client.ErrDenied)
	if got := old.last(t, "Authorization"); !strings.HasPrefix(got, "AWS OLD:") {
		t.Errorf("signed %q", got)
	}
}

// account is a key file of somebody, whose token is asked for at an address.
func account(t *testing.T, who, tokens string) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	text, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "test", "private_key_id": "1", "client_id": "1", "client_email": who + "@test.iam.gserviceaccount.com",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": tokens,
	})
	must(t, err)
	return string(text)
}

func TestG20TheMostSpecificCredentialsOfGoogleCount(t *testing.T) {
	var who []string
	var mu sync.Mutex
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		must(t, r.ParseForm())
		claims, err := base64.RawURLEncoding.DecodeString(strings.Split(r.Form.Get("assertion"), ".")[1])
		must(t, err)
		issuer, _, _ := strings.Cut(parse[map[string]any](t, string(claims))["iss"].(string), "@")
		mu.Lock()
		who = append(who, issuer)
		mu.Unlock()
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(tokens.Close)
	file := filepath.Join(t.TempDir(), "account.json")
	must(t, os.WriteFile(file, []byte(account(t, "file", tokens.URL)), 0o600))
	quoted := func(name string) string {
		text, err := json.Marshal(account(t, name, tokens.URL))
		must(t, err)
		return string(text)
	}
	conf := fmt.Sprintf(`sdk.google.storage {
		project: test, credentials_json: %q
		credentials: [
			{bucket: models, credentials_json: %s}
			{bucket: models, subdir: private/deep, credentials_json: %s}
			{bucket: gone, credentials_json: /no/such/file.json}
		]
	}`, file, quoted("bucket"), quoted("folder"))
	s := configured(t, conf, nil, gcs.Driver{})
	for address, want := range map[string]string{
		"gs://data/x": "file", "gs://models/x": "bucket", "gs://models2/x": "file", "gs://models/private/deep/x": "folder", "gs://models/private/x": "bucket",
	} {
		who = nil
		_, err := s.Stat(t.Context(), address)
		if err == nil || len(who) == 0 || who[0] != want {
			t.Errorf("%s: asked for a token of %v, want %s; error %v", address, who, want, err)
		}
	}
	_, err := s.Stat(t.Context(), "gs://gone/x")
	is(t, err, client.ErrInvalid)
	if err == nil || !strings.Contains(err.Error(), "/no/such/file.json") {
		t.Errorf("%v does not name the file", err)
	}
}

func TestG21KeysOfAzureAreThoseOfTheContainer(t *testing.T) {
	b := newCloud(t, objectstore.Azure)
	wrong := base64.StdEncoding.EncodeToString([]byte("wrong"))
	account := b.key
	entry := func(key, named string) string {
		return fmt.Sprintf("{account_name: %s, account_key: %q, container_name: %q}", account, key, named)
	}
	for i, w := range []struct {
		conf string
		env  map[string]string
		want error
	}{
		{entry(b.secret, b.bucket), nil, client.ErrNotFound},
		{entry(b.secret, ""), nil, client.ErrNotFound}, // of the whole account
		{entry(wrong, "other") + "," + entry(b.secret, b.bucket), nil, client.ErrNotFound},
		{entry(wrong, b.bucket) + "," + entry(b.secret, ""), nil, client.ErrDenied}, // the first that is meant
		{"", map[string]string{"AZURE_STORAGE_ACCOUNT": account, "AZURE_STORAGE_KEY": b.secret}, client.ErrNotFound},
		{"", map[string]string{"AZURE_STORAGE_ACCOUNT": "somebody", "AZURE_STORAGE_KEY": b.secret}, client.ErrInvalid},
		{"", nil, client.ErrInvalid},
	} {
		s := configured(t, "sdk.azure.storage.containers: ["+w.conf+"]", w.env, azure.Driver{Endpoint: b.endpoint})
		_, err := s.Stat(t.Context(), b.address+"/none")
		if is(t, err, w.want); t.Failed() {
			t.Fatalf("case %d", i)
		}
	}
}
