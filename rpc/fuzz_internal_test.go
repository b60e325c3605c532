package rpc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sync/semaphore"

	"github.com/coffer-ml/coffer/internal/fault"
)

// bodyOf is a body without a request.
func bodyOf(text []byte) *body {
	return &body{ctx: context.Background(), r: bytes.NewReader(text), limit: largeBody, shared: semaphore.NewWeighted(sharedBodies)}
}

// FuzzPath checks the parser of paths against a reading of the grammar letter
// by letter, and that a version is read as it was written.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{
		"/v2.23/tasks.get_all", "/tasks.get_all", "/v20/tasks.get_all/", "/v2./a_.b_", "/v.2/aa.bb", "/v2.09/aa.bb", "/v02.1/aa.bb",
		"/v2/aa.bb", "/v999999999999999999999.1/aa.bb", "/v2.23//aa.bb", "/v2.23/../tasks.get_all", "/v2.23/tasks.get_all\n", "//tasks.get_all",
		"/v2.23/tasks.get_all/x", "/v-1.0/aa.bb", "/v2.23.1/aa.bb", "/V2.23/aa.bb", "/v2.23/_a._b", "/v٢.٣/aa.bb", "/v2.23/tаsks.get_all", "/v2.2 3/aa.bb",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		wantName, wantVersion, ok := readPath(path)
		m := &mux{endpoints: map[string][]*row{wantName: {{name: wantName}}}}
		c := &call{requested: latest}
		err := m.route(path, c)
		if (err == nil) != ok {
			t.Fatalf("%q: %v, want it taken: %v", path, err, ok)
		}
		if err != nil {
			if !errors.Is(err, ErrPath) && !errors.Is(err, ErrLeadingZero) || fault.Of(err).Message == "" {
				t.Fatalf("%q is refused with %v", path, err)
			}
			return
		}
		if c.name != wantName || c.requested != wantVersion {
			t.Fatalf("%q: %s in %s, want %s in %s", path, c.name, c.requested, wantName, wantVersion)
		}
		again := &call{requested: latest}
		if err := m.route(fmt.Sprintf("/v%s/%s", c.requested, c.name), again); err != nil || again.requested != c.requested || again.name != c.name {
			t.Fatalf("%q is %s in %s, which reads back as %s in %s, %v", path, c.name, c.requested, again.name, again.requested, err)
		}
	})
}

// readPath is the grammar, without regular expressions.
func readPath(path string) (name string, v version, ok bool) {
	v = latest
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return "", v, false
	}
	if head, tail, two := strings.Cut(rest, "/"); two && tail != "" {
		digits, isVersion := strings.CutPrefix(head, "v")
		if !isVersion || strings.Trim(digits, "0123456789.") != "" || strings.Count(digits, ".") > 1 {
			return "", v, false
		}
		major, minor, dotted := strings.Cut(digits, ".")
		if !dotted && len(digits) >= 2 {
			major, minor = digits[:1], digits[1:]
		} else if !dotted || major+minor == "" {
			return "", v, false
		}
		var fine [2]bool
		v.major, fine[0] = readNumber(major)
		v.minor, fine[1] = readNumber(minor)
		if !fine[0] || !fine[1] {
			return "", v, false
		}
		rest = tail
	}
	rest = strings.TrimSuffix(rest, "/")
	service, action, _ := strings.Cut(rest, ".")
	for _, word := range []string{service, action} {
		if len(word) < 2 || strings.ContainsRune("0123456789", rune(word[0])) {
			return "", v, false
		}
		for _, c := range []byte(word) {
			if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
				return "", v, false
			}
		}
	}
	return rest, v, true
}

func readNumber(digits string) (n int, ok bool) {
	if digits == "" || digits == "0" {
		return 0, true
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && digits[0] != '0'
}

// FuzzBatch checks the reader of batches against decoding line by line with
// the standard library: a line that it does not take is nil.
func FuzzBatch(f *testing.F) {
	for _, seed := range []string{
		"{}\n{\"a\":1}\n", "\n\n{\"a\":\"\\n\"}", "{}\r\n{}", "{\"a\":1}{\"b\":2}", "[1]", "null", "{\"a\":1,\"a\":2}", "{\"a\":1e999}",
		"{\"a\":\"\\ud800\"}", "{\"a\":\"\xff\"}", "{\"a\":", "{\"a\n\":1}", strings.Repeat("{\"a\":", 70) + "1" + strings.Repeat("}", 70),
		"{\"a\":[[[\n{}", "\"\n{}", "{\"task\":\"t\",\"type\":\"log\",\"msg\":\"x\",\"timestamp\":1.5}\n{\"task\":null}", "{}\x00", "\ufeff{}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		lines, err := readBatch(bodyOf(text))
		got := []map[string]any{}
		for _, one := range lines {
			got = append(got, one.object())
		}
		want := []map[string]any{}
		for line := range bytes.SplitSeq(text, []byte("\n")) {
			if line = bytes.TrimSpace(line); len(line) == 0 {
				continue
			}
			var object map[string]any
			if unmarshal(line, &object) != nil && unmarshal(quoteLiterals(line), &object) != nil || nesting(object) > maxDepth {
				object = nil
			}
			want = append(want, object)
		}
		agree(t, got, err, want, true)
	})
}

// FuzzObject checks the streaming reader of a body against the standard
// library's decoder.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{
		`{"task":"x","artifacts":[{"key":"a","type_data":{"preview":"p"}},{"key":"b"}]}`, `{"a":{"b":{"c":[1,2,{"d":null}]}},"a":2}`, `[]`, `[1]`, `null`, ``,
		`{} {}`, `{"a":[1,]}`, `{"a":1,}`, `{"a" 1}`, `{1:2}`, `{"a":[1 2]}`, `{"a":1e999}`, "{\"a\":\"\xff\\ud800\"}", `"x"`, `7`, `true`, `[[]]`, `{"a":[[[]]]}`, `{"a":tru}`,
		`{"a":{"b":1}`, `{"":[]}`, strings.Repeat(`[`, 65), `{"a":"\"[[[["}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got := map[string]any{}
		err := readObject(bodyOf(text), got)
		want, ok := map[string]any{}, true
		if len(bytes.Trim(text, jsonSpace)) > 0 {
			var v any
			ok = unmarshal(text, &v) == nil && nesting(v) <= maxDepth
			switch v := v.(type) {
			case nil:
			case map[string]any:
				want = v
			case []any:
				ok = ok && len(v) == 0
			default:
				ok = false
			}
		}
		agree(t, got, err, want, ok)
	})
}

// agree compares a reader with its oracle.
func agree(t *testing.T, got any, err error, want any, ok bool) {
	t.Helper()
	if (err == nil) != ok {
		t.Fatalf("%v, want it taken: %v", err, ok)
	}
	if err == nil && !reflect.DeepEqual(got, want) {
		t.Fatalf("read %#v, want %#v", got, want)
	}
	if err != nil && fault.KindOf(err) != fault.Invalid && fault.KindOf(err) != fault.TooLarge {
		t.Fatalf("the refusal is %v, which blames the server", err)
	}
}

const jsonSpace = " \t\r\n"

// unmarshal decodes one whole JSON value.
func unmarshal(text []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if len(bytes.Trim(text[dec.InputOffset():], jsonSpace)) > 0 {
		return errors.New("more than one value")
	}
	return nil
}

func nesting(v any) int {
	deepest := 0
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			deepest = max(deepest, nesting(e)+1)
		}
		return max(deepest, 1)
	case []any:
		for _, e := range v {
			deepest = max(deepest, nesting(e)+1)
		}
		return max(deepest, 1)
	}
	return 0
}
