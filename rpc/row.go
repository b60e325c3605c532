package rpc

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/internal/fault"
)

// Body limits, by what a call may have to carry.
const (
	smallBody  = 1 << 20   // ids, names, filters
	eventsBody = 32 << 20  // batches: the Python SDK sends at most 15,728,640 bytes at once
	largeBody  = 256 << 20 // thousands of artifacts with previews of 64 KiB, sent whole each time
)

// row is one line of the table: an endpoint from a version on.
type row struct {
	name     string
	since    version
	access   door.Access
	limit    int64
	patience time.Duration
	serve    func(ctx context.Context, c Call, a args) (any, error)
}

// on binds a name, its first version and the access it needs to a typed
// function.
func on[Req, Resp any](name, since string, access door.Access, fn func(context.Context, Call, Req) (Resp, error)) *row {
	v, err := parseVersion(since)
	if err != nil {
		panic(err) // the table is ours
	}
	return &row{name: name, since: v, access: access, limit: smallBody, patience: patience, serve: func(ctx context.Context, c Call, a args) (any, error) {
		var req Req
		if err := bind(a, &req); err != nil {
			return nil, err
		}
		resp, err := fn(ctx, c, req)
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil {
			err = fault.ErrUnavailable.Wrap(err, "the server is too busy; this call waited %s", patience)
		}
		return resp, err
	}}
}

// upTo sets the body limit.
func (r *row) upTo(limit int64) *row {
	r.limit = limit
	return r
}

// unhurried takes the time limit off a row that does many things one after the
// other, each in a turn of its own: ending it midway would help nobody.
func (r *row) unhurried() *row {
	r.patience = 0
	return r
}

// batch is the request of endpoints that take JSON lines.
type batch []line

// bind fills a request from the arguments. A batch goes to endpoints that take
// one; those accept a single object as a batch of one.
func bind(a args, req any) error {
	if b, ok := req.(*batch); ok {
		*b = a.batch
		if a.batch == nil && len(a.object) > 0 {
			*b = batch{{only: a.object}}
		}
		return nil
	}
	if a.batch != nil {
		return ErrBody.Errorf("this endpoint takes one JSON object, not JSON lines")
	}
	return decode(a.object, req)
}

// index orders the rows of each name, the newest first.
func index(rows []*row) map[string][]*row {
	out := make(map[string][]*row)
	for _, r := range rows {
		out[r.name] = append(out[r.name], r)
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b *row) int {
			return cmp.Or(cmp.Compare(b.since.major, a.since.major), cmp.Compare(b.since.minor, a.since.minor))
		})
	}
	return out
}
