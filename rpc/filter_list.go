package rpc

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/coffer-ml/coffer/internal/query"
)

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

// blocks are the conditions of the key "filters".
type blocks struct {
	conditions query.And
	fields     map[string]bool // which it names: their own keys do not count then
}

// blockFilters reads {"filters": {field: {"any": {"include", "exclude"},
// "all": {...}, "op": "and" | "or"}}}.
func blockFilters(keys map[string]any, fields query.Fields) (blocks, error) {
	b := blocks{fields: make(map[string]bool)}
	value, given := keys["filters"]
	if !given {
		return b, nil
	}
	object, ok := value.(map[string]any)
	if !ok {
		return b, ErrQuery.Errorf("filters: expected an object of fields, got %s", kindOf(value)).With("field", "filters")
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		entry := object[key]
		name, d, known, err := declared(key, fields)
		if err != nil {
			return b, err
		}
		if !known || d.Ask&query.Choice == 0 {
			continue
		}
		b.fields[name] = true
		f, err := block(name, entry, d.Type == query.List)
		if err != nil {
			return b, err
		}
		if f != nil {
			b.conditions = append(b.conditions, f)
		}
	}
	return b, nil
}

func block(name string, value any, isList bool) (query.Filter, error) {
	path := "filters." + name
	entry, ok := value.(map[string]any)
	if !ok {
		return nil, wrong(path, "an object with any, all and op", value)
	}
	var parts []query.Filter
	or := false
	for _, key := range slices.Sorted(maps.Keys(entry)) {
		v := entry[key]
		switch key {
		case "any", "all":
			f, err := blockPart(path+"."+key, name, v, key == "all", isList)
			if err != nil {
				return nil, err
			}
			if f != nil {
				parts = append(parts, f)
			}
		case "op":
			if or = v == "or"; !or && v != "and" && v != nil {
				return nil, ErrField.Errorf("%s.op: expected and or or, got %.40q", path, text(v)).With("field", path)
			}
		default:
			return nil, ErrField.Errorf("%s: there is no part %.40q; expected any, all and op", path, key).With("field", path)
		}
	}
	switch {
	case len(parts) == 0:
		return nil, nil
	case or:
		return query.Or(parts), nil
	}
	return query.And(parts), nil
}

// blockPart reads one part of a block. In "any" one condition is enough: to
// have one of the included values, or to lack one of the excluded. In "all"
// every value counts.
func blockPart(path, name string, value any, all, isList bool) (query.Filter, error) {
	if value == nil {
		return nil, nil
	}
	part, ok := value.(map[string]any)
	if !ok {
		return nil, wrong(path, "an object with include and exclude", value)
	}
	for key := range part {
		if key != "include" && key != "exclude" {
			return nil, ErrField.Errorf("%s: there is no part %.40q; expected include and exclude", path, key).With("field", path)
		}
	}
	include, hasEmpty, err := blockValues(path+".include", part["include"])
	if err != nil {
		return nil, err
	}
	exclude, notEmpty, err := blockValues(path+".exclude", part["exclude"])
	if err != nil {
		return nil, err
	}
	one := func(values []string) query.Filter { return query.In{Field: name, Values: values} }
	each := func(values []string) query.Filter { return query.HasAll{Field: name, Values: values} }
	var conditions []query.Filter
	add := func(given bool, f query.Filter) {
		if given {
			conditions = append(conditions, f)
		}
	}
	// A single value is never an empty list.
	var empty query.Filter = query.Empty{Field: name}
	if !isList {
		empty = query.Or{}
	}
	has, lacks := one, each
	if all {
		has, lacks = each, one
	}
	add(len(include) > 0, has(include))
	add(hasEmpty, empty)
	add(len(exclude) > 0, query.Not{Part: lacks(exclude)})
	add(notEmpty, query.Not{Part: empty})
	switch {
	case len(conditions) == 0:
		return nil, nil
	case all:
		return query.And(conditions), nil
	}
	return query.Or(conditions), nil
}

// blockValues reads a list of values; null among them means an empty list.
func blockValues(path string, value any) (values []string, empty bool, err error) {
	if value == nil {
		return nil, false, nil
	}
	items, ok := value.([]any)
	if !ok {
		return nil, false, wrong(path, "a list", value)
	}
	for _, item := range items {
		switch v := item.(type) {
		case nil:
			empty = true
		case string:
			values = append(values, v)
		default:
			return nil, false, wrong(path, "strings and null", item)
		}
	}
	return values, empty, nil
}
