package codec_test

import (
	"io"
	"testing"

	"github.com/coffer-ml/coffer/codec"
)

func TestKeysKeepTheirOrderIfAsked(t *testing.T) {
	type inner struct {
		Z int `json:"z"`
		A int `json:"a"`
	}
	type outer struct {
		Name string `json:"name"`
		inner
		Also map[string]int `json:"also"`
	}
	value := codec.Dict{{Key: "z", Value: outer{"n", inner{1, 2}, map[string]int{"y": 1, "x": 2}}}, {Key: "a", Value: 1}, {Key: "z2", Value: nil}, {Key: "a", Value: 2}}
	for _, c := range []struct {
		name  string
		codec codec.Codec
		value any
		want  string
	}{
		{"JSON", codec.JSON{InOrder: true}, value, "{\n    \"z\": {\n        \"name\": \"n\",\n        \"z\": 1,\n        \"a\": 2,\n        \"also\": {\n            \"x\": 2,\n            \"y\": 1\n        }\n    },\n    \"a\": 2,\n    \"z2\": null\n}"},
		{"YAML", codec.YAML{InOrder: true}, value, "z:\n    name: n\n    z: 1\n    a: 2\n    also:\n        x: 2\n        y: 1\na: 2\nz2: null\n"},
		{"sorted JSON", codec.JSON{}, inner{1, 2}, "{\n    \"a\": 2,\n    \"z\": 1\n}"},
		{"sorted YAML", codec.YAML{}, inner{1, 2}, "a: 2\nz: 1\n"},
	} {
		if got, _ := write(t, c.codec, c.value); string(got) != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
	for _, c := range []codec.Codec{codec.JSON{}, codec.YAML{}} {
		if c.Accepts(value) { // chosen by itself it would be a pickle, whose order is kept, too
			t.Errorf("%T takes a Dict unasked", c)
		}
	}
	numbers := codec.Dict{{Key: 1, Value: "one"}}
	if _, err := codec.Write(io.Discard, codec.JSON{InOrder: true}, "x", numbers); err == nil {
		t.Error("a dict of numbers became JSON")
	}
}
