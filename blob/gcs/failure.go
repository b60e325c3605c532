package gcs

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/bucket"
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
		f.Code, f.Status, f.Retry = reason(answer), answer.Code, retries(answer.Code)
	case errors.As(err, &token) && token.Response != nil:
		f.Code, f.Status, f.Retry = "token", token.Response.StatusCode, retries(token.Response.StatusCode)
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

// retries reports whether an HTTP status tells of something that passes. With
// 401 the token is refreshed.
func retries(status int) bool { return bucket.Passes(status) || status == http.StatusUnauthorized }

// reason returns Google's own word for what went wrong. Of an answer in the
// place of an object's content the library keeps no more than the text.
func reason(answer *googleapi.Error) string {
	if len(answer.Errors) > 0 && answer.Errors[0].Reason != "" {
		return answer.Errors[0].Reason
	}
	var told struct {
		Error struct {
			Errors []googleapi.ErrorItem `json:"errors"`
		} `json:"error"`
	}
	if json.Unmarshal([]byte(answer.Body), &told) == nil && len(told.Error.Errors) > 0 {
		return told.Error.Errors[0].Reason
	}
	return http.StatusText(answer.Code)
}
