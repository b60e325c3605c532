package s3

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/minio/minio-go/v7"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/bucket"
	"github.com/coffer-ml/coffer/internal/fault"
)

// passing are codes of failures that pass by themselves, beyond the HTTP
// statuses that say so.
var passing = []string{
	"SlowDown", "SlowDownRead", "SlowDownWrite", "Throttling", "ThrottlingException", "RequestLimitExceeded", "RequestThrottled", "TooManyRequests",
	"InternalError", "ServiceUnavailable", "RequestTimeout", "OperationAborted", "ConditionalRequestConflict",
	// Bytes were altered or lost on the way, or the store holds other parts than
	// it acknowledged: sent anew they may arrive.
	"BadDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch", "IncompleteBody", "InvalidPart",
}

// expired are codes of keys that may be fresh at the next attempt.
var expired = []string{"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}

// full are codes of stores without room.
var full = []string{"XMinioStorageFull", "QuotaExceeded", "InsufficientCapacity"}

// fail turns an error of the library into a fault. Name may be empty.
func (c *client) fail(ctx context.Context, op, name, permission string, err error) error {
	if err == nil {
		c.seen.Store(c.now().UnixNano())
		return nil
	}
	if cerr := ctx.Err(); cerr != nil {
		return fmt.Errorf("s3: %s %s/%s: %w", op, c.bucket, name, cerr)
	}
	f := &blob.Failure{Store: "s3", Op: op, Bucket: c.bucket, Name: name, Permission: permission, Cause: err}
	var answer minio.ErrorResponse
	var untrusted *tls.CertificateVerificationError
	var refused *fault.Error
	switch {
	case errors.As(err, &answer):
		f.Code, f.Status = answer.Code, answer.StatusCode
		f.Retry = slices.Contains(passing, f.Code) || bucket.Passes(f.Status)
		if slices.Contains(expired, f.Code) {
			c.keys.Expire()
			f.Retry = true
		}
	case errors.As(err, &untrusted), errors.As(err, &refused):
	default:
		f.Retry = true // no answer, or half of one
	}
	switch {
	case slices.Contains(full, f.Code) || f.Status == http.StatusInsufficientStorage:
		return blob.ErrStoreFull.Wrap(f, "the store is full: the bucket takes no more")
	case f.Code == minio.NoSuchKey:
		return blob.ErrNotFound.Wrap(f, "there is no such object")
	}
	return f.Fault()
}

// code returns the store's own word for what went wrong.
func code(err error) string {
	var f *blob.Failure
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}
