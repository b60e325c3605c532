package gcs

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/internal/fault"
)

// fail turns an error of the library into a fault. Name may be empty.
func (c *client) fail(ctx context.Context, op, name, permission string, err error) error {
	if err == nil {
		c.seen.Store(c.now().UnixNano())
		return nil
	}
	if cerr := ctx.Err(); cerr != nil {
		return fmt.Errorf("gcs: %s %s/%s: %w", op, c.bucket, name, cerr)
	}
	f := &blob.Failure{Store: "gcs", Op: op, Bucket: c.bucket, Name: name, Permission: permission, Cause: err}
	var answer *googleapi.Error
	var token *auth.Error
	var untrusted *tls.CertificateVerificationError
	var refused *fault.Error
	missing := errors.Is(err, storage.ErrObjectNotExist)
	switch {
	case errors.As(err, &answer):
		f.Status, f.Retry = answer.Code, passes(answer.Code)
		if len(answer.Errors) > 0 {
			f.Code = answer.Errors[0].Reason
		}
		if f.Code == "" {
			f.Code = http.StatusText(f.Status)
		}
	case errors.As(err, &token) && token.Response != nil:
		f.Code, f.Status, f.Retry = "token", token.Response.StatusCode, passes(token.Response.StatusCode)
	case missing:
		f.Status = http.StatusNotFound
	case errors.As(err, &untrusted), errors.As(err, &refused):
	default:
		f.Retry = true // no answer, or half of one
	}
	if (missing || f.Status == http.StatusNotFound) && (op == "get" || op == "stat" || op == "delete") {
		return blob.ErrNotFound.Wrap(f, "there is no such object")
	}
	return f.Fault()
}

// passes reports whether an HTTP status tells of something that passes. With
// 401 the token is refreshed.
func passes(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusUnauthorized:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return status >= http.StatusInternalServerError
}

// status returns the HTTP status of a call that failed; 0 if no answer came.
func status(err error) int {
	var f *blob.Failure
	if errors.As(err, &f) {
		return f.Status
	}
	return 0
}

// uncertain reports whether a call that failed may have done its work.
func uncertain(err error) bool {
	s := status(err)
	return s < http.StatusBadRequest || s >= http.StatusInternalServerError
}
