package rpc_test

import (
	"encoding/json"
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
