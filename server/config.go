package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/blob/drivers"
	"github.com/coffer-ml/coffer/fileserver"
	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/preview"
	"github.com/coffer-ml/coffer/user"
)

// Config is the configuration of a server. Each field has a key, which is the
// name of its flag, of its line in the configuration file, and, in upper case
// with COFFER_ before it and underscores, of its environment variable.
type Config struct {
	Data              string
	DB                string
	Listen            string
	APIListen         string
	FilesListen       string
	PublicURL         string
	AlsoKnownAs       []string
	TLSCert           string
	TLSKey            string
	Blobs             string
	AlsoBlobs         []string
	RedirectDownloads fileserver.Redirects
	MaxUploadSize     int64
	HeaderTimeout     time.Duration
	StallTimeout      time.Duration
	IdleTimeout       time.Duration
	MinFreeSpace      int64 // bytes; autoFreeSpace chooses
	ShutdownGrace     time.Duration
	// WatchdogSilence is how long a run may report nothing before it is
	// stopped; 0 turns the watchdog off.
	WatchdogSilence time.Duration
	WatchdogEvery   time.Duration
	SessionLife     time.Duration
	AuditRetention  time.Duration // 0 keeps everything
	UsersFile       string
	CookieDomain    string
	FilesOrigins    []string
	PreviewCache    int64 // bytes
	LogFormat       string
	LogLevel        slog.Level
	// Settings is what was given for each key, without passwords.
	Settings map[string]string
}

// off turns a listener off.
const off = "off"

// scheme is how the listeners are reached.
func (c Config) scheme() string {
	if c.TLSCert != "" {
		return "https"
	}
	return "http"
}

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
	{dbKey, "", "database on a PostgreSQL server, postgres://user:password@host/name; default is a file in the data directory", func(c *Config, s string) error {
		c.DB = s
		return checkDB(s)
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
			if h = strings.TrimSpace(h); h == "" {
				continue
			}
			if !hostPattern.MatchString(h) {
				return errors.New("expected hosts such as coffer.lab or 10.0.0.7:8081, separated by commas, without http://")
			}
			c.AlsoKnownAs = append(c.AlsoKnownAs, h)
		}
		return nil
	}},
	{"tls-cert", "", "PEM file with the certificate chain; serves https on all listeners", func(c *Config, s string) error { c.TLSCert = s; return nil }},
	{"tls-key", "", "PEM file with the certificate's key", func(c *Config, s string) error { c.TLSKey = s; return nil }},
	{blobsKey, "", "where new bytes go: file:///dir, a path, s3://bucket/prefix, gs://bucket/prefix, azure://account/container/prefix, or mem:; default is the folder blobs in the data directory", func(c *Config, s string) error {
		c.Blobs = s
		return nil
	}},
	{alsoBlobsKey, "", "further stores that hold bytes of this server, separated by commas, such as one that is being moved", func(c *Config, s string) error {
		c.AlsoBlobs = nil
		for spec := range strings.SplitSeq(s, ",") {
			if spec = strings.TrimSpace(spec); spec != "" {
				c.AlsoBlobs = append(c.AlsoBlobs, spec)
			}
		}
		return nil
	}},
	{"redirect-downloads", string(fileserver.RedirectOff), "off, on or all: answer downloads with a signed address of the store; on leaves out the Python SDK", func(c *Config, s string) (err error) {
		c.RedirectDownloads, err = fileserver.ParseRedirects(s)
		return err
	}},
	{"max-upload-size", "0", "most bytes of one file; 0 means no limit", func(c *Config, s string) error {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 {
			return errors.New("expected a number of bytes from 0 on")
		}
		c.MaxUploadSize = n
		return nil
	}},
	{"header-timeout", "20s", "how long the header of a request may take", func(c *Config, s string) error {
		return setDuration(&c.HeaderTimeout, s, time.Millisecond)
	}},
	{"stall-timeout", "30s", "how long a transfer may bring less than 32 KiB before it is cut off", func(c *Config, s string) error {
		return setDuration(&c.StallTimeout, s, time.Millisecond)
	}},
	{"idle-timeout", "2m", "how long a connection may wait for its next request", func(c *Config, s string) error {
		return setDuration(&c.IdleTimeout, s, time.Millisecond)
	}},
	{"min-free-space", "auto", "bytes that must stay free where files and data are, else uploads are refused; auto is 1 % of the disk, but at most 512 MiB", func(c *Config, s string) error {
		if s == "auto" {
			c.MinFreeSpace = autoFreeSpace
			return nil
		}
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 {
			return errors.New("expected a number of bytes from 0 on, or auto")
		}
		c.MinFreeSpace = n
		return nil
	}},
	{"shutdown-grace", "30s", "how long running requests may take to end when the server stops", func(c *Config, s string) error {
		return setDuration(&c.ShutdownGrace, s, 0)
	}},
	{"watchdog-silence", "2h", "how long a running task may report nothing before it is stopped as dead; 0 turns that off", func(c *Config, s string) error {
		return setDuration(&c.WatchdogSilence, s, 0)
	}},
	{"watchdog-every", "15m", "how often running tasks are looked at for that", func(c *Config, s string) error {
		return setDuration(&c.WatchdogEvery, s, time.Millisecond)
	}},
	{"session-life", "720h", "how long a session lives unless its caller says otherwise; at most 8760h", func(c *Config, s string) error {
		if err := setDuration(&c.SessionLife, s, time.Minute); err != nil {
			return err
		}
		if c.SessionLife > user.MaxLife {
			return fmt.Errorf("expected at most %s", user.MaxLife)
		}
		return nil
	}},
	{usersFileKey, "", "YAML file with accounts that are made and kept as it says: name, role, and password or password_hash", func(c *Config, s string) error {
		c.UsersFile = s
		return nil
	}},
	{"cookie-domain", "", "domain of the session cookie; default is the host alone that a browser called", func(c *Config, s string) error {
		c.CookieDomain = s
		if s != "" && !domainPattern.MatchString(s) {
			return errors.New("expected a domain such as lab.example.org, without a port")
		}
		return nil
	}},
	{"files-origins", "", "origins of web pages, separated by commas, whose scripts may read and write files with a token, such as https://lab.example.org; * means every page", func(c *Config, s string) error {
		c.FilesOrigins = nil
		for o := range strings.SplitSeq(s, ",") {
			if o = strings.TrimRight(strings.TrimSpace(o), "/"); o == "" {
				continue
			}
			if o != door.AnyOrigin && (o == "null" || checkURL(o) != nil) {
				return errors.New("expected origins such as https://lab.example.org or http://10.0.0.7:8888, separated by commas, or *")
			}
			c.FilesOrigins = append(c.FilesOrigins, o)
		}
		return nil
	}},
	{"audit-retention", "8760h", "how long the audit keeps who changed what; 0 keeps it for ever", func(c *Config, s string) error {
		return setDuration(&c.AuditRetention, s, 0)
	}},
	{"preview-cache", strconv.Itoa(preview.DefaultDirBytes), "most bytes of previews that are kept in the data directory", func(c *Config, s string) error {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 1 {
			return errors.New("expected a number of bytes from 1 on")
		}
		c.PreviewCache = n
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

// setDuration reads a duration of at least the given length.
func setDuration(to *time.Duration, s string, least time.Duration) error {
	d, err := time.ParseDuration(s)
	if err != nil || d < least {
		return fmt.Errorf("expected a duration such as 30s or 2h, not below %s", least)
	}
	*to = d
	return nil
}

// usersFileKey names the file of fixed accounts.
const usersFileKey = "users-file"

// Keys whose values may hold credentials.
const (
	dbKey        = "db"
	blobsKey     = "blobs"
	alsoBlobsKey = "also-blobs"
)

// checkDB says what is wrong with the address of a database. It repeats none of
// it.
func checkDB(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Host == "" || strings.Trim(u.Path, "/") == "" {
		return errors.New("expected postgres://user:password@host:port/name, with what stands for itself in a password percent-encoded")
	}
	return nil
}

// shown is a value as it may stand in a message: without a password, wherever in
// an address one may stand.
func shown(key, value string) string {
	if key == blobsKey || key == alsoBlobsKey {
		var all []string
		for spec := range strings.SplitSeq(value, ",") {
			all = append(all, drivers.Location(strings.TrimSpace(spec)))
		}
		return strings.Join(all, ",")
	}
	u, err := url.Parse(value)
	if err == nil && u.Host != "" {
		query := u.Query()
		for name := range query {
			if secretArgument.MatchString(name) {
				query.Set(name, "xxxxx")
				u.RawQuery = query.Encode()
			}
		}
		return u.Redacted()
	}
	if key == dbKey && value != "" {
		return "(not shown, since it may hold a password)"
	}
	return value
}

// secretArgument finds the arguments of an address that hold secrets.
var secretArgument = regexp.MustCompile(`(?i)passw|secret|token|key|sig`)

// hostPattern is a host name or an address, with or without a port.
var hostPattern = regexp.MustCompile(`^(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?$`)

// domainPattern is a domain that a cookie can have.
var domainPattern = regexp.MustCompile(`^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$`)

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
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || !hostPattern.MatchString(u.Host) ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("expected http://host or https://host without a path")
	}
	return nil
}
