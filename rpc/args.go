package rpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// args is what a call brought: an object, or the objects of a batch.
type args struct {
	object map[string]any
	batch  []map[string]any // nil unless the body was a batch
}

// maxDepth bounds how deep arguments nest: deeper is no task document, and
// converting it recursively must not exhaust the stack.
const maxDepth = 64

// readArgs reads the arguments in every calling style: a JSON body, overlaid
// by the query, overlaid by form fields; or JSON lines.
func readArgs(w http.ResponseWriter, r *http.Request, limit int64) (args, error) {
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Header.Get("Content-Type") == "application/json-lines" {
		batch, err := readBatch(r.Body)
		return args{batch: batch}, tooLarge(err, limit)
	}
	a := args{object: make(map[string]any)}
	isForm := media == "application/x-www-form-urlencoded" || media == "multipart/form-data"
	if !isForm {
		if err := readObject(r.Body, a.object); err != nil {
			return args{}, tooLarge(err, limit)
		}
	}
	overlay(a.object, r.URL.Query())
	if isForm {
		form, err := readForm(r, media, limit)
		if err != nil {
			return args{}, tooLarge(err, limit)
		}
		overlay(a.object, form)
	}
	return a, nil
}

func tooLarge(err error, limit int64) error {
	var m *http.MaxBytesError
	if errors.As(err, &m) {
		return ErrBodyLimit.Wrap(err, "the body of this call may have at most %d bytes", limit)
	}
	return err
}

// readForm parses form fields from a body of bounded size.
func readForm(r *http.Request, media string, limit int64) (url.Values, error) {
	if media == "multipart/form-data" {
		if err := r.ParseMultipartForm(limit); err != nil {
			return nil, ErrBody.Wrap(err, "the multipart form is broken")
		}
		return r.MultipartForm.Value, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, ErrBody.Wrap(err, "the form is broken")
	}
	return form, nil
}

// readObject decodes a JSON body, whatever its content type says. No body,
// null and an empty list count as no arguments.
func readObject(r io.Reader, into map[string]any) error {
	dec := json.NewDecoder(r)
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		return badJSON(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		if err == nil {
			return ErrBody.Errorf("the body holds more than one JSON value")
		}
		return badJSON(err)
	}
	switch v := v.(type) {
	case nil:
		return nil
	case map[string]any:
		if depth(v) > maxDepth {
			return ErrBody.Errorf("the body nests deeper than %d levels", maxDepth)
		}
		maps.Copy(into, v)
		return nil
	case []any:
		if len(v) == 0 {
			return nil
		}
	}
	return ErrField.Errorf("the body is a JSON %s; expected an object", kindOf(v))
}

func badJSON(err error) error {
	var m *http.MaxBytesError
	if errors.As(err, &m) {
		return err
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return ErrBody.Wrap(err, "the body is no JSON: error at byte %d", syntax.Offset)
	}
	return ErrBody.Wrap(err, "the body is no JSON")
}

// readBatch decodes JSON lines. A line that is no object, or nests too deep, is
// nil: it must not spoil the others.
func readBatch(r io.Reader) ([]map[string]any, error) {
	body, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	batch := []map[string]any{}
	for line := range bytes.SplitSeq(body, []byte("\n")) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if object, ok := flatLine(line); ok {
			batch = append(batch, object)
			continue
		}
		object, err := readLine(line)
		if err != nil {
			object, err = readLine(quoteLiterals(line))
		}
		if err != nil || depth(object) > maxDepth {
			object = nil
		}
		batch = append(batch, object)
	}
	return batch, nil
}

func readLine(line []byte) (object map[string]any, err error) {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	if err := dec.Decode(&object); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return object, nil
}

// literals are numbers that Python writes and JSON does not know.
var literals = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b`)

// quoteLiterals makes texts of them, so that the rest can be read.
func quoteLiterals(line []byte) []byte {
	return literals.ReplaceAllFunc(line, func(found []byte) []byte {
		if found[0] == '"' {
			return found
		}
		return []byte(`"` + string(found) + `"`)
	})
}

func depth(v any) int {
	deepest := 0
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			deepest = max(deepest, depth(e))
		}
	case []any:
		for _, e := range v {
			deepest = max(deepest, depth(e))
		}
	default:
		return 0
	}
	return deepest + 1
}

// overlay puts query or form values over the arguments: dots in keys nest,
// brackets at their end or repetition make lists.
func overlay(into map[string]any, values url.Values) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		list := values[key]
		name := strings.TrimRight(key, "[]")
		var value any
		if len(list) > 1 || strings.HasSuffix(key, "[]") {
			items := make([]any, len(list))
			for i, s := range list {
				items[i] = scalar(s)
			}
			value = items
		} else if len(list) == 1 {
			value = scalar(list[0])
		}
		place(into, strings.Split(name, "."), value)
	}
}

func place(into map[string]any, path []string, value any) {
	if len(path) > maxDepth {
		path = path[:maxDepth]
	}
	for ; len(path) > 1; path = path[1:] {
		next, ok := into[path[0]].(map[string]any)
		if !ok {
			next = make(map[string]any)
			into[path[0]] = next
		}
		into = next
	}
	into[path[0]] = value
}

// scalar types a text from a query: digits with at most one dot are numbers,
// the three spellings of true and false are booleans, the rest is text.
func scalar(s string) any {
	switch s {
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	}
	if s != "" && strings.Trim(s, "0123456789") == "" || isDecimal(s) {
		if _, err := strconv.ParseFloat(s, 64); err == nil {
			return json.Number(s)
		}
	}
	if !utf8.ValidString(s) {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return s
}

func isDecimal(s string) bool {
	whole, fraction, ok := strings.Cut(s, ".")
	return ok && whole+fraction != "" && strings.Trim(whole+fraction, "0123456789") == ""
}

// kindOf names the JSON kind of a value, for messages.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case json.Number, float64, int64, int:
		return "number"
	case string:
		return "string"
	case []any:
		return "list"
	}
	return "object"
}
