package query_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/internal/query"
)

func TestParseSearch(t *testing.T) {
	for text, want := range map[string]query.Search{
		"training models":          {Words: []string{"model", "train"}},
		"Train trains the":         {Words: []string{"train"}},
		"the":                      {},
		`"Loss of models"`:         {Words: []string{"loss", "model"}, Phrases: []string{"LOSS OF MODELS"}},
		`yolo -resnet -"old runs"`: {Words: []string{"yolo"}, Not: []string{"resnet"}, NotSaid: []string{"OLD RUNS"}},
		"pre-trained":              {Words: []string{"pre", "train"}},
		`"no end`:                  {Words: []string{"end"}, Phrases: []string{"NO END"}},
		`a"b c"d`:                  {Words: []string{"b", "c", "d"}, Phrases: []string{"B C"}},
		`"" - "-"`:                 {Phrases: []string{"-"}},
		"resnet50s Übung 日本 a_b":   {Words: []string{"b", "resnet50s", "übung", "日本"}},
	} {
		got, err := query.ParseSearch(text)
		if err != nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("%q is %+v, %v; expected %+v", text, got, err, want)
		}
	}
	for _, blank := range []string{"", " \t\n"} {
		if got, err := query.ParseSearch(blank); got != nil || err != nil {
			t.Errorf("%q is %v, %v", blank, got, err)
		}
	}
	var many strings.Builder
	for i := range 51 {
		fmt.Fprint(&many, "w", i, " ")
	}
	if _, err := query.ParseSearch(many.String()); !errors.Is(err, query.ErrTooMany) {
		t.Errorf("51 words: error %v", err)
	}
}

func TestStemsAreBounded(t *testing.T) {
	var text strings.Builder
	for i := range 3 * query.MaxWords {
		fmt.Fprint(&text, "w", i, " ")
	}
	if n := len(query.Stems(text.String())); n != query.MaxWords {
		t.Errorf("%d words are kept, the limit is %d", n, query.MaxWords)
	}
	if got := query.Stems(strings.Repeat("x", 65) + " short"); !slices.Equal(got, []string{"short"}) {
		t.Errorf("words: %q", got)
	}
}

func TestNaturalSortsAsPeopleDo(t *testing.T) {
	sorted := []string{"", "-", "0", "9", "10", "layer 1", "Layer 2", "layer 9 b", "layer 10", "layer 10a", "layer 100", "z"}
	for i := range sorted[1:] {
		if a, b := query.Natural(sorted[i]), query.Natural(sorted[i+1]); a >= b {
			t.Errorf("%q is sorted by %q, %q by %q", sorted[i], a, sorted[i+1], b)
		}
	}
	if query.Natural("layer 010") != query.Natural("LAYER 10") {
		t.Error("case and leading zeros count")
	}
}

func TestTrigrams(t *testing.T) {
	for text, want := range map[string][]string{"": nil, "ab": nil, "abc": {"abc"}, "aaaa": {"aaa"}, "日本語x": {"日本語", "本語x"}} {
		if got := query.Trigrams(text); !slices.Equal(got, want) {
			t.Errorf("%q has %q, expected %q", text, got, want)
		}
	}
}
