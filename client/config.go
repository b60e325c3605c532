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
	"strings"
	"time"

	"github.com/coffer-ml/coffer/client/internal/hocon"
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
	// HTTP makes the requests; nil means a client of its own.
	HTTP *http.Client
	// Log is told what is tried again and what is odd; nil means nobody.
	Log *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// variables are the environment variables that say what Config can say. Each
// is also read under its old name, with TRAINS in place of CLEARML.
const (
	varFile       = "CLEARML_CONFIG_FILE"
	varAPI        = "CLEARML_API_HOST"
	varWeb        = "CLEARML_WEB_HOST"
	varFiles      = "CLEARML_FILES_HOST"
	varAccess     = "CLEARML_API_ACCESS_KEY"
	varSecret     = "CLEARML_API_SECRET_KEY"
	varToken      = "CLEARML_AUTH_TOKEN"
	varVerify     = "CLEARML_API_HOST_VERIFY_CERT"
	varOutput     = "CLEARML_DEFAULT_OUTPUT_URI"
	varCache      = "CLEARML_CACHE_DIR"
	defaultConfig = "~/clearml.conf"
)

// settings are a Config with the file and the environment read into it.
type settings struct {
	Config
	file   string        // what was read; "" if nothing was
	conf   *hocon.Object // never nil
	verify bool          // certificates
	output string        // default destination of artifacts and models
}

// load reads file and environment.
func load(c Config) (*settings, error) {
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
		{&s.output, varOutput, "sdk.development.default_output_uri"},
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
	return s, s.addresses()
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
