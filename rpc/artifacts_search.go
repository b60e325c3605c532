package rpc

import (
	"context"
	"maps"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/project"
)

// searchPage is how many artifacts a page of a search has unless asked
// otherwise.
const searchPage = 50

// newestFirst is the order of a search for artifacts, as its places know it.
var newestFirst = []query.Order{{Field: "arrival", Desc: true}}

// searchArtifacts finds artifacts across tasks; docs/protocol/own.md tells
// what may be asked.
func (h *handlers) searchArtifacts(ctx context.Context, c Call) (any, error) {
	q, err := h.artifactQuery(ctx, c)
	if err != nil {
		return nil, err
	}
	found, err := h.Artifacts.Search(ctx, c.Who, q)
	if err != nil {
		return nil, err
	}
	var out api.ArtifactSearch
	if out.Artifacts, err = h.foundArtifacts(ctx, c, found); err != nil {
		return nil, err
	}
	if len(found) == q.Page.Limit {
		out.Next = q.Bookmark.Encode(newestFirst)
	}
	return out, nil
}

// foundArtifacts shows artifacts of several tasks, with the names of those and
// of their projects.
func (h *handlers) foundArtifacts(ctx context.Context, c Call, found []artifact.Found) ([]api.FoundArtifact, error) {
	projects := make([]project.ID, len(found))
	for i, f := range found {
		projects[i] = f.Project
	}
	named, err := h.Projects.Many(ctx, c.Who, projects)
	if err != nil {
		return nil, err
	}
	out := make([]api.FoundArtifact, len(found))
	for i, f := range found {
		out[i] = api.FoundArtifact{
			Artifact: c.artifact(f.Artifact, false), TaskName: f.TaskName, Project: string(f.Project), ProjectName: named[f.Project].Name,
		}
	}
	return out, nil
}

// artifactQuery reads the arguments of a search. One that it does not know is
// refused: a misspelt condition must not find everything.
func (h *handlers) artifactQuery(ctx context.Context, c Call) (artifact.Query, error) {
	q := artifact.Query{Request: query.Request{Page: query.Page{Limit: searchPage}, Bookmark: &query.Bookmark{}}}
	var all query.And
	args := c.Request.URL.Query()
	for _, key := range slices.Sorted(maps.Keys(args)) {
		f, err := h.artifactArgument(ctx, c, &q, key, args)
		if err != nil {
			return q, err
		}
		if f != nil {
			all = append(all, f)
		}
	}
	q.Filter = all
	return q, nil
}

func (h *handlers) artifactArgument(ctx context.Context, c Call, q *artifact.Query, key string, args url.Values) (f query.Filter, err error) {
	values := args[key]
	if name, ok := strings.CutPrefix(key, "metadata."); ok && name != "" {
		return query.In{Field: query.Join("metadata", name), Values: values}, nil
	}
	switch key {
	case "name":
		return nameFilter(values)
	case "type", "mode":
		return query.In{Field: key, Values: values}, nil
	case "state":
		return stateFilter(values)
	case "digest":
		return digestFilter(values)
	case "size":
		return sizeFilter(values)
	case "project":
		for _, id := range values {
			q.Projects = append(q.Projects, project.ID(id))
		}
		q.Projects, err = h.Projects.Descendants(ctx, c.Who, q.Projects)
		return nil, err
	case "versions":
		if q.Earlier = args.Get(key) == "all"; !q.Earlier && args.Get(key) != "newest" {
			return nil, ErrField.Errorf("versions: expected newest or all, got %.40q", args.Get(key)).With("field", key)
		}
	case "hidden":
		q.IncludeHidden, err = strconv.ParseBool(args.Get(key))
		if err != nil {
			return nil, ErrField.Errorf("hidden: expected true or false, got %.40q", args.Get(key)).With("field", key)
		}
	case "limit":
		n, err := c.number(key)
		if err != nil || n > maxPage {
			return nil, ErrField.Errorf("limit: expected a whole number from 1 to %d, got %.40q", maxPage, args.Get(key)).With("field", key)
		}
		if n > 0 {
			q.Page.Limit = n
		}
	case "after":
		b, err := query.ParseBookmark(args.Get(key), newestFirst)
		q.Bookmark = &b
		return nil, err
	default:
		return nil, ErrField.Errorf("%.60s: there is no such argument; expected name, type, mode, state, digest, size, metadata.KEY, project, versions, hidden, limit or after", key).
			With("field", key)
	}
	return nil, nil
}

// nameFilter reads names: a text that they hold whatever the case, ^text that
// they begin with, ^text$ that is the whole name to the letter.
func nameFilter(values []string) (query.Filter, error) {
	var any query.Or
	for _, v := range values {
		rest, begins := strings.CutPrefix(v, "^")
		whole := false
		if begins {
			rest, whole = strings.CutSuffix(rest, "$")
		}
		pattern := regexp.QuoteMeta(rest)
		if begins {
			pattern = "^" + pattern
		}
		if whole {
			pattern += "$"
		}
		re, err := query.Compile(pattern, !whole)
		if err != nil {
			return nil, err
		}
		any = append(any, query.Match{Field: "name", Pattern: re})
	}
	if len(any) == 1 {
		return any[0], nil
	}
	return any, nil
}

func stateFilter(values []string) (query.Filter, error) {
	known := []string{string(artifact.Stored), string(artifact.Pending), string(artifact.Mismatched), string(artifact.External), string(artifact.Missing)}
	for _, v := range values {
		if !slices.Contains(known, v) {
			return nil, ErrField.Errorf("state: expected one of %s, got %.40q", strings.Join(known, ", "), v).With("field", "state")
		}
	}
	return query.In{Field: "state", Values: values}, nil
}

func digestFilter(values []string) (query.Filter, error) {
	digests := make([]string, len(values))
	for i, v := range values {
		d, err := blob.ParseDigest(v)
		if err != nil {
			return nil, ErrField.Wrap(err, "digest: expected a SHA-256 of 64 hex digits, got %.80q", v).With("field", "digest")
		}
		digests[i] = string(d)
	}
	return query.In{Field: "digest", Values: digests}, nil
}

// sizeFilter reads sizes in bytes: one, or a range with a dash of which either
// end may be open.
func sizeFilter(values []string) (query.Filter, error) {
	var any query.Or
	for _, v := range values {
		least, most, ranged := strings.Cut(v, "-")
		if !ranged {
			most = least
		}
		from, ok1 := bytesOf(least, 0)
		to, ok2 := bytesOf(most, math.MaxInt64)
		if !ok1 || !ok2 || least == "" && most == "" {
			return nil, ErrField.Errorf("size: expected bytes, as in 1000, 1000-2000, 1000- or -2000, got %.40q", v).With("field", "size")
		}
		any = append(any, query.And{
			query.Compare{Field: "size", Op: query.GreaterEqual, Value: from}, query.Compare{Field: "size", Op: query.LessEqual, Value: to},
		})
	}
	if len(any) == 1 {
		return any[0], nil
	}
	return any, nil
}

func bytesOf(text string, open int64) (int64, bool) {
	if text == "" {
		return open, true
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= 0
}
