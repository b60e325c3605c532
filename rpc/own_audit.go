package rpc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"time"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/user"
)

// Pages of the audit, in entries: a screen unless more is asked for.
const (
	auditPage    = 100
	maxAuditPage = 1000
)

// auditArguments are what the audit may be asked.
var auditArguments = []string{"user", "as", "action", "kind", "object", "since", "until", "limit", "after"}

func (h *handlers) ownAudit(ctx context.Context, c Call) (any, error) {
	q, err := c.auditQuery(c.Request.URL.Query())
	if err != nil {
		return nil, err
	}
	limit := q.Limit
	q.Limit++ // one more tells whether there are more
	entries, names, err := h.Users.Audit(ctx, c.Who, q)
	if err != nil {
		return nil, err
	}
	var out api.AuditPage
	if len(entries) > limit {
		entries = entries[:limit]
		last := entries[limit-1]
		text, _ := json.Marshal([]int64{last.At.UnixMilli(), last.ID}) // numbers only
		out.Next = base64.RawURLEncoding.EncodeToString(text)
	}
	out.Entries = make([]api.AuditEntry, len(entries))
	for i, e := range entries {
		out.Entries[i] = api.AuditEntry{
			At: stamp(e.At), User: string(e.User), UserName: names[e.User], As: string(e.As), AsName: names[e.As], AccessKey: e.Key,
			Action: e.Action, Kind: string(e.Kind), Object: e.Object, Part: e.Part, Address: e.Address, Worker: e.Worker, Request: e.Request,
		}
	}
	return out, nil
}

func (c Call) auditQuery(given url.Values) (q user.AuditQuery, err error) {
	for name := range given {
		if !slices.Contains(auditArguments, name) {
			return q, ErrField.Errorf("%.60q: there is no such argument", name).With("field", name)
		}
	}
	q = user.AuditQuery{
		User: user.ID(given.Get("user")), As: user.ID(given.Get("as")), Action: given.Get("action"),
		Kind: user.Kind(given.Get("kind")), Object: given.Get("object"),
	}
	for name, to := range map[string]*time.Time{"since": &q.Since, "until": &q.Until} {
		text := given.Get(name)
		if text == "" {
			continue
		}
		if *to, err = time.Parse(time.RFC3339, text); err != nil {
			return q, ErrField.Errorf("%s: expected a time such as 2026-11-01T12:00:00Z, got %.40q", name, text).With("field", name)
		}
	}
	if q.Limit, err = c.number("limit"); err != nil {
		return q, err
	}
	if q.Limit == 0 {
		q.Limit = auditPage
	}
	q.Limit = min(q.Limit, maxAuditPage)
	if after := given.Get("after"); after != "" {
		var parts []int64
		text, err := base64.RawURLEncoding.DecodeString(after)
		if err == nil {
			err = json.Unmarshal(text, &parts)
		}
		if err != nil || len(parts) != 2 {
			return q, ErrField.Wrap(err, "after: expected what a page gave as next, got %.40q", after).With("field", "after")
		}
		q.After = &user.AuditPlace{At: time.UnixMilli(parts[0]), ID: parts[1]}
	}
	return q, nil
}
