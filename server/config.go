package server

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// Config is the configuration of a server. Each field has a key, which is the
// name of its flag, of its line in the configuration file, and, in upper case
// with COFFER_ before it and underscores, of its environment variable.
type Config struct {
	Data          string
	Listen        string
	APIListen     string
	FilesListen   string
	PublicURL     string
	AlsoKnownAs   []string
	TLSCert       string
	TLSKey        string
	Blobs         string
	MaxUploadSize int64
	ShutdownGrace time.Duration
	LogFormat     string
	LogLevel      slog.Level
}

// off turns a listener off.
const off = "off"

// setting is one key: what it means, its default, and how a text sets it.
type setting struct {
	key, fallback, usage string
	set                  func(c *Config, text string) error
}

// settings lists every key. docs/configuration.md has a line for each.
var settings = []setting{
	{"data", "./coffer-data", "directory that holds everything", func(c *Config, s string) error {
		abs, err := filepath.Abs(s)
		c.Data = abs
		return err
	}},
	{"listen", ":8080", "address of the web app, with the API under /api and files under /files", func(c *Config, s string) error {
		c.Listen = s
		return checkListen(s, false)
	}},
	{"api-listen", ":8008", "address of the API alone, or off", func(c *Config, s string) error {
		c.APIListen = s
		return checkListen(s, true)
	}},
	{"files-listen", ":8081", "address of the files alone, or off", func(c *Config, s string) error {
		c.FilesListen = s
		return checkListen(s, true)
	}},
	{"public-url", "", "address under which everybody reaches the web app, if there is one", func(c *Config, s string) error {
		c.PublicURL = strings.TrimRight(s, "/")
		return checkURL(s)
	}},
	{"also-known-as", "", "further hosts, separated by commas, that are this server", func(c *Config, s string) error {
		c.AlsoKnownAs = nil
		for h := range strings.SplitSeq(s, ",") {
			if h = strings.TrimSpace(h); h != "" {
				c.AlsoKnownAs = append(c.AlsoKnownAs, h)
			}
		}
		return nil
	}},
	{"tls-cert", "", "PEM file with the certificate chain; serves https on all listeners", func(c *Config, s string) error { c.TLSCert = s; return nil }},
	{"tls-key", "", "PEM file with the certificate's key", func(c *Config, s string) error { c.TLSKey = s; return nil }},
	{"blobs", "", "where bytes are kept: file:///dir, a path, or mem:; default is the folder blobs in the data directory", func(c *Config, s string) error {
		c.Blobs = s
		return nil
	}},
	{"max-upload-size", "0", "most bytes of one file; 0 means no limit", func(c *Config, s string) error {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 {
			return errors.New("expected a number of bytes from 0 on")
		}
		c.MaxUploadSize = n
		return nil
	}},
	{"shutdown-grace", "30s", "how long running requests may take to end when the server stops", func(c *Config, s string) error {
		d, err := time.ParseDuration(s)
		if err != nil || d < 0 {
			return errors.New("expected a duration such as 30s or 2m")
		}
		c.ShutdownGrace = d
		return nil
	}},
	{"log-format", "text", "text or json", func(c *Config, s string) error {
		c.LogFormat = s
		if s != "text" && s != "json" {
			return errors.New("expected text or json")
		}
		return nil
	}},
	{"log-level", "info", "debug, info, warn or error", func(c *Config, s string) error {
		if err := c.LogLevel.UnmarshalText([]byte(s)); err != nil {
			return errors.New("expected debug, info, warn or error")
		}
		return nil
	}},
}

func checkListen(s string, mayBeOff bool) error {
	if mayBeOff && s == off {
		return nil
	}
	_, port, err := net.SplitHostPort(s)
	if n, perr := strconv.Atoi(port); err != nil || perr != nil || n < 0 || n > 65535 {
		if mayBeOff {
			return errors.New("expected host:port, :port or off")
		}
		return errors.New("expected host:port or :port")
	}
	return nil
}

func checkURL(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		return errors.New("expected http://host or https://host without a path")
	}
	return nil
}

// environment returns the name of a key's environment variable.
func (s setting) environment() string {
	return "COFFER_" + strings.ToUpper(strings.ReplaceAll(s.key, "-", "_"))
}

// Flags adds a flag for each key, and one for the configuration file.
func Flags(f *pflag.FlagSet) {
	for _, s := range settings {
		f.String(s.key, s.fallback, s.usage)
	}
	f.String("config", "", "YAML file with any of these keys; flags and environment win over it")
}

// Load reads the configuration: a flag that was given wins over its
// environment variable, that over the file, that over the default. Errors name
// the key and where its value came from.
func Load(f *pflag.FlagSet, getenv func(string) string) (Config, error) {
	path, err := f.GetString("config")
	if err != nil {
		return Config{}, err
	}
	if path == "" {
		path = getenv("COFFER_CONFIG")
	}
	fromFile, err := readFile(path)
	if err != nil {
		return Config{}, err
	}
	var c Config
	var errs []error
	for _, s := range settings {
		value, source := s.fallback, "default"
		if v, ok := fromFile[s.key]; ok {
			value, source = v, path
		}
		if v := getenv(s.environment()); v != "" {
			value, source = v, "environment variable "+s.environment()
		}
		if flag := f.Lookup(s.key); flag != nil && flag.Changed {
			value, source = flag.Value.String(), "flag --"+s.key
		}
		if err := s.set(&c, value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %q is not valid: %w (from %s)", s.key, value, err, source))
		}
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		errs = append(errs, errors.New("tls-cert, tls-key: both are needed, only one is given"))
	}
	if c.Blobs == "" {
		c.Blobs = filepath.Join(c.Data, "blobs")
	}
	return c, errors.Join(errs...)
}

// readFile reads a configuration file: keys with plain values. Unknown keys
// are refused by name.
func readFile(path string) (map[string]string, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	var raw map[string]yaml.Node
	if err := yaml.Unmarshal(text, &raw); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("configuration file %s: %w", path, err)
	}
	known := make(map[string]bool, len(settings))
	for _, s := range settings {
		known[s.key] = true
	}
	out := make(map[string]string, len(raw))
	for key, node := range raw {
		if !known[key] {
			return nil, fmt.Errorf("configuration file %s, line %d: there is no key %q", path, node.Line, key)
		}
		switch node.Kind {
		case yaml.ScalarNode:
			out[key] = node.Value
		case yaml.SequenceNode:
			var list []string
			if err := node.Decode(&list); err != nil {
				return nil, fmt.Errorf("configuration file %s, line %d: %s: expected a list of texts", path, node.Line, key)
			}
			out[key] = strings.Join(list, ",")
		default:
			return nil, fmt.Errorf("configuration file %s, line %d: %s: expected a plain value", path, node.Line, key)
		}
	}
	return out, nil
}
