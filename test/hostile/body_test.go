package hostile_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// A body that is not what an endpoint takes is answered with status, subcode
// and a message that names the field, and changes nothing.
func TestBodiesOfTheAPI(t *testing.T) {
	s := start(t)
	id := s.task(t)
	long := func(n int) string { return strings.Repeat("x", n) }
	for name, c := range map[string]struct {
		endpoint, body string
		status, code   int
		says           string
	}{
		"no JSON":                         {"tasks.get_by_id", "hello", 400, 0, "no JSON"},
		"a JSON list":                     {"tasks.get_by_id", `[{"task":"x"}]`, 400, 12, "list"},
		"a number":                        {"tasks.get_by_id", "7", 400, 12, "number"},
		"a text":                          {"tasks.get_by_id", `"x"`, 400, 12, "string"},
		"half a body":                     {"tasks.get_by_id", `{"task":"x`, 400, 0, "ends too early"},
		"two bodies":                      {"tasks.get_by_id", `{} {}`, 400, 0, "more than one"},
		"NaN":                             {"tasks.get_by_id", `{"task":NaN}`, 400, 0, "byte"},
		"a NUL byte":                      {"tasks.get_by_id", "{\"task\":\"\x00\"}", 400, 0, "byte"},
		"100,000 levels":                  {"tasks.get_by_id", strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000), 400, 0, "levels"},
		"100,000 levels of lists":         {"tasks.edit", `{"task":` + strings.Repeat(`[`, 100_000), 400, 0, "levels"},
		"100 MB for an id":                {"tasks.get_by_id", `{"task":"` + long(100<<20) + `"}`, 413, 0, "1048576 bytes"},
		"100 MB for an id, large body":    {"tasks.edit", `{"task":"` + long(100<<20) + `"}`, 413, 0, "33554432 bytes"},
		"20 MB for an id, large body":     {"tasks.edit", `{"task":"` + long(20<<20) + `","name":"n"}`, 400, 101, "task"},
		"20 MB for an artifact's task":    {"tasks.add_or_update_artifacts", `{"task":"` + long(20<<20) + `","artifacts":[{"key":"a","type":"x"}]}`, 400, 101, "task"},
		"33 MiB of events":                {"events.add_batch", `{"task":"` + long(33<<20) + `"}`, 413, 0, "33554432 bytes"},
		"257 MiB of artifacts":            {"tasks.add_or_update_artifacts", `{"task":"x","artifacts":[` + strings.Repeat(`{"key":"`+long(1<<20)+`"},`, 257) + `{}]}`, 413, 0, "268435456 bytes"},
		"millions of values":              {"tasks.edit", `{"task":"x","tags":[` + strings.Repeat("0,", 5<<20) + `0]}`, 413, 0, "too many values"},
		"an object for an id":             {"tasks.get_by_id", `{"task":{"id":"x"}}`, 400, 12, "task"},
		"a list for an id":                {"tasks.get_by_id", `{"task":["x"]}`, 400, 12, "task"},
		"a number for an id":              {"tasks.get_by_id", `{"task":1e999}`, 400, 12, "task"},
		"a huge number":                   {"tasks.get_all", `{"page":1e999}`, 400, 12, "page"},
		"a number beyond 64 bits":         {"tasks.get_all", `{"page":99999999999999999999}`, 400, 12, "page"},
		"a number of a million digits":    {"tasks.get_all", `{"page":` + strings.Repeat("9", 1_000_000) + `}`, 400, 12, "page"},
		"an id of invalid UTF-8":          {"tasks.get_by_id", "{\"task\":\"\xff\xfe\"}", 400, 101, "task"},
		"an id with NUL":                  {"tasks.get_by_id", `{"task":"a\u0000b"}`, 400, 101, "task"},
		"an id of a lone surrogate":       {"tasks.get_by_id", `{"task":"\ud800"}`, 400, 101, "task"},
		"an id that leads elsewhere":      {"tasks.get_by_id", `{"task":"../../etc/passwd"}`, 400, 101, "task"},
		"SQL":                             {"tasks.get_by_id", `{"task":"' OR 1=1 --"}`, 400, 101, "task"},
		"a missing field":                 {"tasks.get_by_id", `{}`, 400, 12, "task"},
		"a field of the wrong kind":       {"tasks.add_or_update_artifacts", `{"task":"` + id + `","artifacts":{"key":"a"}}`, 400, 12, "artifacts"},
		"a field of the wrong kind below": {"tasks.add_or_update_artifacts", `{"task":"` + id + `","artifacts":[{"key":7}]}`, 400, 12, "artifacts[0].key"},
		"a key without a key":             {"tasks.add_or_update_artifacts", `{"task":"` + id + `","artifacts":[{"type":"x"}]}`, 400, 12, "key"},
		"a batch with a broken line":      {"events.add_batch", "[1]", 400, 12, "list"},
	} {
		t.Run(name, func(t *testing.T) {
			s.storesNothing(t, func() {
				a := s.call(t, c.endpoint, []byte(c.body))
				if a.status != c.status || a.subcode != c.code || !strings.Contains(a.message, c.says) {
					t.Errorf("%d/%d %.300q, want %d/%d and %q", a.status, a.subcode, a.message, c.status, c.code, c.says)
				}
				if len(a.body) > 4096 {
					t.Errorf("the answer has %d bytes: it repeats what was sent", len(a.body))
				}
			})
		})
	}
}

// Where a body can be read in more than one way, one reading holds everywhere.
func TestBodiesThatCanBeReadInTwoWays(t *testing.T) {
	s := start(t)
	id := s.task(t)
	for name, c := range map[string]struct{ method, query, body string }{
		"the last of two equal keys counts": {http.MethodPost, "", `{"task":"other","task":"` + id + `"}`},
		"the query goes over the body":      {http.MethodGet, "?task=" + id, `{"task":"other"}`},
		"a GET has a body":                  {http.MethodGet, "", `{"task":"` + id + `"}`},
		"the method field means nothing":    {http.MethodGet, "", `{"task":"` + id + `","method":"delete"}`},
		"unknown fields mean nothing":       {http.MethodPost, "", `{"task":"` + id + `","__proto__":{"admin":true},"constructor":1}`},
	} {
		a := s.do(t, c.method, s.API+"/v2.23/tasks.get_by_id"+c.query, map[string]string{"Content-Type": "application/json"}, strings.NewReader(c.body))
		if got, _ := a.data["task"].(map[string]any); a.status != http.StatusOK || got["id"] != id {
			t.Errorf("%s: %d %s", name, a.status, a.message)
		}
	}
}

// The largest bodies that are allowed pass, several at once.
func TestLargeBodiesPass(t *testing.T) {
	s := start(t)
	id := s.task(t)
	var list bytes.Buffer
	const artifacts, preview = 600, 64 << 10
	for i := range artifacts {
		fmt.Fprintf(&list, `,{"key":"a%d","type":"custom","uri":"http://elsewhere/%d","hash":"","content_size":1,"timestamp":1,"type_data":{"preview":%q}}`, i, i, strings.Repeat("p", preview))
	}
	a := s.call(t, "tasks.add_or_update_artifacts", []byte(`{"task":"`+id+`","artifacts":[`+list.String()[1:]+`]}`))
	if updated, _ := a.data["updated"].(float64); a.status != http.StatusOK || updated == 0 {
		t.Errorf("%d artifacts with previews: %d %s", artifacts, a.status, a.message)
	}
}
