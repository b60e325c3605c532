package rpc

import (
	"reflect"
	"testing"
)

func flatObject(line string) (object map[string]any, ok bool) {
	object = make(map[string]any)
	ok = flatLine(line, func(name string, v plain) { object[name] = v.value() })
	return object, ok
}

// What the quick reader takes, the general one takes, and reads alike.
func FuzzFlatLine(f *testing.F) {
	for _, s := range []string{
		`{"type": "log", "msg": "größe", "iter": -12, "value": 0.5e-3, "allow_locked": false, "x": null}`,
		`{"a":1,"a":2}`, `{}`, `{"a":01}`, `{"a":1.}`, `{"a":"\n"}`, `{"a":[1]}`, `{"a":tru}`, `{"a":-0}`, `{"a":1} x`, `{"a":NaN}`, `{"a" : true , "b":"c"}` + "\r",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		got, ok := flatObject(string(line))
		if !ok {
			return
		}
		want, err := readLine(line)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, want %v, %v", line, got, want, err)
		}
	})
}

func TestFlatLineTakesWhatReportersSend(t *testing.T) {
	line := `{"metric": "loss", "variant": "train", "iter": 3, "value": -0.25, "task": "0", "timestamp": 1762000000000, "type": "training_stats_scalar", "allow_locked": false}`
	got, ok := flatObject(line)
	if !ok || len(got) != 8 || got["metric"] != "loss" {
		t.Errorf("%v %v", got, ok)
	}
}

func BenchmarkFlatLine(b *testing.B) {
	line := `{"metric": "loss", "variant": "train", "iter": 3, "value": -0.25, "task": "0123456789abcdef0123456789abcdef", "timestamp": 1762000000000, "type": "training_stats_scalar", "allow_locked": false, "model_event": false, "method": "events.add"}`
	for b.Loop() {
		if !flatLine(line, func(string, plain) {}) {
			b.Fatal("not taken")
		}
	}
}
