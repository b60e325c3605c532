package bucket

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/internal/fault"
)

// ErrAddress is the reason of an address of a store that cannot be understood.
var ErrAddress = fault.Reason{Kind: fault.Invalid, Name: "blob.bad_store_address"}

// Options reads the options of a store's address. Each that is named must be
// known, and none may be empty: a variable that was not set must not quietly
// become a default.
type Options struct {
	values url.Values
	known  []string
	err    error
}

// ReadOptions takes up the options behind the question mark of an address.
func ReadOptions(u *url.URL) *Options {
	values, err := url.ParseQuery(u.RawQuery)
	o := &Options{values: values}
	if err != nil {
		o.err = ErrAddress.Wrap(err, "blobs: %q cannot be read", "?"+u.RawQuery)
	}
	if u.User != nil {
		o.err = ErrAddress.Errorf("blobs: an address must not hold keys, where everybody reads them: put them into the environment")
	}
	return o
}

func (o *Options) fail(format string, args ...any) {
	if o.err == nil {
		o.err = ErrAddress.Errorf("blobs: "+format, args...)
	}
}

// Text returns an option, "" if it is not named.
func (o *Options) Text(name string) string {
	o.known = append(o.known, name)
	values, named := o.values[name]
	if !named {
		return ""
	}
	if len(values) != 1 || values[0] == "" {
		o.fail("the option %s has no value, or several; leave it away for the default", name)
		return ""
	}
	return values[0]
}

// Flag returns an option that is true or false, and whether it is named.
func (o *Options) Flag(name string) (value, named bool) {
	text := o.Text(name)
	if text == "" {
		return false, false
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		o.fail("%s=%s: expected true or false", name, text)
	}
	return value, true
}

// Duration returns an option such as 30s, 0 if it is not named.
func (o *Options) Duration(name string) time.Duration {
	text := o.Text(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		o.fail("%s=%s: expected a time such as 30s", name, text)
	}
	return d
}

// TLS returns the options of whom to trust.
func (o *Options) TLS() TLS {
	verify, named := o.Flag("tls-verify")
	return TLS{CA: o.Text("ca"), SkipVerify: named && !verify}
}

// Err is what was wrong, also options that nobody asked for.
func (o *Options) Err() error {
	for _, name := range slices.Sorted(maps.Keys(o.values)) {
		if !slices.Contains(o.known, name) {
			o.fail("the option %s is unknown; expected one of %s", name, strings.Join(slices.Sorted(slices.Values(o.known)), ", "))
		}
	}
	return o.err
}

// Prefix turns the path of an address into what names within the bucket begin
// with.
func Prefix(path string) string {
	path = strings.Trim(path, "/")
	if path == "" {
		return ""
	}
	return path + "/"
}
