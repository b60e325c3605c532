package rpc_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

// send sends a batch in which $ stands for the task.
func (w world) send(t testing.TB, lines ...string) rpctest.Reply {
	t.Helper()
	return w.Do(t, rpctest.Request{
		Path: "/v2.23/events.add_batch", Body: strings.ReplaceAll(strings.Join(lines, "\n"), "$", w.task),
		Header: map[string]string{"Content-Type": "application/json-lines"},
	})
}

// sent is send for batches of which everything is taken.
func (w world) sent(t testing.TB, lines ...string) {
	t.Helper()
	if r := w.send(t, lines...); r.Status != 200 || r.Data["errors"] != 0.0 {
		t.Fatalf("%d %v %s", r.Status, r.Data, r.Message)
	}
}

// dig reads through objects and lists.
func dig(v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[step]
		case int:
			l, _ := v.([]any)
			if step >= len(l) {
				return nil
			}
			v = l[step]
		}
	}
	return v
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	g, _ := json.Marshal(got)
	x, _ := json.Marshal(want)
	if string(g) != string(x) {
		t.Errorf("%s: %s, want %s", what, g, x)
	}
}

func point(metric, variant string, iter int, value any) string {
	return fmt.Sprintf(`{"type":"training_stats_scalar","task":"$","metric":%q,"variant":%q,"iter":%d,"value":%v,"timestamp":%d,"worker":"w"}`,
		metric, variant, iter, value, 1_000_000+iter)
}

func image(variant string, iter int, url string) string {
	return fmt.Sprintf(`{"type":"training_debug_image","task":"$","metric":"m","variant":%q,"iter":%d,"key":"k","url":%q}`, variant, iter, url)
}

func TestEvents(t *testing.T) {
	w := newWorld(t)
	batch := `{"type":"log","task":"$","msg":"same","level":"INFO","worker":"w","timestamp":1000}
{"type":"log","task":"$","msg":"same","level":"INFO","worker":"w","timestamp":1000}
{"type":"log","task":"$","msg":"later","timestamp":2000}
{"type":"training_stats_scalar","task":"$","metric":"loss","variant":"v","iter":2,"value":4}
{"type":"training_stats_scalar","task":"$","metric":"loss","variant":"v","iter":1,"value":2,"x_axis_label":"epoch","note":"kept"}
{"type":"training_stats_scalar","task":"$","metric":"loss","variant":"v","iter":3,"value":"NaN"}
{"type":"nonsense","task":"$"}
{"type":"log","task":"none","msg":"x"}`
	for range 2 { // sent twice it changes nothing
		r := w.send(t, batch)
		if r.Status != 200 || r.Data["added"] != 5.0 || r.Data["errors"] != 3.0 || len(r.Data["errors_info"].(map[string]any)) != 3 {
			t.Fatalf("%d %v %s", r.Status, r.Data, r.Message)
		}
	}
	log := w.Call(t, "events.get_task_log", map[string]any{"task": w.task, "order": "asc"})
	same(t, "total", log["total"], 3)
	same(t, "last line", dig(log, "events", 2, "msg"), "later")
	d := w.doc(t, w.task)
	var last map[string]any
	for _, variants := range d["last_metrics"].(map[string]any) {
		for _, s := range variants.(map[string]any) {
			last = s.(map[string]any)
		}
	}
	if d["last_iteration"] != 2.0 || last["value"] != 4.0 || last["min_value"] != 2.0 || last["count"] != 2.0 || last["mean_value"] != 3.0 || last["x_axis_label"] != "epoch" {
		t.Errorf("last iteration %v, summary %v", d["last_iteration"], last)
	}
	w.Call(t, "events.add", map[string]any{"type": "plot", "task": w.task, "metric": "loss", "variant": "p", "iter": 0, "plot_str": "{}"})
	stats := w.doc(t, w.task)["metric_stats"].(map[string]any)
	var types []string
	for _, s := range stats {
		same(t, "metric", dig(s, "metric"), "loss")
		for typ, at := range dig(s, "event_stats_by_type").(map[string]any) {
			types = append(types, typ)
			if dig(at, "last_update").(float64) < 1e12 {
				t.Errorf("%s came in at %v, want milliseconds since 1970", typ, at)
			}
		}
	}
	slices.Sort(types)
	same(t, "metrics with events", len(stats), 1)
	same(t, "kinds of events", types, []string{"plot", "training_stats_scalar"})
	events := w.Call(t, "events.get_task_events", map[string]any{"task": w.task, "event_type": "training_stats_scalar"})
	same(t, "unknown fields", dig(events, "events", 0, "note"), "kept")
	if r := w.send(t, `{"type":"nonsense","task":"$"}`); r.Status != 400 || r.Subcode != 131 {
		t.Errorf("nothing added: %d/%d", r.Status, r.Subcode)
	}
	if r := w.send(t, ""); r.Status != 400 || r.Subcode != 17 {
		t.Errorf("no line: %d/%d", r.Status, r.Subcode)
	}
	w.Refused(t, "events.get_task_log", map[string]any{"task": "none"}, 400, 101)
	if r := w.Do(t, rpctest.Request{Path: "/v2.23/events.add", Body: "{}", As: user.Guest}); r.Status != 403 {
		t.Errorf("a guest reported: %d", r.Status)
	}
}

func TestBadEvents(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct{ line, reason string }{
		"no type":                        {`{"task":"$"}`, "no type"},
		"unknown type":                   {`{"type":"x","task":"$"}`, "unknown"},
		"type that is no text":           {`{"type":7,"task":"$"}`, "no type"},
		"no task":                        {`{"type":"log","msg":"x"}`, "names no task"},
		"unknown task":                   {`{"type":"log","task":"none","msg":"x"}`, "there is no task"},
		"unknown model":                  {`{"type":"plot","task":"none","model_event":true}`, "there is no model"},
		"a log line for a model":         {`{"type":"log","task":"m","model_event":true}`, "no log lines"},
		"NaN":                            {point("m", "v", 1, "NaN"), "no finite number"},
		"Infinity":                       {point("m", "v", 1, "Infinity"), "no finite number"},
		"-Infinity":                      {point("m", "v", 1, "-Infinity"), "no finite number"},
		"a number beyond doubles":        {point("m", "v", 1, "1e999"), "no finite number"},
		"a text for a value":             {point("m", "v", 1, `"0.5"`), "no finite number"},
		"null for a value":               {point("m", "v", 1, "null"), "no finite number"},
		"an iteration beyond 64 bits":    {`{"type":"plot","task":"$","iter":99999999999999999999}`, "64 bits"},
		"an iteration that is an object": {`{"type":"plot","task":"$","iter":{}}`, "64 bits"},
		"a name that is too long":        {point(strings.Repeat("m", 1001), "v", 1, 1), "1000 bytes"},
		"a line of 20 MB":                {`{"type":"log","task":"$","msg":"` + strings.Repeat("x", 20<<20) + `"}`, "4194304 bytes"},
		"no JSON":                        {`{"type":"log"`, "no JSON object"},
		"a list":                         {`[1]`, "no JSON object"},
		"two objects":                    {`{} {}`, "no JSON object"},
		"nested too deep":                {strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200), "no JSON object"},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.send(t, c.line, `{"type":"log","task":"$","msg":"the good one"}`)
			if r.Status != 200 || r.Data["added"] != 1.0 || r.Data["errors"] != 1.0 {
				t.Fatalf("%d %v %s", r.Status, r.Data, r.Message)
			}
			for reason := range r.Data["errors_info"].(map[string]any) {
				if !strings.Contains(reason, c.reason) {
					t.Errorf("the reason is %q, want it to say %q", reason, c.reason)
				}
			}
		})
	}
	t.Run("one id for a task and a model", func(t *testing.T) {
		if r := w.send(t, `{"type":"log","task":"$","msg":"x"}`, `{"type":"plot","task":"$","model_event":true}`); r.Status != 400 || r.Subcode != 12 {
			t.Errorf("%d/%d", r.Status, r.Subcode)
		}
	})
	t.Run("a published task", func(t *testing.T) {
		w.Call(t, "tasks.started", map[string]any{"task": w.task})
		w.Call(t, "tasks.completed", map[string]any{"task": w.task})
		w.Call(t, "tasks.publish", map[string]any{"task": w.task})
		if r := w.send(t, `{"type":"log","task":"$","msg":"x"}`); r.Status != 400 || r.Subcode != 131 {
			t.Errorf("%d/%d", r.Status, r.Subcode)
		}
		w.sent(t, `{"type":"log","task":"$","msg":"x","allow_locked":true}`)
		w.Refused(t, "events.clear_task_log", map[string]any{"task": w.task}, 400, 101)
		w.Refused(t, "events.delete_for_task", map[string]any{"task": w.task}, 400, 101)
	})
}

func TestManyMetrics(t *testing.T) {
	w := newWorld(t)
	const limit, sent, atOnce = 20_000, 20_500, 4_100
	added, refused := 0.0, 0.0
	for first := 0; first < sent; first += atOnce {
		var lines []string
		for i := first; i < first+atOnce; i++ {
			lines = append(lines, point(fmt.Sprint("metric ", i), "v", 1, i))
		}
		r := w.send(t, lines...)
		added += r.Data["added"].(float64)
		refused += r.Data["errors"].(float64)
	}
	if added != limit || refused != sent-limit {
		t.Errorf("added %v, refused %v", added, refused)
	}
	if n := len(w.doc(t, w.task)["last_metrics"].(map[string]any)); n != 2000 {
		t.Errorf("the task document tells of %d metrics", n)
	}
	w.sent(t, point("metric 7", "v", 2, 1)) // those that are there go on
}

func TestLog(t *testing.T) {
	w := newWorld(t)
	var lines []string
	for i := range 5000 {
		lines = append(lines, fmt.Sprintf(`{"type":"log","task":"$","msg":"line %d","timestamp":%d,"metric":%q}`, i, 1000+i/3, []string{"a", "b"}[i%2]))
	}
	w.sent(t, lines...)
	page := func(body map[string]any) (msgs []string, reply map[string]any) {
		body["task"] = w.task
		reply = w.Call(t, "events.get_task_log", body)
		for _, e := range reply["events"].([]any) {
			msgs = append(msgs, dig(e, "msg").(string))
		}
		return msgs, reply
	}
	t.Run("walks all lines in both directions", func(t *testing.T) {
		for _, earlier := range []bool{true, false} {
			seen := map[string]bool{}
			from := 0.0
			for {
				msgs, r := page(map[string]any{"navigate_earlier": earlier, "from_timestamp": from, "batch_size": 700})
				same(t, "total", r["total"], 5000)
				if len(msgs) == 0 {
					break
				}
				if n := len(msgs); n > 702 {
					t.Fatalf("%d lines", n)
				}
				for _, m := range msgs {
					if seen[m] {
						t.Fatalf("%s came twice", m)
					}
					seen[m] = true
				}
				from = dig(r, "events", len(msgs)-1, "timestamp").(float64)
			}
			if len(seen) != 5000 {
				t.Errorf("earlier %v: %d lines", earlier, len(seen))
			}
		}
	})
	t.Run("order turns the page round", func(t *testing.T) {
		msgs, _ := page(map[string]any{"batch_size": 2, "order": "asc"})
		same(t, "newest page", msgs, []string{"line 4998", "line 4999"})
		msgs, _ = page(map[string]any{"batch_size": 2, "navigate_earlier": false, "order": "desc"})
		same(t, "oldest page", msgs, []string{"line 2", "line 1", "line 0"})
	})
	t.Run("chooses metrics", func(t *testing.T) {
		_, r := page(map[string]any{"metrics": []any{map[string]any{"metric": "a"}}, "batch_size": 10})
		same(t, "total", r["total"], 2500)
	})
	t.Run("refuses pages that are too large", func(t *testing.T) {
		w.Refused(t, "events.get_task_log", map[string]any{"task": w.task, "batch_size": 10001}, 400, 12)
		w.Refused(t, "events.get_task_log", map[string]any{"task": w.task, "batch_size": 0}, 400, 12)
	})
	t.Run("lines that come late find their place", func(t *testing.T) {
		w.sent(t, `{"type":"log","task":"$","msg":"late","timestamp":1001,"worker":"other"}`)
		msgs, r := page(map[string]any{"navigate_earlier": false, "from_timestamp": 1000, "batch_size": 1})
		same(t, "page", msgs, []string{"line 3", "line 4", "line 5", "late"})
		same(t, "total", r["total"], 5001)
		w.sent(t, lines[:100]...)
		_, r = page(map[string]any{})
		same(t, "total after a repeat", r["total"], 5001)
	})
	t.Run("download", func(t *testing.T) {
		get := func(body string) rpctest.Reply {
			return w.Do(t, rpctest.Request{Path: "/v2.23/events.download_task_log", Body: strings.ReplaceAll(body, "$", w.task)})
		}
		r := get(`{"task":"$"}`)
		if got := strings.Count(string(r.Body), "\n"); got != 5001 || !strings.HasPrefix(string(r.Body), `{"asctime":1000,`) {
			t.Errorf("%d lines, the first %.80q", got, r.Body)
		}
		if !strings.Contains(r.Header.Get("Content-Disposition"), "task_"+w.task+".log") {
			t.Errorf("headers: %v", r.Header)
		}
		r = get(`{"task":"$","line_type":"text","line_format":"{{{timestamp}}} {level}{msg}"}`)
		if !strings.HasPrefix(string(r.Body), "{1000} line 0\n{1000} line 1\n") {
			t.Errorf("text: %.80q", r.Body)
		}
		for format, code := range map[string]int{"": 11, "{msg:>999999999}": 16, "{msg.__class__}": 16, "{nothing}": 16, "{0}": 16, "{}": 16, "{": 16, "}": 16} {
			w.Refused(t, "events.download_task_log", map[string]any{"task": w.task, "line_type": "text", "line_format": format}, 400, code)
		}
		w.Refused(t, "events.download_task_log", map[string]any{"task": "none"}, 400, 101)
	})
	t.Run("clear", func(t *testing.T) {
		clearing := func(body map[string]any) any {
			body["task"] = w.task
			return w.Call(t, "events.clear_task_log", body)["deleted"]
		}
		same(t, "with a metric", clearing(map[string]any{"include_metrics": []string{"b"}}), 2500)
		same(t, "but the newest second", clearing(map[string]any{"threshold_sec": 1, "exclude_metrics": []string{"x"}}), 1000)
		same(t, "the rest", clearing(map[string]any{}), 1501)
		same(t, "nothing", clearing(map[string]any{}), 0)
		w.Refused(t, "events.clear_task_log", map[string]any{"task": w.task, "threshold_sec": -1}, 400, 12)
	})
}

func TestScalars(t *testing.T) {
	w := newWorld(t)
	var lines []string
	for i := range 1000 {
		lines = append(lines, point("loss", "train", i, i%10), point("loss", "val", 10*i, 1))
	}
	w.sent(t, append(lines, point("Summary", "best", -2147483648, 0.5), point("loss", "val", -2147483648, 7))...)
	histogram := func(body map[string]any) map[string]any {
		body["task"] = w.task
		return w.Call(t, "events.scalar_metrics_iter_histogram", body)
	}
	t.Run("all points where there are few", func(t *testing.T) {
		r := histogram(map[string]any{})
		same(t, "metrics", len(r), 1)
		same(t, "points", len(dig(r, "loss", "train", "x").([]any)), 1000)
		same(t, "a point", []any{dig(r, "loss", "train", "x", 13), dig(r, "loss", "train", "y", 13)}, []int{13, 3})
		same(t, "without the single value", dig(r, "loss", "val", "x", 0), 0)
	})
	t.Run("means of buckets", func(t *testing.T) {
		r := histogram(map[string]any{"samples": 100})
		same(t, "x", dig(r, "loss", "train", "x", 7), 70)
		same(t, "y", dig(r, "loss", "train", "y", 7), 4.5)
		same(t, "its own width", dig(r, "loss", "val", "x", 1), 100)
	})
	t.Run("by time", func(t *testing.T) {
		r := histogram(map[string]any{"samples": 100, "key": "iso_time", "metrics": []any{map[string]any{"metric": "loss", "variants": []string{"train"}}}})
		same(t, "x", dig(r, "loss", "train", "x", 0), "1970-01-01T00:16:40.000Z")
		same(t, "the other variant", dig(r, "loss", "val"), nil)
		r = histogram(map[string]any{"samples": 1, "key": "timestamp"})
		same(t, "x", dig(r, "loss", "train", "x", 0), 1_000_000)
	})
	t.Run("widths within a tenth become one", func(t *testing.T) {
		w.sent(t, point("near", "a", 0, 1), point("near", "a", 999, 1), point("near", "b", 0, 1), point("near", "b", 1049, 1), point("near", "c", 0, 1), point("near", "c", 1199, 1))
		r := histogram(map[string]any{"samples": 2, "metrics": []any{map[string]any{"metric": "near"}}})
		same(t, "a", dig(r, "near", "a", "x"), []int{0, 525})
		same(t, "b", dig(r, "near", "b", "x"), []int{0, 525})
		same(t, "c", dig(r, "near", "c", "x"), []int{0, 600})
	})
	t.Run("refusals", func(t *testing.T) {
		for _, body := range []map[string]any{{"samples": 0}, {"samples": 6001}, {"key": "x"}} {
			body["task"] = w.task
			w.Refused(t, "events.scalar_metrics_iter_histogram", body, 400, 12)
		}
		w.Refused(t, "events.scalar_metrics_iter_histogram", map[string]any{"task": "none"}, 400, 101)
		w.Refused(t, "events.scalar_metrics_iter_histogram", map[string]any{"task": "none", "model_events": true}, 400, 201)
		w.Refused(t, "events.multi_task_scalar_metrics_iter_histogram", map[string]any{"tasks": "a,b"}, 400, 12)
		w.Refused(t, "events.multi_task_scalar_metrics_iter_histogram", map[string]any{"tasks": []string{}}, 400, 12)
		w.Refused(t, "events.multi_task_scalar_metrics_iter_histogram", map[string]any{"tasks": make101()}, 400, 12)
		w.Refused(t, "events.get_task_metrics", map[string]any{"tasks": []string{w.task}}, 400, 12)
		w.Refused(t, "events.scalar_metrics_iter_raw", map[string]any{"task": w.task, "metric": map[string]any{"metric": "loss"}, "scroll_id": "%"}, 400, 1104)
	})
	t.Run("several tasks", func(t *testing.T) {
		r := w.Call(t, "events.multi_task_scalar_metrics_iter_histogram", map[string]any{"tasks": []string{w.task}, "metrics": []any{map[string]any{"metric": "loss"}}})
		same(t, "name", dig(r, "metrics", "loss", "train", w.task, "name"), w.doc(t, w.task)["name"])
	})
	t.Run("single values", func(t *testing.T) {
		r := w.Call(t, "events.get_task_single_value_metrics", map[string]any{"tasks": []string{w.task}})
		same(t, "values", len(dig(r, "tasks", 0, "values").([]any)), 2)
		same(t, "value", dig(r, "tasks", 0, "values", 0, "value"), 0.5)
		r = w.Call(t, "events.get_task_single_value_metrics", map[string]any{"tasks": []string{w.task}, "metrics": []any{map[string]any{"metric": "none"}}})
		same(t, "none", r["tasks"], []any{})
		same(t, "metrics", dig(w.Call(t, "events.get_task_metrics", map[string]any{"tasks": []string{w.task}, "event_type": "training_stats_scalar"}), "metrics", 0, "metrics"), []string{"loss", "near"})
	})
	t.Run("raw, page by page", func(t *testing.T) {
		for _, key := range []string{"iter", "timestamp", "iso_time"} {
			seen, scroll := map[string]bool{}, ""
			for {
				r := w.Call(t, "events.scalar_metrics_iter_raw", map[string]any{
					"task": w.task, "metric": map[string]any{"metric": "loss"}, "key": key, "batch_size": 300, "scroll_id": scroll, "count_total": true,
				})
				same(t, "total", r["total"], 2001)
				if r["returned"] == 0.0 {
					same(t, "end", r["variants"], map[string]any{})
					break
				}
				for variant, v := range r["variants"].(map[string]any) {
					for i, x := range dig(v, key).([]any) {
						seen[fmt.Sprint(variant, x)] = true
						if y := dig(v, "y", i); y == nil {
							t.Fatal("no value")
						}
					}
				}
				scroll = r["scroll_id"].(string)
			}
			if len(seen) != 2001 {
				t.Errorf("%s: %d points", key, len(seen))
			}
		}
	})
	t.Run("events of a metric, the newest first", func(t *testing.T) {
		scroll, n, last := "", 0, 1e12
		for scroll != "FFFF" {
			r := w.Call(t, "events.get_scalar_metric_data", map[string]any{"task": w.task, "metric": "loss", "scroll_id": scroll})
			for _, e := range r["events"].([]any) {
				iter := dig(e, "iter").(float64)
				if iter > last {
					t.Fatalf("%v after %v", iter, last)
				}
				last = iter
				n++
			}
			scroll = r["scroll_id"].(string)
		}
		same(t, "events", n, 2001)
		r := w.Call(t, "events.get_scalar_metric_data", map[string]any{"task": w.task, "metric": "loss", "scroll_id": "FFFF"})
		same(t, "after the end", []any{r["returned"], r["scroll_id"]}, []any{0, nil})
		r = w.Call(t, "events.get_scalar_metric_data", map[string]any{"task": w.task, "metric": "loss", "no_scroll": true})
		same(t, "without scroll", r["scroll_id"], nil)
	})
	t.Run("all events, page by page", func(t *testing.T) {
		w.sent(t, `{"type":"plot","task":"$","metric":"p","variant":"v","iter":5,"plot_str":"{}"}`)
		for _, order := range []string{"asc", "desc"} {
			n, scroll := 0, ""
			for {
				r := w.Call(t, "events.get_task_events", map[string]any{"task": w.task, "order": order, "batch_size": 450, "scroll_id": scroll})
				same(t, "total", r["total"], 2009)
				if r["returned"] == 0.0 {
					break
				}
				n += int(r["returned"].(float64))
				scroll = r["scroll_id"].(string)
			}
			same(t, order, n, 2009)
		}
		r := w.Call(t, "events.get_task_events", map[string]any{"task": w.task, "event_type": "plot", "count_total": false})
		same(t, "plots", []any{r["returned"], r["total"]}, []any{1, nil})
		w.Refused(t, "events.get_task_events", map[string]any{"task": w.task, "event_type": "x"}, 400, 12)
	})
	t.Run("deletion", func(t *testing.T) {
		same(t, "deleted", w.Call(t, "events.delete_for_task", map[string]any{"task": w.task})["deleted"], 2009)
		same(t, "left", histogram(map[string]any{}), map[string]any{})
		w.Refused(t, "events.delete_for_task", map[string]any{"task": "none"}, 400, 101)
	})
}

func make101() (ids []string) {
	for i := range 101 {
		ids = append(ids, fmt.Sprint(i))
	}
	return ids
}
