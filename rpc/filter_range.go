package rpc

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/internal/query"
)

// between reads [least, greatest], both inclusive, either null.
func between(name string, value any, t query.Type) (query.Filter, error) {
	items, ok := value.([]any)
	if !ok || len(items) != 2 || items[0] == nil && items[1] == nil {
		return nil, ErrField.Errorf("%s: expected [least, greatest], one of which may be null", name).With("field", name)
	}
	var all query.And
	for i, op := range []query.Op{query.GreaterEqual, query.LessEqual} {
		if items[i] == nil {
			continue
		}
		v, err := bound(name, items[i], t)
		if err != nil {
			return nil, err
		}
		all = append(all, query.Compare{Field: name, Op: op, Value: v})
	}
	if items[0] == nil {
		return query.Or{all, query.Empty{Field: name}}, nil
	}
	return all, nil
}

func bound(name string, value any, t query.Type) (any, error) {
	if t == query.Time {
		return moment(name, value)
	}
	s := strings.TrimSpace(text(value))
	if n, err := json.Number(s).Int64(); err == nil {
		return n, nil
	}
	f, err := json.Number(s).Float64()
	if err != nil {
		return nil, ErrField.Wrap(err, "%s: %.40q is no number", name, s).With("field", name)
	}
	return f, nil
}

// datetime reads one or several conditions on a time: ">=2026-01-31", or a
// pair [from, to].
func datetime(name string, value any) (query.Filter, error) {
	items, ok := value.([]any)
	if !ok {
		items = []any{value}
	}
	if len(items) == 2 && unprefixed(items[0]) && unprefixed(items[1]) {
		return between(name, value, query.Time)
	}
	by := make(map[query.Op]time.Time, len(items)) // of two with the same operator the later counts
	for _, item := range items {
		s, ok := item.(string)
		if !ok {
			return nil, ErrQuery.Errorf("%s: expected a date, got %s", name, kindOf(item)).With("field", name)
		}
		op := query.Equal
		for _, o := range []query.Op{query.GreaterEqual, query.LessEqual, query.Greater, query.Less} {
			if rest, ok := strings.CutPrefix(s, string(o)); ok {
				op, s = o, rest
				break
			}
		}
		at, err := moment(name, s)
		if err != nil {
			return nil, err
		}
		by[op] = at
	}
	var all query.And
	for _, op := range slices.Sorted(maps.Keys(by)) {
		all = append(all, query.Compare{Field: name, Op: op, Value: by[op]})
	}
	return all, nil
}

func unprefixed(v any) bool {
	s, ok := v.(string)
	return v == nil || ok && !strings.ContainsAny(s[:min(1, len(s))], "<>")
}

// moments are the forms of dates that the protocol's clients send; without an
// offset they mean UTC.
var moments = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02",
}

func moment(name string, value any) (time.Time, error) {
	s, _ := value.(string)
	for _, layout := range moments {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, ErrQuery.Errorf("%s: %.40q is no date; expected ISO 8601, such as 2026-01-31T10:00:00Z", name, text(value)).With("field", name)
}
