package bucket

import (
	"context"
	"errors"
	"net/http"

	"github.com/coffer-ml/coffer/blob"
)

// Showing is the call that makes an object visible. Its answer may be lost, so
// that the object carries a token of its upload, by which it is told from one
// that somebody else wrote.
type Showing struct {
	Call func() error
	// Taken reports whether the call found the name in use.
	Taken func(err error) bool
	// Ours reports whether the object is there, and of this upload.
	Ours func(ctx context.Context) bool
	// Drop deletes the object.
	Drop func(ctx context.Context) error
}

// Show makes the call, several times if need be, and finds out what became of
// it. blob.ErrExists if somebody else has the name.
func Show(ctx context.Context, s Showing) error {
	doubt := false
	err := Retry(ctx, func(int) error {
		err := s.Call()
		switch {
		case err == nil:
			return nil
		case s.Taken(err) && doubt && s.Ours(ctx):
			return nil // the attempt before did it
		case s.Taken(err):
			return blob.ErrExists.Wrap(err, "an object with this key exists")
		}
		doubt = doubt || Uncertain(err)
		return err
	})
	if !doubt {
		return err
	}
	return Settle(ctx, s, err)
}

// Settle finds out what became of a call that ended with err and may have done
// its work all the same.
func Settle(ctx context.Context, s Showing, err error) error {
	if err == nil {
		return nil
	}
	ended := ctx.Err() != nil
	after, cancel := Cleaning(ctx)
	defer cancel()
	if !s.Ours(after) {
		return err
	}
	if ended {
		return errors.Join(err, s.Drop(after)) // nobody waits for it
	}
	return nil
}

// Uncertain reports whether a call that failed may have done its work: no
// answer came, or none that says that it did not.
func Uncertain(err error) bool {
	s := Status(err)
	return s < http.StatusBadRequest || s >= http.StatusInternalServerError
}

// Status returns the HTTP status of a call that failed; 0 if no answer came.
func Status(err error) int {
	var f *blob.Failure
	if errors.As(err, &f) {
		return f.Status
	}
	return 0
}

// Passes reports whether an HTTP status tells of something that passes.
func Passes(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return status >= http.StatusInternalServerError
}
