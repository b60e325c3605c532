package client

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/client/cache"
	"github.com/coffer-ml/coffer/client/internal/hocon"
	"github.com/coffer-ml/coffer/codec"
)

// Config says whom to talk to and how. The zero value takes everything from
// where the ClearML Python SDK looks for it: clearml.conf, over which
// CLEARML_* variables go, over which the fields here go.
type Config struct {
	// File is a configuration file in HOCON. "" means the one that
	// CLEARML_CONFIG_FILE names, else ~/clearml.conf if there is one; "-" means
	// none.
	File string
	// Env looks up environment variables; nil means os.LookupEnv.
	Env func(name string) (string, bool)

	// API, Web and Files are the addresses of the server, such as
	// http://host:8008. What is not given anywhere is derived from what is: an
	// API at http://host/api has its web app at http://host and its files at
	// http://host/files, one at http://host:8008 at 8080 and 8081.
	API, Web, Files string
	// AccessKey and SecretKey are a key pair. Token, if there is one, goes
	// before it.
	AccessKey, SecretKey string
	Token                string

	// Patience is for how long a request is tried again while the server cannot
	// be reached, or says that it is busy; 0 means two minutes, less than 0
	// never. A deadline of the context ends it earlier.
	Patience time.Duration
	// Destination is where artifacts and models go that say nothing else and
	// whose task and project say nothing: a folder, or an address such as
	// s3://bucket/folder. "" means sdk.development.default_output_uri, or
	// CLEARML_DEFAULT_OUTPUT_URI, else the server.
	Destination string
	// Uploads is how many uploads travel at a time; 0 means 4.
	Uploads int
	// Queue is how many uploads may wait before Upload waits; 0 means 64.
	Queue int
	// Progress, if it is set, is told how uploads and downloads get on. It is
	// called from many goroutines, not twice at once for one transfer.
	Progress func(Progress)

	// CacheDir is the folder of the cache; "" means the one of CLEARML_CACHE_DIR
	// or sdk.storage.cache.default_base_dir, else ~/.clearml/cache.
	CacheDir string
	// CacheBytes and CacheFree limit it, and CacheSecond is a folder that is
	// asked before anything is downloaded, such as one on a shared drive. 0 and
	// "" mean what clearml.conf says below sdk.storage.cache, else the defaults
	// of package cache.
	CacheBytes, CacheFree int64
	CacheSecond           string

	// Codecs are formats beside those of package codec; they are asked first.
	Codecs codec.Codecs
	// Limits bound what decoding an artifact may need; zero fields have defaults.
	Limits codec.Limits
	// Drivers open stores in the cloud; see Driver.
	Drivers []Driver

	// HTTP makes the requests; nil means a client of its own.
	HTTP *http.Client
	// Log is told what is tried again and what is odd; nil means nobody.
	Log *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Progress tells how a transfer gets on.
type Progress struct {
	Op    string // "upload" or "download"
	Name  string // of the artifact, model or file
	Done  int64  // bytes that arrived
	Total int64  // bytes; -1 if nobody knows
	Ended bool   // it is done, or has failed with Err
	Err   error
}

// variables are the environment variables that say what Config can say. Each
// is also read under its old name, with TRAINS in place of CLEARML.
const (
	varFile        = "CLEARML_CONFIG_FILE"
	varAPI         = "CLEARML_API_HOST"
	varWeb         = "CLEARML_WEB_HOST"
	varFiles       = "CLEARML_FILES_HOST"
	varAccess      = "CLEARML_API_ACCESS_KEY"
	varSecret      = "CLEARML_API_SECRET_KEY"
	varToken       = "CLEARML_AUTH_TOKEN"
	varVerify      = "CLEARML_API_HOST_VERIFY_CERT"
	varOutput      = "CLEARML_DEFAULT_OUTPUT_URI"
	varCache       = "CLEARML_CACHE_DIR"
	varSecondCache = "CLEARML_SECONDARY_CACHE_DIR"
	defaultConfig  = "~/clearml.conf"
	defaultCache   = "~/.clearml/cache"
)

// settings are a Config with the file and the environment read into it.
type settings struct {
	Config
	file   string        // what was read; "" if nothing was
	conf   *hocon.Object // never nil
	verify bool          // certificates
}

// load reads file and environment, which must name a server.
func load(c Config) (*settings, error) {
	s, err := read(c)
	if err != nil {
		return nil, err
	}
	return s, s.addresses()
}

// read reads file and environment.
func read(c Config) (*settings, error) {
	if c.Env == nil {
		c.Env = os.LookupEnv
	}
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // the default of the Now field
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Patience == 0 {
		c.Patience = 2 * time.Minute
	}
	if c.Uploads <= 0 {
		c.Uploads = 4
	}
	if c.Queue <= 0 {
		c.Queue = 64
	}
	c.Codecs = append(slices.Clone(c.Codecs), codec.Standard()...)
	s := &settings{Config: c, conf: new(hocon.Object)}
	if err := s.read(); err != nil {
		return nil, &Error{Kind: KindInvalid, Op: "read the configuration", Object: s.file, Err: err}
	}
	for _, v := range []struct {
		field          *string
		variable, path string
	}{
		{&s.API, varAPI, "api.api_server"},
		{&s.API, "", "api.host"}, // as old files call it
		{&s.Web, varWeb, "api.web_server"},
		{&s.Files, varFiles, "api.files_server"},
		{&s.Token, varToken, "api.token"},
		{&s.Destination, varOutput, "sdk.development.default_output_uri"},
	} {
		*v.field = cmp.Or(*v.field, s.variable(v.variable), s.conf.Text(v.path))
	}
	// Keys come in pairs: half of one from here and half from there opens nothing.
	if s.AccessKey == "" && s.SecretKey == "" {
		s.AccessKey, s.SecretKey = s.variable(varAccess), s.variable(varSecret)
	}
	if s.AccessKey == "" && s.SecretKey == "" {
		s.AccessKey, s.SecretKey = s.conf.Text("api.credentials.access_key"), s.conf.Text("api.credentials.secret_key")
	}
	var err error
	if s.verify, err = s.conf.Bool("api.verify_certificate", true); err != nil {
		return nil, &Error{Kind: KindInvalid, Op: "read the configuration", Object: s.file, Err: err}
	}
	switch strings.ToLower(s.variable(varVerify)) {
	case "0", "false", "no", "off":
		s.verify = false
	}
	return s, nil
}

func (s *settings) read() error {
	named := cmp.Or(s.File, s.variable(varFile))
	if named == "-" {
		return nil
	}
	s.file = expand(cmp.Or(named, defaultConfig), s.Env)
	conf, err := hocon.Load(s.file, s.Env)
	if errors.Is(err, fs.ErrNotExist) && named == "" {
		s.file = ""
		return nil
	}
	if err == nil {
		s.conf = conf
	}
	return err
}

func (s *settings) variable(name string) string {
	if name == "" {
		return ""
	}
	if v, ok := s.Env(name); ok && v != "" {
		return v
	}
	v, _ := s.Env(strings.Replace(name, "CLEARML_", "TRAINS_", 1))
	return v
}

// expand fills ~ and $VARIABLES into a path.
func expand(path string, env func(string) (string, bool)) string {
	path = os.Expand(path, func(name string) string {
		if v, ok := env(name); ok {
			return v
		}
		return "$" + name
	})
	if rest, ok := strings.CutPrefix(path, "~"); ok && (rest == "" || os.IsPathSeparator(rest[0])) {
		if home, ok := env("HOME"); ok && home != "" {
			return filepath.Join(home, rest)
		}
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	return path
}

// addresses checks the addresses and derives those that were not given.
func (s *settings) addresses() error {
	for _, address := range []*string{&s.API, &s.Web, &s.Files} {
		*address = strings.TrimRight(strings.TrimSpace(*address), "/")
		if *address == "" {
			continue
		}
		if u, err := url.Parse(*address); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return invalid("read the configuration", *address, "this is no address of a server: expected something like http://host:8008")
		}
	}
	if s.API == "" && s.Web != "" {
		s.API = derived(s.Web, "8080", "8008", "app.", "api.", "", "/api")
	}
	if s.API == "" {
		return invalid("read the configuration", s.file, fmt.Sprintf(
			"no server is configured: coffer login makes %s, or set %s, %s and %s", defaultConfig, varAPI, varAccess, varSecret))
	}
	if s.Web == "" {
		s.Web = derived(s.API, "8008", "8080", "api.", "app.", "/api", "")
	}
	if s.Files == "" {
		s.Files = derived(s.API, "8008", "8081", "api.", "files.", "/api", "/files")
	}
	return nil
}

// derived is the address of a neighbour: by path where paths tell servers
// apart, else by port or by name.
func derived(address, port, toPort, name, toName, path, toPath string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	switch {
	case u.Port() == port:
		u.Host = strings.TrimSuffix(u.Host, port) + toPort
	case strings.HasPrefix(u.Host, name):
		u.Host = toName + strings.TrimPrefix(u.Host, name)
	case strings.HasSuffix(u.Path, path):
		u.Path = strings.TrimSuffix(u.Path, path) + toPath
	default:
		u.Path = strings.TrimSuffix(u.Path, "/") + toPath
	}
	return u.String()
}

// openCache opens the cache that is configured. Of the settings of the Python
// SDK those in bytes count; a number of files is no limit here.
func (s *settings) openCache() (*cache.Cache, error) {
	const section = "sdk.storage.cache"
	base := expand(cmp.Or(s.CacheDir, s.variable(varCache), s.conf.Text(section+".default_base_dir"), defaultCache), s.Env)
	limits := func(section string, most, free int64) (int64, int64, error) {
		var errs []error
		for _, path := range []string{section + ".size", section + ".disk_space_file_size_strategy.size"} {
			for _, v := range []struct {
				limit *int64
				name  string
			}{{&most, ".max_used_bytes"}, {&free, ".min_free_bytes"}} {
				n, err := s.conf.Size(path+v.name, 0)
				errs = append(errs, err)
				*v.limit = cmp.Or(*v.limit, n)
			}
		}
		return most, free, errors.Join(errs...)
	}
	most, free, err := limits(section, s.CacheBytes, s.CacheFree)
	if err != nil {
		return nil, invalid("read the configuration", s.file, err.Error())
	}
	cfg := cache.Config{Dir: filepath.Join(base, "coffer"), MaxBytes: most, MinFree: free, Now: s.Now}
	second := cmp.Or(s.CacheSecond, s.variable(varSecondCache), s.conf.Text(section+".disk_space_file_size_strategy.secondary.default_base_dir"))
	if second != "" {
		most, free, err := limits(section+".disk_space_file_size_strategy.secondary", 0, 0)
		if err != nil {
			return nil, invalid("read the configuration", s.file, err.Error())
		}
		cfg.Second, err = cache.Open(cache.Config{Dir: filepath.Join(expand(second, s.Env), "coffer"), MaxBytes: most, MinFree: free, Now: s.Now})
		if err != nil {
			return nil, localError("open the cache", second, err)
		}
	}
	c, err := cache.Open(cfg)
	if err != nil {
		return nil, localError("open the cache", cfg.Dir, err)
	}
	return c, nil
}

// OpenCache opens the cache that a Config names, without a server. Close it
// after use.
func OpenCache(cfg Config) (*cache.Cache, error) {
	s, err := read(cfg)
	if err != nil {
		return nil, err
	}
	return s.openCache()
}

// FileName is a name as a file system takes it, for files that are to be called
// like artifacts.
func FileName(name string) string { return cache.FileName(name) }
