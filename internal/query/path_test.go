package query_test

import (
	"slices"
	"testing"

	"github.com/coffer-ml/coffer/internal/query"
)

func TestPathsHoldAnyText(t *testing.T) {
	for _, parts := range [][]string{{"name"}, {"hyperparams", "Args", "a.b", "value"}, {"a", "50%", "%2E", "%25", ""}, {"日本", "x y", "$d", "__x__"}} {
		name := query.Join(parts...)
		if got := query.Split(name); !slices.Equal(got, parts) {
			t.Errorf("%q was joined to %q, which is cut into %q", parts, name, got)
		}
	}
}
