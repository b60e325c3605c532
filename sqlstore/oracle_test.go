package sqlstore_test

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/task"
)

// cell is what a task holds in a field: texts, a number or a time. It is the
// plain reading of package query that the SQL is held against.
type cell struct {
	texts   []string
	number  *float64
	time    *time.Time
	missing bool
	natural bool // texts are sorted as people do
}

// natural is what texts that are no numbers are sorted by, as far as an index
// looks.
func natural(s string) string {
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return ""
	}
	return start(query.Natural(s))
}

// start is as much of a text as an index holds.
func start(s string) string {
	r := []rune(s)
	return string(r[:min(len(r), 128)])
}

func textCell(s string) cell { return cell{texts: []string{s}} }

func refCell[T ~string](s T) cell {
	if s == "" {
		return cell{missing: true}
	}
	return textCell(string(s))
}

func timeCell(t time.Time) cell { return cell{time: &t, missing: t.IsZero()} }

func cellOf(t task.Task, iteration int64, field string) cell {
	if path, ok := strings.CutPrefix(field, "hyperparams."); ok {
		parts := strings.Split(path, ".")
		p, ok := t.Hyperparams[parts[0]][parts[1]]
		if !ok {
			return cell{missing: true}
		}
		c := textCell(p.Value)
		c.natural = true
		if n, err := strconv.ParseFloat(p.Value, 64); err == nil {
			c.number = &n
		}
		return c
	}
	switch field {
	case "id":
		return textCell(string(t.ID))
	case "name":
		return textCell(t.Name)
	case "comment":
		return textCell(t.Comment)
	case "type":
		return textCell(string(t.Type))
	case "status":
		return textCell(string(t.Status))
	case "script.branch":
		return textCell(t.Script.Branch)
	case "user":
		return refCell(t.User)
	case "parent":
		return refCell(t.Parent)
	case "execution.queue":
		return refCell(t.Execution.Queue)
	case "tags":
		return cell{texts: t.Tags, missing: len(t.Tags) == 0}
	case "system_tags":
		return cell{texts: t.SystemTags, missing: len(t.SystemTags) == 0}
	case "started":
		return timeCell(t.Started)
	case "last_update":
		return timeCell(t.LastUpdate)
	case "active_duration":
		if t.ActiveDuration == nil {
			return cell{missing: true}
		}
		n := float64(*t.ActiveDuration)
		return cell{number: &n}
	case "last_iteration":
		n := float64(iteration)
		return cell{number: &n}
	}
	panic("no field " + field)
}

// holds evaluates a filter.
func holds(f query.Filter, of func(field string) cell) bool {
	switch f := f.(type) {
	case nil:
		return true
	case query.And:
		return !slices.ContainsFunc(f, func(p query.Filter) bool { return !holds(p, of) })
	case query.Or:
		return slices.ContainsFunc(f, func(p query.Filter) bool { return holds(p, of) })
	case query.Not:
		return !holds(f.Part, of)
	case query.Empty:
		return of(f.Field).missing
	case query.In:
		return slices.ContainsFunc(of(f.Field).texts, func(t string) bool { return slices.Contains(f.Values, t) })
	case query.HasAll:
		texts := of(f.Field).texts
		return !slices.ContainsFunc(f.Values, func(v string) bool { return !slices.Contains(texts, v) })
	case query.Match:
		return slices.ContainsFunc(of(f.Field).texts, f.Pattern.MatchString)
	case query.Compare:
		return compares(of(f.Field), f)
	}
	panic("no such filter")
}

func compares(c cell, f query.Compare) bool {
	if c.missing {
		return false
	}
	switch v := f.Value.(type) {
	case string:
		return slices.ContainsFunc(c.texts, func(t string) bool { return meets(cmp.Compare(t, v), f.Op) })
	case int64:
		return c.number != nil && meets(cmp.Compare(*c.number, float64(v)), f.Op)
	case float64:
		return c.number != nil && meets(cmp.Compare(*c.number, v), f.Op)
	case time.Time:
		return meets(c.time.Compare(v), f.Op)
	}
	panic("no such value")
}

func meets(sign int, op query.Op) bool {
	switch op {
	case query.Equal:
		return sign == 0
	case query.Less:
		return sign < 0
	case query.LessEqual:
		return sign <= 0
	case query.Greater:
		return sign > 0
	}
	return sign >= 0
}

// before orders two cells: missing ones and empty texts last both ways.
func before(a, b cell, desc bool) int {
	gone := func(c cell) bool { return c.missing || c.time == nil && c.number == nil && blank(c.texts) }
	if ga, gb := gone(a), gone(b); ga || gb {
		return compareBool(ga, gb)
	}
	sign := 0
	switch {
	case a.time != nil:
		sign = a.time.Compare(*b.time)
	case len(a.texts) == 0: // a plain number
		sign = cmp.Compare(*a.number, *b.number)
	default:
		sign = compareBool(a.number == nil, b.number == nil) // numbers before other texts
		if sign == 0 && a.number != nil {
			sign = cmp.Compare(*a.number, *b.number)
		}
		if sign == 0 && a.natural {
			sign = cmp.Compare(natural(a.texts[0]), natural(b.texts[0]))
		}
		if sign == 0 && a.natural {
			sign = cmp.Compare(start(a.texts[0]), start(b.texts[0]))
		} else if sign == 0 {
			sign = cmp.Compare(end(a.texts, desc), end(b.texts, desc))
		}
	}
	if desc {
		return -sign
	}
	return sign
}

// blank reports whether the text that counts is empty.
func blank(texts []string) bool { return len(texts) == 0 || len(texts) == 1 && texts[0] == "" }

// end is the text of a list that counts in an order.
func end(texts []string, desc bool) string {
	if desc {
		return slices.Max(texts)
	}
	return slices.Min(texts)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
