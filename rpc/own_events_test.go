package rpc_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/rpc/rpctest"
)

func TestOwnScalars(t *testing.T) {
	w := newWorld(t)
	var lines []string
	for i := range 1000 {
		y := 1
		if i == 617 {
			y = 1_000_000 // what sticks out
		}
		lines = append(lines, point("loss", "train", i, y), point("other", "train", i, y))
	}
	w.sent(t, lines...)
	get := func(query string) (out api.CurveList, status int) {
		r := w.Do(t, rpctest.Request{Method: "GET", Path: "/tasks/" + w.task + "/scalars?" + query})
		if r.Status == 200 {
			if err := json.Unmarshal(r.Body, &out); err != nil {
				t.Fatal(err)
			}
		}
		return out, r.Status
	}
	got, _ := get("metric=loss&variant=train&samples=10")
	if len(got.Curves) != 1 || got.Curves[0].Width != 100 || got.Curves[0].Points != 1000 || len(got.Curves[0].X) != 10 {
		t.Fatalf("%+v", got)
	}
	c := got.Curves[0]
	same(t, "the bucket that sticks out", []any{c.X[6], c.Count[6], c.FirstX[6], c.LastX[6], c.Mean[6], c.MeanX[6], c.Min[6], c.MinX[6], c.Max[6], c.MaxX[6]},
		[]any{600, 100, 600, 699, 10000.99, 649.5, 1, 600, 1000000, 617})
	got, _ = get("variant=train&key=timestamp&samples=10")
	if len(got.Curves) != 2 || got.Curves[0].MaxX[6] != 1_000_617 {
		t.Errorf("by time: %+v", got.Curves)
	}
	for _, query := range []string{"samples=x", "samples=0", "samples=6001", "key=name"} {
		if _, status := get(query); status != 400 {
			t.Errorf("%s: status %d", query, status)
		}
	}
	if r := w.Do(t, rpctest.Request{Method: "GET", Path: "/tasks/none/scalars"}); r.Status != 404 {
		t.Errorf("unknown task: %d", r.Status)
	}
	if r := w.Do(t, rpctest.Request{Method: "GET", Path: "/tasks/" + w.task + "/scalars", As: rpctest.Nobody}); r.Status != 401 {
		t.Errorf("nobody: %d", r.Status)
	}
}

func getting(path string) rpctest.Request { return rpctest.Request{Method: "GET", Path: path} }

func TestALogIsSearched(t *testing.T) {
	w := newWorld(t)
	line := func(at int, msg string) string {
		text, _ := json.Marshal(msg)
		return fmt.Sprintf(`{"type":"log","task":"$","msg":%s,"timestamp":%d,"worker":"w"}`, text, at)
	}
	// More than the log is read in at once, in an order that is not that of time.
	const many = 6000
	var lines []string
	for i := many; i > 0; i-- {
		lines = append(lines, line(10_000+i, fmt.Sprintf("step %d", i)))
	}
	w.sent(t, lines...)
	w.sent(t,
		line(1, "\x1b[32mloading\x1b[0m 10 %\rloading 100 %\r\n\x1b[31mHot\x1b[0m plate (a+b)\n"),
		line(2, strings.Repeat("é", 3000)),
	)
	get := func(query string) (out api.LogMatches, status int) {
		r := w.Do(t, getting("/tasks/"+w.task+"/log/search?"+query))
		if r.Status == 200 {
			if err := json.Unmarshal(r.Body, &out); err != nil {
				t.Fatal(err)
			}
		}
		return out, r.Status
	}
	for query, want := range map[string][]api.LogMatch{
		"q=" + url.QueryEscape("hot PLATE"):     {{Line: 2, Timestamp: 1, Text: "Hot plate (a+b)"}}, // colours part nothing
		"q=" + url.QueryEscape("(a+b)"):         {{Line: 2, Timestamp: 1, Text: "Hot plate (a+b)"}},
		"q=loading":                             {{Line: 1, Timestamp: 1, Text: "loading 100 %"}},
		"q=" + url.QueryEscape("10 %"):          {}, // written over
		"q=" + url.QueryEscape("step 3712"):     {{Line: 3715, Timestamp: 13712, Text: "step 3712"}},
		"re=1&q=" + url.QueryEscape("^step 9$"): {{Line: 12, Timestamp: 10009, Text: "step 9"}},
		"q=" + url.QueryEscape("éé"):            {{Line: 3, Timestamp: 2, Text: strings.Repeat("é", 2048) + "…"}},
	} {
		got, status := get(query)
		if status != 200 || got.Lines != many+3 || got.Total != len(want) {
			t.Errorf("%s: %d, %d of %d lines", query, status, got.Total, got.Lines)
		}
		same(t, query, got.Matches, want)
	}
	var all []int
	after := ""
	for pages := 0; pages < 4; pages++ {
		got, _ := get("re=1&q=" + url.QueryEscape("0$") + "&limit=250" + after)
		if got.Total != many/10 {
			t.Fatalf("%d match", got.Total)
		}
		for _, m := range got.Matches {
			all = append(all, m.Line)
		}
		if got.Next == 0 {
			break
		}
		after = fmt.Sprint("&after=", got.Next)
	}
	if len(all) != many/10 || all[0] != 13 || all[len(all)-1] != many+3 {
		t.Errorf("%d lines in pages, %v", len(all), all)
	}
	for _, query := range []string{"", "q=(&re=1", "q=x&limit=10001", "q=x&after=none"} {
		if _, status := get(query); status != 400 {
			t.Errorf("%q: status %d", query, status)
		}
	}
	if r := w.Do(t, getting("/tasks/none/log/search?q=x")); r.Status != 404 {
		t.Errorf("unknown task: %d", r.Status)
	}
}
