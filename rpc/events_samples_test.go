package rpc_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/rpc/rpctest"
)

const files = rpctest.FilesBase

// iterations are those that a page of a task shows, with the variants of each.
func iterations(r map[string]any) (out []string) {
	for _, i := range dig(r, "metrics", 0, "iterations").([]any) {
		s := fmt.Sprint(dig(i, "iter"), ":")
		for _, e := range dig(i, "events").([]any) {
			s += " " + dig(e, "variant").(string)
		}
		out = append(out, s)
	}
	return out
}

func TestDebugImages(t *testing.T) {
	w := newWorld(t)
	for i := range 7 {
		for _, variant := range []string{"a", "b"} {
			if variant == "b" && i%2 == 1 {
				continue
			}
			path := fmt.Sprintf("/s/%s%d.jpg", variant, i)
			w.Upload(t, path, fmt.Sprint("picture ", variant, i))
			w.sent(t, image(variant, i, files+path))
		}
	}
	what := []any{map[string]any{"task": w.task, "metric": "m", "variants": []string{"a", "b"}}}
	browse := func(body map[string]any) map[string]any {
		body["metrics"] = what
		return w.Call(t, "events.debug_images", body)
	}
	t.Run("pages until nothing comes", func(t *testing.T) {
		var seen []string
		scroll := ""
		for range 10 {
			r := browse(map[string]any{"iters": 3, "scroll_id": scroll})
			next := r["scroll_id"].(string)
			page := iterations(r)
			if next == scroll && len(page) > 0 {
				t.Fatal("the scroll id stayed and something came")
			}
			if len(page) == 0 {
				same(t, "the end stays the end", iterations(browse(map[string]any{"iters": 3, "scroll_id": next})), nil)
				break
			}
			seen, scroll = append(seen, page...), next
		}
		same(t, "iterations", seen, []string{"6: a b", "5: a", "4: a b", "3: a", "2: a b", "1: a", "0: a b"})
		r := browse(map[string]any{"iters": 2, "scroll_id": scroll, "navigate_earlier": false})
		same(t, "back", iterations(r), []string{"2: a b", "1: a"})
		r = browse(map[string]any{"scroll_id": r["scroll_id"], "refresh": true})
		same(t, "anew", iterations(r), []string{"6: a b"})
	})
	t.Run("one variant", func(t *testing.T) {
		r := w.Call(t, "events.debug_images", map[string]any{"iters": 2, "metrics": []any{map[string]any{"task": w.task, "metric": "m", "variants": []string{"b"}}}})
		same(t, "iterations", iterations(r), []string{"6: b", "4: b"})
		r = w.Call(t, "events.debug_images", map[string]any{"metrics": []any{map[string]any{"task": w.task}}})
		same(t, "all metrics", iterations(r), []string{"6: a b"})
	})
	t.Run("refusals", func(t *testing.T) {
		w.Refused(t, "events.debug_images", map[string]any{}, 400, 12)
		w.Refused(t, "events.debug_images", map[string]any{"metrics": []any{}}, 400, 12)
		w.Refused(t, "events.debug_images", map[string]any{"metrics": what, "iters": 0}, 400, 12)
		w.Refused(t, "events.debug_images", map[string]any{"metrics": what, "scroll_id": "x"}, 400, 1104)
		w.Refused(t, "events.debug_images", map[string]any{"metrics": []any{map[string]any{"task": "none"}}}, 400, 101)
		r := browse(map[string]any{})
		w.Refused(t, "events.plots", map[string]any{"metrics": what, "scroll_id": r["scroll_id"]}, 400, 1104)
	})
	t.Run("samples one by one", func(t *testing.T) {
		show := func(r map[string]any) string {
			return fmt.Sprint(dig(r, "event", "variant"), dig(r, "event", "iter"), " of ", r["min_iteration"], "-", r["max_iteration"])
		}
		r := w.Call(t, "events.get_debug_image_sample", map[string]any{"task": w.task, "metric": "m", "variant": "b", "iteration": 5})
		same(t, "nearest before", show(r), "b4 of 0-6")
		r = w.Call(t, "events.get_debug_image_sample", map[string]any{"task": w.task, "metric": "m", "variant": "b"})
		same(t, "newest", show(r), "b6 of 0-6")
		next := func(body map[string]any) string {
			body["task"], body["scroll_id"] = w.task, r["scroll_id"]
			r = w.Call(t, "events.next_debug_image_sample", body)
			return show(r)
		}
		for _, want := range []string{"a6 of 0-6", "a5 of 0-6", "b4 of 0-6"} {
			same(t, "earlier", next(map[string]any{}), want)
		}
		same(t, "same variant, earlier iteration", next(map[string]any{"next_iteration": true}), "b2 of 0-6")
		same(t, "later", next(map[string]any{"navigate_earlier": false}), "a3 of 0-6")
		for range 20 {
			next(map[string]any{"navigate_earlier": false})
		}
		same(t, "at the end", r["event"], nil)
		if r["scroll_id"] == nil {
			t.Error("the position is lost at the end")
		}
		none := w.Call(t, "events.get_debug_image_sample", map[string]any{"task": w.task, "metric": "m", "variant": "none"})
		same(t, "unknown variant", []any{none["event"], none["min_iteration"]}, []any{nil, nil})
		w.Refused(t, "events.next_debug_image_sample", map[string]any{"task": "other", "scroll_id": r["scroll_id"]}, 400, 1104)
		w.Refused(t, "events.get_debug_image_sample", map[string]any{"task": w.task, "metric": "x", "variant": "b", "scroll_id": r["scroll_id"]}, 400, 1104)
	})
}

func TestRecycledNames(t *testing.T) {
	shown := func(t *testing.T, w world) []string {
		t.Helper()
		return iterations(w.Call(t, "events.debug_images", map[string]any{"iters": 100, "metrics": []any{map[string]any{"task": w.task}}}))
	}
	t.Run("an overwritten picture is not shown any more", func(t *testing.T) {
		w := newWorld(t)
		for i := range 6 { // three names in turn
			path := fmt.Sprintf("/s/%d.jpg", i%3)
			w.Upload(t, path, fmt.Sprint("picture ", i))
			w.sent(t, image("v", i, files+path))
		}
		same(t, "shown", shown(t, w), []string{"5: v", "4: v", "3: v"})
		events := w.Call(t, "events.get_task_events", map[string]any{"task": w.task, "event_type": "training_debug_image"})
		same(t, "the old one is marked", []any{dig(events, "events", 0, "overwritten"), dig(events, "events", 0, "version")}, []any{true, 1})
		same(t, "the new one", []any{dig(events, "events", 3, "overwritten"), dig(events, "events", 3, "url")}, []any{nil, files + "/s/0.jpg"})
	})
	t.Run("from the moment of the upload on, before the next report", func(t *testing.T) {
		w := newWorld(t)
		w.Upload(t, "/s/0.jpg", "picture 0")
		w.sent(t, image("v", 0, files+"/s/0.jpg"))
		w.Upload(t, "/s/0.jpg", "picture 1")
		same(t, "shown", shown(t, w), nil)
	})
	t.Run("also by another variant or task", func(t *testing.T) {
		w := newWorld(t)
		w.Upload(t, "/s/0.jpg", "picture 0")
		w.sent(t, image("v", 0, files+"/s/0.jpg"))
		w.Upload(t, "/s/0.jpg", "picture 1")
		w.sent(t, image("w", 1, files+"/s/0.jpg"))
		same(t, "shown", shown(t, w), []string{"1: w"})
	})
	t.Run("the same bytes again overwrite nothing", func(t *testing.T) {
		w := newWorld(t)
		for i := range 2 {
			w.Upload(t, "/s/0.jpg", "the picture")
			w.sent(t, image(fmt.Sprint("v", i), i, files+"/s/0.jpg"))
		}
		same(t, "shown", shown(t, w), []string{"1: v1", "0: v0"})
	})
	t.Run("reported before the upload", func(t *testing.T) {
		w := newWorld(t)
		w.sent(t, image("v", 0, files+"/s/0.jpg"))
		w.Upload(t, "/s/0.jpg", "picture 0")
		same(t, "shown", shown(t, w), []string{"0: v"})
		w.Upload(t, "/s/0.jpg", "picture 1")
		same(t, "shown", shown(t, w), nil)
	})
	t.Run("addresses elsewhere go by their names", func(t *testing.T) {
		w := newWorld(t)
		for _, i := range []int{0, 1, 3, 2} {
			w.sent(t, image("v", i, fmt.Sprintf("s3://bucket/%d.jpg", i%2)))
		}
		same(t, "shown", shown(t, w), []string{"3: v", "2: v"})
		w.sent(t, image("v", 0, "s3://bucket/new.jpg")) // reported anew
		same(t, "shown", shown(t, w), []string{"3: v", "2: v", "0: v"})
	})
}

func TestPlots(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		for _, name := range []string{"roc/a", "roc/b", "table/c"} {
			if name == "roc/b" && i == 4 {
				continue
			}
			metric, variant, _ := strings.Cut(name, "/")
			w.sent(t, fmt.Sprintf(`{"type":"plot","task":"$","metric":%q,"variant":%q,"iter":%d,"plot_str":"{\"n\":%d}"}`, metric, variant, i, i))
		}
	}
	list := func(events any) (out []string) {
		l, _ := events.([]any)
		for _, e := range l {
			out = append(out, fmt.Sprint(dig(e, "metric"), "/", dig(e, "variant"), dig(e, "iter")))
		}
		return out
	}
	plots := w.Call(t, "events.get_task_plots", map[string]any{"task": w.task, "iters": 2, "no_scroll": true})
	same(t, "newest", list(plots["plots"]), []string{"roc/a4", "roc/a3", "roc/b3", "roc/b2", "table/c4", "table/c3"})
	same(t, "content", dig(plots, "plots", 0, "plot_str"), `{"n":4}`)
	same(t, "length", dig(plots, "plots", 0, "plot_len"), 7)
	plots = w.Call(t, "events.get_task_plots", map[string]any{"task": w.task, "metrics": []any{map[string]any{"metric": "roc", "variants": []string{"b"}}}})
	same(t, "chosen", list(plots["plots"]), []string{"roc/b3"})
	w.Refused(t, "events.get_task_plots", map[string]any{"task": w.task, "iters": 101}, 400, 12)
	w.Refused(t, "events.get_task_plots", map[string]any{"task": "none"}, 400, 101)

	many := w.Call(t, "events.get_multi_task_plots", map[string]any{"tasks": []string{w.task}, "iters": 1})
	same(t, "of the last iteration of the metric", dig(many, "plots", "roc", "b"), nil)
	same(t, "by iteration", len(dig(many, "plots", "roc", "a", w.task, "4", "plots").([]any)), 1)
	same(t, "counts", []any{many["returned"], many["total"]}, []any{2, 2})
	same(t, "the end", w.Call(t, "events.get_multi_task_plots", map[string]any{"tasks": []string{w.task}, "scroll_id": many["scroll_id"]})["plots"], map[string]any{})

	r := w.Call(t, "events.plots", map[string]any{"metrics": []any{map[string]any{"task": w.task, "metric": "roc"}}, "iters": 2})
	same(t, "browsed", iterations(r), []string{"4: a", "3: a b"})

	r = w.Call(t, "events.get_plot_sample", map[string]any{"task": w.task, "metric": "roc", "iteration": 3})
	same(t, "sample", list(r["events"]), []string{"roc/a3", "roc/b3"})
	same(t, "range", []any{r["min_iteration"], r["max_iteration"]}, []int{0, 4})
	r = w.Call(t, "events.next_plot_sample", map[string]any{"task": w.task, "scroll_id": r["scroll_id"], "navigate_earlier": false})
	same(t, "next", list(r["events"]), []string{"roc/a4"})
	r = w.Call(t, "events.next_plot_sample", map[string]any{"task": w.task, "scroll_id": r["scroll_id"], "navigate_earlier": false})
	same(t, "after the last", list(r["events"]), nil)
	r = w.Call(t, "events.get_plot_sample", map[string]any{"task": w.task, "metric": "roc", "navigate_current_metric": false})
	r = w.Call(t, "events.next_plot_sample", map[string]any{"task": w.task, "scroll_id": r["scroll_id"], "navigate_earlier": false})
	same(t, "the next metric", list(r["events"]), []string{"table/c4"})
}

// Pictures inside of plots are kept without our host.
func TestPlotSources(t *testing.T) {
	w := newWorld(t)
	w.sent(t, `{"type":"plot","task":"$","metric":"p","variant":"v","plot_str":"{\"source\": \"`+files+`/a%20b.png\", \"x\": {\"source\":\"s3://b/c.png\"}}"}`)
	read := func(host string) any {
		r := w.Do(t, rpctest.Request{Path: "/v2.23/events.get_task_plots", Body: `{"task":"` + w.task + `"}`, Header: map[string]string{"Host": host}})
		return dig(r.Data, "plots", 0)
	}
	same(t, "plot", dig(read(""), "plot_str"), `{"source": "`+files+`/a%20b.png", "x": {"source":"s3://b/c.png"}}`)
	same(t, "urls", dig(read(""), "source_urls"), []string{files + "/a%20b.png", "s3://b/c.png"})
}
