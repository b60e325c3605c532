package query_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/coffer-ml/coffer/internal/query"
)

func TestBookmarksKeepTheirKeys(t *testing.T) {
	order := []query.Order{{Field: "name"}, {Field: "last_update", Desc: true}}
	b := query.Bookmark{Keys: []any{"a\x00日本", nil, int64(-5), 0.1, "id"}, Seen: 7}
	got, err := query.ParseBookmark(b.Encode(order), order)
	if err != nil || !reflect.DeepEqual(got, b) {
		t.Errorf("%v came back as %v, %v", b, got, err)
	}
	if got, err := query.ParseBookmark("", order); err != nil || !reflect.DeepEqual(got, query.Bookmark{}) {
		t.Errorf("none is %v, %v", got, err)
	}
}

func TestParseBookmarkRefuses(t *testing.T) {
	order := []query.Order{{Field: "name"}}
	good := query.Bookmark{Keys: []any{"a", "id"}}.Encode(order)
	for name, c := range map[string]struct {
		text  string
		order []query.Order
	}{
		"what is no bookmark": {"nonsense!", order},
		"what is no JSON":     {"AAAA", order},
		"another order":       {good, []query.Order{{Field: "name", Desc: true}}},
		"no order":            {good, nil},
		"a key of no kind":    {"eyJvIjoiMTVhYmQzNTVjNzM4IiwiayI6WyJ4eCJdfQ", order},
		"half a bookmark":     {good[:len(good)/2], order},
	} {
		if _, err := query.ParseBookmark(c.text, c.order); !errors.Is(err, query.ErrBookmark) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
