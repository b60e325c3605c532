package rpc_test

import (
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The oracle answers list requests over plain documents by the rules of the
// protocol, read literally and without any of the server's code.

type document = map[string]any

// at is what stands at a path of a document: nil if nothing does. Through a
// list it gathers.
func at(v any, path ...string) any {
	if len(path) == 0 {
		return v
	}
	switch v := v.(type) {
	case document:
		return at(v[path[0]], path[1:]...)
	case []any:
		var out []any
		for _, item := range v {
			if x := at(item, path...); x != nil {
				out = append(out, x)
			}
		}
		return out
	}
	return nil
}

func values(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

func has(v any, want string) bool { return slices.Contains(values(v), any(want)) }

func hasAny(v any, want []string) bool {
	return slices.ContainsFunc(want, func(w string) bool { return has(v, w) })
}

func hasAll(v any, want []string) bool {
	return !slices.ContainsFunc(want, func(w string) bool { return !has(v, w) })
}

func none(v any) bool {
	list, isList := v.([]any)
	return v == nil || isList && len(list) == 0
}

// listFilter is a list field, item by item. ok is false if the protocol
// refuses it.
func listFilter(items []any) (test func(v any) bool, ok bool) {
	mode, global := "any", ""
	var anyOf, allOf, noneOf []string
	seen, operators, null, not := false, false, false, false
	for _, item := range items {
		s, isText := item.(string)
		switch {
		case item == nil:
			null, not, seen = true, false, true
		case !isText:
			return nil, false
		case strings.HasPrefix(s, "__$"):
			if not {
				return nil, false
			}
			switch s {
			case "__$not":
				not = true
			case "__$all", "__$and", "__$any", "__$or":
				mode = map[string]string{"__$all": "all", "__$and": "all", "__$any": "any", "__$or": "any"}[s]
				if global == "" && !seen && !operators {
					global = mode
				}
				operators = true
			case "__$nop":
				mode, operators, seen = "any", false, true
			default:
				return nil, false
			}
		case not:
			noneOf, not, seen = append(noneOf, s), false, true
		case strings.HasPrefix(s, "-") && !operators:
			if s == "-" {
				return nil, false
			}
			noneOf, seen = append(noneOf, s[1:]), true
		case mode == "all":
			allOf, seen = append(allOf, s), true
		default:
			anyOf, seen = append(anyOf, s), true
		}
	}
	if not {
		return nil, false
	}
	return func(v any) bool {
		var buckets []bool
		if anyOf != nil {
			buckets = append(buckets, hasAny(v, anyOf))
		}
		if allOf != nil {
			buckets = append(buckets, hasAll(v, allOf))
		}
		if noneOf != nil {
			buckets = append(buckets, !hasAny(v, noneOf))
		}
		if len(buckets) == 0 {
			return !null || none(v)
		}
		holds := !slices.Contains(buckets, false)
		if global == "any" {
			holds = slices.Contains(buckets, true)
		}
		return holds || null && none(v)
	}, true
}

// blockPart is one half of an entry of "filters".
type blockPart struct {
	include, exclude         []string
	includeNull, excludeNull bool
}

func (p blockPart) conditions(v any, all, isList bool) (out []bool) {
	list, _ := v.([]any)
	empty := isList && len(list) == 0
	if len(p.include) > 0 {
		out = append(out, all && hasAll(v, p.include) || !all && hasAny(v, p.include))
	}
	if p.includeNull {
		out = append(out, empty)
	}
	if len(p.exclude) > 0 {
		out = append(out, all && !hasAny(v, p.exclude) || !all && !hasAll(v, p.exclude))
	}
	if p.excludeNull {
		out = append(out, !empty)
	}
	return out
}

func blockFilter(v any, anyPart, allPart *blockPart, or, isList bool) bool {
	var parts []bool
	if anyPart != nil {
		if c := anyPart.conditions(v, false, isList); len(c) > 0 {
			parts = append(parts, slices.Contains(c, true))
		}
	}
	if allPart != nil {
		if c := allPart.conditions(v, true, isList); len(c) > 0 {
			parts = append(parts, !slices.Contains(c, false))
		}
	}
	if len(parts) == 0 {
		return true
	}
	if or {
		return slices.Contains(parts, true)
	}
	return !slices.Contains(parts, false)
}

func matches(v any, re *regexp.Regexp) bool {
	return slices.ContainsFunc(values(v), func(x any) bool {
		s, ok := x.(string)
		return ok && re.MatchString(s)
	})
}

func moment(v any) (time.Time, bool) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	return t, err == nil
}

// inRange compares times or numbers; without a least bound what is missing is
// in range, too.
func inRange(v any, least, most any) bool {
	if v == nil {
		return least == nil
	}
	sign := func(bound any) int {
		if t, ok := bound.(time.Time); ok {
			at, _ := moment(v)
			return at.Compare(t)
		}
		return cmp.Compare(v.(float64), bound.(float64))
	}
	return (least == nil || sign(least) >= 0) && (most == nil || sign(most) <= 0)
}

func onTime(v any, op string, t time.Time) bool {
	at, ok := moment(v)
	if !ok {
		return false
	}
	switch sign := at.Compare(t); op {
	case ">=":
		return sign >= 0
	case ">":
		return sign > 0
	case "<=":
		return sign <= 0
	case "<":
		return sign < 0
	default:
		return sign == 0
	}
}

// stems are the words of the test data that English endings vary, and the
// words that are too common to count.
var stems = map[string]string{
	"training": "train", "trained": "train", "trains": "train", "models": "model", "the": "", "of": "", "a": "", "and": "",
}

func wordsOf(text string) map[string]bool {
	out := make(map[string]bool)
	for _, w := range regexp.MustCompile(`[\p{L}\p{M}\p{Nd}]+`).FindAllString(strings.ToLower(text), -1) {
		if stem, known := stems[w]; known {
			w = stem
		}
		if w != "" {
			out[w] = true
		}
	}
	return out
}

// search is a word search as it was made, before it was written as a text.
type search struct {
	words, phrases, not, notPhrases []string
}

func (s search) text() string {
	parts := slices.Clone(s.words)
	for _, p := range s.phrases {
		parts = append(parts, `"`+p+`"`)
	}
	for _, w := range s.not {
		parts = append(parts, "-"+w)
	}
	for _, p := range s.notPhrases {
		parts = append(parts, `-"`+p+`"`)
	}
	return strings.Join(parts, " ")
}

// score is what a document weighs; 0 if it is not found.
func (s search) score(d document) (total int, found bool) {
	texts := []struct {
		text   any
		weight int
	}{{d["name"], 10}, {d["comment"], 10}, {at(d, "script", "repository"), 1}, {at(d, "script", "entry_point"), 1}}
	asked := make(map[string]bool)
	for _, w := range append(slices.Clone(s.words), s.phrases...) {
		for stem := range wordsOf(w) {
			asked[stem] = true
		}
	}
	forbidden := make(map[string]bool)
	for _, w := range s.not {
		for stem := range wordsOf(w) {
			forbidden[stem] = true
		}
	}
	for _, t := range texts {
		for w := range wordsOf(fmt.Sprint(t.text)) {
			if asked[w] {
				total += t.weight
			}
			if forbidden[w] {
				return 0, false
			}
		}
	}
	for w := range asked {
		switch w {
		case d["id"]:
			total += 10
		}
		if has(at(d, "models", "input", "model"), w) || has(at(d, "models", "output", "model"), w) {
			total += 2
		}
	}
	said := func(phrase string) bool {
		return slices.ContainsFunc([]any{d["name"], d["comment"]}, func(t any) bool {
			return strings.Contains(strings.ToLower(fmt.Sprint(t)), strings.ToLower(phrase))
		})
	}
	if slices.ContainsFunc(s.notPhrases, said) || slices.ContainsFunc(s.phrases, func(p string) bool { return !said(p) }) {
		return 0, false
	}
	return total, total > 0
}

var decimal = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$`)

// before orders two values. Missing and empty ones come last both ways.
func before(a, b any, desc, natural bool) int {
	ea, eb := none(a) || a == "", none(b) || b == ""
	if ea || eb {
		return cmp.Compare(btoi(ea), btoi(eb))
	}
	sign := 0
	switch av := end(a, desc).(type) {
	case float64:
		sign = cmp.Compare(av, end(b, desc).(float64))
	case string:
		bv := end(b, desc).(string)
		if natural {
			sign = people(av, bv)
		} else {
			sign = cmp.Compare(av, bv)
		}
	}
	if desc {
		return -sign
	}
	return sign
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// end is the value of a list that counts: the least, or the greatest in a
// descending order.
func end(v any, desc bool) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	return slices.MaxFunc(list, func(a, b any) int {
		if desc {
			return cmp.Compare(a.(string), b.(string))
		}
		return cmp.Compare(b.(string), a.(string))
	})
}

// people compares texts as people sort them: numbers by size before all other
// texts, and in these numbers by size, too.
func people(a, b string) int {
	an, bn := decimal.MatchString(a), decimal.MatchString(b)
	if an != bn {
		return cmp.Compare(btoi(!an), btoi(!bn))
	}
	if an {
		x, _ := strconv.ParseFloat(a, 64)
		y, _ := strconv.ParseFloat(b, 64)
		if c := cmp.Compare(x, y); c != 0 {
			return c
		}
		return cmp.Compare(a, b)
	}
	runs := regexp.MustCompile(`\d+|\D`)
	ra, rb := runs.FindAllString(strings.ToUpper(a), -1), runs.FindAllString(strings.ToUpper(b), -1)
	for i := range min(len(ra), len(rb)) {
		x, y := ra[i], rb[i]
		if x[0] >= '0' && x[0] <= '9' && y[0] >= '0' && y[0] <= '9' {
			x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
			if c := cmp.Compare(len(x), len(y)); c != 0 {
				return c
			}
		}
		if c := cmp.Compare(x, y); c != 0 {
			return c
		}
	}
	if c := cmp.Compare(len(ra), len(rb)); c != 0 {
		return c
	}
	return cmp.Compare(a, b)
}

// projected is a document cut down to paths.
func projected(d document, paths [][]string) document {
	out := document{}
	for _, p := range paths {
		v, there := d[p[0]]
		switch {
		case !there:
		case len(p) == 1:
			out[p[0]] = v
		default:
			out[p[0]] = merge(out[p[0]], v, p[1:])
		}
	}
	return out
}

func merge(into, from any, path []string) any {
	switch from := from.(type) {
	case document:
		old, _ := into.(document)
		if old == nil {
			old = document{}
		}
		for k, v := range projected(from, [][]string{path}) {
			if len(path) > 1 {
				v = merge(old[k], from[k], path[1:])
			}
			old[k] = v
		}
		return old
	case []any:
		out := make([]any, len(from))
		for i, item := range from {
			var old any
			if list, ok := into.([]any); ok {
				old = list[i]
			}
			out[i] = merge(old, item, path)
		}
		return out
	}
	return from
}

func md5Of(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// mangle writes a key into a path as the protocol does.
func mangle(key string) string {
	key = strings.ReplaceAll(key, "%", "%%")
	key = strings.ReplaceAll(key, ".", "%2E")
	key = strings.ReplaceAll(key, "$", "%24")
	key = strings.ReplaceAll(key, "__", "%_%_")
	if strings.HasPrefix(key, "_") {
		key = "%" + key
	}
	return key
}
