// Package fault is how Coffer says that something went wrong.
//
// A fault has a Kind out of a closed set, a Reason that a noun declares once
// (a stable name such as "task.not_found"), a message for the caller and an
// optional private cause for the log. What is not a fault counts as Internal:
// it is logged under the request id and shown as a generic text.
//
// Reasons are sentinels: errors.Is(err, task.ErrNotFound) holds for every
// fault made from that reason, however often it was wrapped.
//
// The package knows nothing of HTTP or of the protocol's numbers; the table
// that maps reasons to them is rpc/errors.go.
package fault
