package rpc

import (
	"bufio"
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
	batch  []line // nil unless the body was a batch
}

// readArgs reads the arguments in every calling style: a JSON body, overlaid
// by the query, overlaid by form fields; or JSON lines.
func readArgs(r *http.Request, b *body) (args, error) {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Header.Get("Content-Type") == "application/json-lines" {
		batch, err := readBatch(b)
		return args{batch: batch}, err
	}
	a := args{object: make(map[string]any)}
	isForm := media == "application/x-www-form-urlencoded" || media == "multipart/form-data"
	if !isForm {
		if err := readObject(b, a.object); err != nil {
			return args{}, err
		}
	}
	overlay(a.object, r.URL.Query())
	if isForm {
		form, err := readForm(r, media, b)
		if err != nil {
			return args{}, err
		}
		overlay(a.object, form)
	}
	return a, nil
}

// readForm parses form fields. What is large comes as JSON: a form is small.
func readForm(r *http.Request, media string, b *body) (url.Values, error) {
	raw, err := io.ReadAll(io.LimitReader(b, smallBody+1))
	if err != nil {
		return nil, badJSON(err)
	}
	if len(raw) > smallBody {
		return nil, ErrBodyLimit.Errorf("a form may have at most %d bytes; send more as JSON", smallBody)
	}
	if media == "multipart/form-data" {
		r.Body = io.NopCloser(bytes.NewReader(raw))
		if err := r.ParseMultipartForm(smallBody); err != nil {
			return nil, ErrBody.Wrap(err, "the multipart form is broken")
		}
		return r.MultipartForm.Value, nil
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, ErrBody.Wrap(err, "the form is broken")
	}
	return form, nil
}

// readBatch reads JSON lines. What they hold, and whether a broken one spoils
// the others, is for the call to say.
func readBatch(b *body) ([]line, error) {
	b.json, b.lines = true, true
	batch := []line{}
	in := bufio.NewReaderSize(b, lineBuffer)
	for {
		text, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			begun := bytes.Clone(text)
			text, err = in.ReadBytes('\n')
			text = append(begun, text...)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, badJSON(err)
		}
		if text = bytes.TrimSpace(text); len(text) > 0 {
			batch = append(batch, line{text: string(text)})
		}
		if err != nil {
			return batch, nil
		}
	}
}

// lineBuffer holds hundreds of events, so that a batch is few reads.
const lineBuffer = 64 << 10

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
