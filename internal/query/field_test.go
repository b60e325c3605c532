package query_test

import (
	"testing"

	"github.com/coffer-ml/coffer/internal/query"
)

func TestFieldsFind(t *testing.T) {
	fields := query.Fields{
		"name":          {Type: query.Text, Ask: query.Pattern},
		"hyperparams.*": {Type: query.Text, Ask: query.Choice},
		"a.b.*":         {Type: query.Number},
		"a.b.exact":     {Type: query.Time},
	}
	for name, want := range map[string]query.Type{
		"name": query.Text, "hyperparams.Args.lr.value": query.Text, "hyperparams.x": query.Text,
		"a.b.c": query.Number, "a.b.c.d": query.Number, "a.b.exact": query.Time, "a.b.exact.x": query.Number,
	} {
		if f, ok := fields.Find(name); !ok || f.Type != want {
			t.Errorf("%s: %v, %v; expected type %v", name, f, ok, want)
		}
	}
	for _, name := range []string{"", "Name", "name.x", "hyperparams", "a", "a.b", "a.x.c", ".", ".*", "hyperparams*"} {
		if f, ok := fields.Find(name); ok {
			t.Errorf("%q was found as %v", name, f)
		}
	}
}
