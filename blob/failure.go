package blob

import (
	"errors"
	"fmt"
	"strings"

	"github.com/coffer-ml/coffer/internal/fault"
)

// ErrRefused is the reason of calls that an object store refuses and will go
// on refusing until somebody changes its settings or ours: no permission, no
// such bucket, wrong keys.
var ErrRefused = fault.Reason{Kind: fault.Internal, Name: "blob.refused"}

// Failure is a call to an object store that went wrong. It is the private
// cause of the fault that a driver returns: errors.As finds it.
type Failure struct {
	Store  string // the driver: s3, gcs, azure
	Op     string // what was being done: put, get, stat, delete, list, compose, sign, sweep
	Bucket string
	Name   string // of the object within the bucket; "" if the call was for no single one
	Code   string // the store's own word, such as SlowDown; "" if no answer came
	Status int    // of the HTTP answer; 0 if none came
	Retry  bool   // whether the same call can succeed later with nothing changed by hand
	// Permission is what the call needs, in the store's own words.
	Permission string
	Cause      error
}

// Error implements error; it is for logs.
func (f *Failure) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s %s", f.Store, f.Op, f.Bucket)
	if f.Name != "" {
		b.WriteString("/" + f.Name)
	}
	switch {
	case f.Code != "" && f.Status != 0:
		fmt.Fprintf(&b, ": %s (%d)", f.Code, f.Status)
	case f.Code != "" || f.Status != 0:
		fmt.Fprintf(&b, ": %s%d", f.Code, f.Status)
	}
	if f.Retry {
		b.WriteString(", a retry can help")
	} else {
		b.WriteString(", a retry does not help")
		if f.Permission != "" {
			b.WriteString("; the call needs " + f.Permission)
		}
	}
	if f.Cause != nil {
		b.WriteString(": " + f.Cause.Error())
	}
	return b.String()
}

// Unwrap returns what the client library said.
func (f *Failure) Unwrap() error { return f.Cause }

// Fault wraps the failure into the fault that callers of a driver get.
func (f *Failure) Fault() error {
	if f.Retry {
		return fault.ErrUnavailable.Wrap(f, "the store that holds the files does not answer as it should; try again")
	}
	return ErrRefused.Wrap(f, "the store that holds the files refuses what the server asks of it; the server's log says what")
}

// CanRetry reports whether the call that ended with err can succeed later with
// nothing changed by hand.
func CanRetry(err error) bool {
	var f *Failure
	if errors.As(err, &f) {
		return f.Retry
	}
	return err != nil && fault.KindOf(err) == fault.Unavailable
}
