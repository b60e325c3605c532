package rpc

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/internal/query"
)

// filters turns the keys of a list request into conditions, as far as the
// noun declares its fields. Keys that it does not declare are ignored, as the
// protocol has it; those that would be ignored although they mean something
// are refused.
func filters(keys map[string]any, fields query.Fields) (query.And, error) {
	var all query.And
	for _, refused := range []string{"search_text", "filters", "scroll_id"} {
		if keys[refused] != nil {
			return nil, ErrQuery.Errorf("%s: this key is not supported yet", refused).With("field", refused)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		value := keys[name]
		if value == nil {
			continue
		}
		var f query.Filter
		var err error
		switch name {
		case "_any_", "_or_", "_all_", "_and_":
			f, err = multi(name, value, fields)
		default:
			d, known := fields.Find(name)
			if !known {
				continue
			}
			f, err = fieldFilter(name, value, d)
		}
		if err != nil {
			return nil, err
		}
		if f != nil {
			all = append(all, f)
		}
	}
	return all, nil
}

func fieldFilter(name string, value any, d query.Field) (query.Filter, error) {
	switch {
	case d.Ask&query.Pattern != 0:
		return pattern(name, value, false)
	case d.Ask&query.Choice != 0:
		return choice(name, value, d.Type == query.List)
	case d.Ask&query.Datetime != 0:
		return datetime(name, value)
	case d.Ask&query.Range != 0:
		return between(name, value, d.Type)
	}
	return nil, nil
}

// pattern is a regular expression that is searched; an empty one is none.
func pattern(name string, value any, fold bool) (query.Filter, error) {
	s, ok := value.(string)
	if !ok {
		return nil, wrong(name, "a pattern", value)
	}
	if s == "" {
		return nil, nil
	}
	re, err := query.Compile(s, fold)
	if err != nil {
		return nil, err
	}
	return query.Match{Field: name, Pattern: re}, nil
}

// choice reads a list filter: values, "-value", the operators __$all, __$any,
// __$not and __$nop, and null for empty fields.
func choice(name string, value any, isList bool) (query.Filter, error) {
	items, ok := value.([]any)
	if !ok {
		items = []any{value}
	}
	p := choices{name: name, isList: isList}
	for _, item := range items {
		if err := p.add(item); err != nil {
			return nil, err
		}
	}
	return p.filter()
}

// choices is the state of reading a list filter.
type choices struct {
	name    string
	isList  bool
	all     bool // the current mode
	any     bool // a global OR joins the buckets
	ruled   bool // an operator was seen: "-" is a letter like others
	begun   bool // a value came: no operator is global any more
	negated bool // __$not waits for its value
	empty   bool // null was given

	anyOf, allOf, noneOf []string
}

func (p *choices) bad(format string, args ...any) error {
	return ErrQuery.Errorf(p.name+": "+format, args...).With("field", p.name)
}

func (p *choices) add(item any) error {
	if item == nil {
		p.empty, p.negated, p.begun = true, false, true
		return nil
	}
	s, ok := item.(string)
	if n, isNumber := item.(json.Number); isNumber && !p.isList {
		s, ok = n.String(), true // a query string types digits as a number
	}
	if !ok {
		return p.bad("a %s is no value of this list", kindOf(item))
	}
	if strings.HasPrefix(s, "__$") {
		return p.operator(s)
	}
	p.begun = true
	switch {
	case p.negated:
		p.negated = false
		p.noneOf = append(p.noneOf, s)
	case strings.HasPrefix(s, "-") && !p.ruled:
		if s == "-" {
			return p.bad("a lone minus excludes nothing")
		}
		p.noneOf = append(p.noneOf, s[1:])
	case p.all:
		p.allOf = append(p.allOf, s)
	default:
		p.anyOf = append(p.anyOf, s)
	}
	return nil
}

func (p *choices) operator(s string) error {
	if p.negated {
		return p.bad("__$not is followed by the operator %s; expected a value", s)
	}
	switch s {
	case "__$not":
		p.negated = true
		return nil
	case "__$all", "__$and":
		p.all = true
	case "__$any", "__$or":
		p.all = false
		if !p.begun && !p.ruled {
			p.any = true
		}
	case "__$nop":
		p.all, p.ruled, p.begun = false, false, true
		return nil
	default:
		return p.bad("the operator %s is unknown", s)
	}
	p.ruled = true
	return nil
}

func (p *choices) filter() (query.Filter, error) {
	if p.negated {
		return nil, p.bad("__$not is the last item; expected a value after it")
	}
	var buckets []query.Filter
	if len(p.anyOf) > 0 {
		buckets = append(buckets, query.In{Field: p.name, Values: p.anyOf})
	}
	if len(p.allOf) > 0 {
		buckets = append(buckets, p.hasAll())
	}
	if len(p.noneOf) > 0 {
		buckets = append(buckets, query.Not{Part: query.In{Field: p.name, Values: p.noneOf}})
	}
	var f query.Filter
	switch {
	case len(buckets) == 0 && !p.empty:
		return nil, nil
	case len(buckets) == 0:
		return query.Empty{Field: p.name}, nil
	case p.any:
		f = query.Or(buckets)
	default:
		f = query.And(buckets)
	}
	if p.empty {
		f = query.Or{f, query.Empty{Field: p.name}}
	}
	return f, nil
}

// hasAll of a single value that must be several at once is a contradiction
// that the store answers itself.
func (p *choices) hasAll() query.Filter {
	if p.isList {
		return query.HasAll{Field: p.name, Values: p.allOf}
	}
	var each query.And
	for _, v := range p.allOf {
		each = append(each, query.In{Field: p.name, Values: []string{v}})
	}
	return each
}

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
	var all query.And
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
		all = append(all, query.Compare{Field: name, Op: op, Value: at})
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

// multi reads {"fields": [...], "pattern": ...} or {..., "datetime": ...}: a
// case-insensitive pattern, or dates, over several fields.
func multi(key string, value any, fields query.Fields) (query.Filter, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil, ErrQuery.Errorf("%s: expected an object with fields and pattern or datetime", key).With("field", key)
	}
	var names []string
	list, ok := object["fields"].([]any)
	if !ok {
		return nil, ErrQuery.Errorf("%s: fields must be a list of names", key).With("field", key)
	}
	for _, v := range list {
		name, _ := v.(string)
		if _, known := fields.Find(name); !known {
			return nil, query.ErrField.Errorf("%s: there is no field %.40q to search", key, text(v)).With("field", name)
		}
		names = append(names, name)
	}
	_, byPattern := object["pattern"]
	_, byDate := object["datetime"]
	if byPattern == byDate || len(object) != 2 {
		return nil, ErrQuery.Errorf("%s: expected fields and exactly one of pattern and datetime", key).With("field", key)
	}
	var parts []query.Filter
	for _, name := range names {
		var f query.Filter
		var err error
		if byPattern {
			f, err = pattern(name, object["pattern"], true)
		} else if d, _ := fields.Find(name); d.Ask&query.Datetime != 0 {
			f, err = datetime(name, object["datetime"])
		}
		if err != nil {
			return nil, err
		}
		if f != nil {
			parts = append(parts, f)
		}
	}
	switch {
	case len(parts) == 0:
		return nil, nil
	case key == "_any_" || key == "_or_":
		return query.Or(parts), nil
	}
	return query.And(parts), nil
}
