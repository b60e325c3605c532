package rpc

import (
	"maps"
	"slices"

	"github.com/coffer-ml/coffer/internal/query"
)

// filters turns the keys of a list request into conditions, as far as the
// noun declares its fields. Keys that it does not declare are ignored, as the
// protocol has it.
func filters(keys map[string]any, fields query.Fields) (query.And, error) {
	blocks, err := blockFilters(keys, fields)
	if err != nil {
		return nil, err
	}
	all := blocks.conditions
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		f, err := keyFilter(name, keys[name], fields, blocks)
		if err != nil {
			return nil, err
		}
		if f != nil {
			all = append(all, f)
		}
	}
	return all, nil
}

// keyFilter is the condition of one key; nil if it says none.
func keyFilter(key string, value any, fields query.Fields, over blocks) (query.Filter, error) {
	switch key {
	case "_any_", "_or_", "_all_", "_and_":
		return multi(key, value, fields)
	}
	if value == nil {
		return nil, nil
	}
	name, d, known, err := declared(key, fields)
	if err != nil || !known || over.fields[name] {
		return nil, err
	}
	switch {
	case d.Ask&query.Pattern != 0:
		return pattern(name, value, false)
	case d.Ask&query.Choice != 0:
		return choice(name, value, d.Type == query.List)
	case d.Ask&query.Datetime != 0:
		return datetime(name, value)
	case d.Ask&query.Range != 0:
		return between(name, value, d.Type)
	case d.Ask&query.Equality != 0:
		return query.Same{Field: name, Value: value}, nil
	}
	return nil, nil
}

// declared finds the field that a key of a request names.
func declared(key string, fields query.Fields) (name string, d query.Field, known bool, err error) {
	if name, err = fieldPath(key); err != nil {
		return "", d, false, err
	}
	d, known = fields.Find(name)
	return name, d, known, nil
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

// multi reads {"fields": [...], "pattern": ...} or {..., "datetime": ...}: a
// case-insensitive pattern, or dates, over several fields.
func multi(key string, value any, fields query.Fields) (query.Filter, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil, ErrQuery.Errorf("%s: expected an object with fields and pattern or datetime", key).With("field", key)
	}
	list, ok := object["fields"].([]any)
	if !ok {
		return nil, ErrQuery.Errorf("%s: fields must be a list of names", key).With("field", key)
	}
	_, byPattern := object["pattern"]
	_, byDate := object["datetime"]
	if byPattern == byDate || len(object) != 2 {
		return nil, ErrQuery.Errorf("%s: expected fields and exactly one of pattern and datetime", key).With("field", key)
	}
	if byDate && !dated(fields) {
		return nil, ErrQuery.Errorf("%s: there is no field here that takes datetime", key).With("field", key)
	}
	var parts []query.Filter
	for _, v := range list {
		s, _ := v.(string)
		name, d, known, err := declared(s, fields)
		if err != nil {
			return nil, err
		}
		if !known {
			return nil, query.ErrField.Errorf("%s: there is no field %.60q to search", key, text(v)).With("field", s)
		}
		var f query.Filter
		switch {
		case byPattern:
			f, err = pattern(name, object["pattern"], true)
		case d.Ask&query.Datetime != 0:
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

// dated reports whether any of the fields takes conditions on dates.
func dated(fields query.Fields) bool {
	for _, d := range fields {
		if d.Ask&query.Datetime != 0 {
			return true
		}
	}
	return false
}
