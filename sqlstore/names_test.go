package sqlstore_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/sqlstore"
)

// A run of three letters that very many names have leads to those of them that
// hold the text, unless a look at a few says that these are too many as well.
func TestNamesOfACommonRun(t *testing.T) {
	const small, all = 100, 2*sqlstore.MaxNames + 500
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		must(t, sqlstore.AddNames(ctx, db, func(yield func(string) bool) {
			for i := range all {
				name := fmt.Sprintf("ABC %05d", i)
				if i < small { // the oldest, side by side
					name = fmt.Sprintf("abc %05d", i)
				}
				if !yield(name) {
					return
				}
			}
		}))
		for _, c := range []struct {
			source     string
			fold       bool
			first      string
			names      int
			found      bool
			statements int
		}{
			{source: "ABC", statements: 3},             // how many names there are, the run, the share
			{source: "abc", fold: true, statements: 3}, // all of them
			{source: "ABC 0", statements: 3},           // no run of it is rarer
			{source: "abc", first: "abc 00000", names: small, found: true, statements: 7},
			{source: "abc 0001", first: "abc 00010", names: 10, found: true, statements: 4},
			{source: "ABC 024", first: "ABC 02400", names: 100, found: true, statements: 4},
			{source: "aBc", found: true, statements: 7},
			{source: "xyz", found: true, statements: 3},
		} {
			t.Run(c.source, func(t *testing.T) {
				pattern, err := query.Compile(c.source, c.fold)
				must(t, err)
				r, stop := sqlstore.Record(db)
				got, found, err := sqlstore.FindNames(ctx, db, pattern)
				stop()
				must(t, err)
				slices.Sort(got)
				if found != c.found || len(got) != c.names || len(got) > 0 && got[0] != c.first {
					t.Errorf("%t, %d names, the first of %.3q; expected %t, %d and %q", found, len(got), got, c.found, c.names, c.first)
				}
				if n := len(r.Statements()); n != c.statements {
					t.Errorf("%d statements, expected %d", n, c.statements)
				}
			})
		}
	})
}
