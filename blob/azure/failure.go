package azure

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/bucket"
	"github.com/coffer-ml/coffer/internal/fault"
)

// passing are codes of failures that pass by themselves, beyond the HTTP
// statuses that say so: bytes were altered on the way.
var passing = []bloberror.Code{bloberror.MD5Mismatch, bloberror.CRC64Mismatch, bloberror.OperationTimedOut, bloberror.ServerBusy, bloberror.InternalError}

// Permissions, by the names of Azure's actions.
const (
	mayRead   = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
	mayWrite  = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write"
	mayDelete = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete"
	maySign   = "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"
)

// fail turns an error of the library into a fault. Name may be empty.
func (c *client) fail(ctx context.Context, op, name, permission string, err error) error {
	if err == nil {
		return nil
	}
	if cerr := ctx.Err(); cerr != nil {
		return fmt.Errorf("azure: %s %s/%s: %w", op, c.place(), name, cerr)
	}
	f := &blob.Failure{Store: "azure", Op: op, Bucket: c.place(), Name: name, Permission: permission, Cause: err}
	var answer *azcore.ResponseError
	var login *azidentity.AuthenticationFailedError
	var untrusted *tls.CertificateVerificationError
	var refused *fault.Error
	switch {
	case errors.As(err, &answer):
		f.Code, f.Status = answer.ErrorCode, answer.StatusCode
		f.Retry = slices.Contains(passing, bloberror.Code(f.Code)) || bucket.Passes(f.Status) || f.Status == http.StatusUnauthorized // the token is refreshed
	case errors.As(err, &login):
		f.Code = "login"
	case errors.As(err, &untrusted), errors.As(err, &refused):
	default:
		f.Retry = true // no answer, or half of one
	}
	if f.Code == string(bloberror.BlobNotFound) {
		return blob.ErrNotFound.Wrap(f, "there is no such object")
	}
	return f.Fault()
}

// taken reports whether a write found the name in use.
func taken(err error) bool {
	s := bucket.Status(err)
	return s == http.StatusPreconditionFailed || s == http.StatusConflict && bloberror.HasCode(err, bloberror.BlobAlreadyExists)
}
