package rpctest

import (
	_ "embed"
	"fmt"
	"math"
	"strings"
	"testing"
)

// responseTypes are the types of replies that the Python SDK asserts: one
// wrong type anywhere and the whole reply counts as lost there. Lines are
// "endpoint vX -> field:type, ..." and "STRUCT service.Name: field:type, ...".
//
//go:embed response_types.txt
var responseTypes string

type fieldTypes map[string]string

// shapes are the replies by endpoint, and the structs by lower-case name.
var shapes, structs = parseTypes(responseTypes)

func parseTypes(text string) (replies, structs map[string]fieldTypes) {
	replies, structs = map[string]fieldTypes{}, map[string]fieldTypes{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "STRUCT "); ok {
			name, fields, _ := strings.Cut(rest, ": ")
			structs[strings.ToLower(name[strings.IndexByte(name, '.')+1:])] = parseFields(fields)
			continue
		}
		if head, fields, ok := strings.Cut(line, " ->"); ok {
			endpoint, _, _ := strings.Cut(head, " ")
			replies[endpoint] = parseFields(fields)
		}
	}
	return replies, structs
}

func parseFields(text string) fieldTypes {
	out := fieldTypes{}
	for item := range strings.SplitSeq(text, ", ") {
		if name, typ, ok := strings.Cut(strings.TrimSpace(item), ":"); ok {
			out[name] = typ
		}
	}
	return out
}

// nested are the fields of type any that the SDK reads as a struct.
var nested = map[string]string{
	"tasks.get_by_id.task": "task", "task.execution": "execution", "task.output": "output", "task.script": "script",
	"task.models": "taskmodels", "artifact.type_data": "artifacttypedata", "projects.get_by_id.project": "project",
	"models.get_by_id.model": "model",
}

// typed reports whether the types are those of a version: they changed with
// 2.17, where metadata became an object.
func typed(version any) bool {
	var major, minor int
	_, _ = fmt.Sscanf(fmt.Sprint(version), "%d.%d", &major, &minor)
	return major > 2 || minor >= 17
}

func checkTypes(t testing.TB, endpoint string, data map[string]any) {
	t.Helper()
	if shape, ok := shapes[endpoint]; ok {
		checkObject(t, endpoint, shape, data)
	}
}

func checkObject(t testing.TB, path string, shape fieldTypes, object map[string]any) {
	t.Helper()
	for name, typ := range shape {
		v, given := object[name]
		if !given {
			continue
		}
		where := path + "." + name
		if problem := mismatch(typ, v); problem != "" {
			t.Errorf("%s is %s, the SDK wants %s", where, problem, typ)
			continue
		}
		if s, ok := structs[nested[where]]; ok {
			checkObject(t, nested[where], s, v.(map[string]any))
		}
		if inner, ok := strings.CutPrefix(typ, "array<"); ok {
			s, known := structs[elementName(strings.TrimSuffix(inner, ">"))]
			items, _ := v.([]any)
			for _, item := range items {
				if o, isObject := item.(map[string]any); isObject && known {
					checkObject(t, elementName(strings.TrimSuffix(inner, ">")), s, o)
				}
			}
		}
	}
}

// elementName turns the SDK's name of a list's elements into a struct's.
func elementName(name string) string {
	if strings.HasPrefix(name, "projects_get_all_response") {
		return "project"
	}
	return strings.ReplaceAll(name, "_", "")
}

// mismatch says what v is if it is not of the type; "" if it is.
func mismatch(typ string, v any) string {
	typ, nullable := strings.CutSuffix(typ, "|null")
	if v == nil {
		if nullable || strings.HasPrefix(typ, "array<") || typ == "any" {
			return ""
		}
		return "null"
	}
	ok := true
	switch {
	case typ == "string" || strings.HasSuffix(typ, "_enum"):
		_, ok = v.(string)
	case typ == "integer":
		f, isNumber := v.(float64)
		ok = isNumber && f == math.Trunc(f)
	case typ == "number":
		_, ok = v.(float64)
	case typ == "boolean":
		_, ok = v.(bool)
	case typ == "object" || typ == "artifact_type_data":
		_, ok = v.(map[string]any)
	case strings.HasPrefix(typ, "array<"):
		_, ok = v.([]any)
	}
	if ok {
		return ""
	}
	return fmt.Sprintf("%T", v)
}
