package sqlstore

import "testing"

func TestRebindNumbersThePlaceholdersOfPostgres(t *testing.T) {
	for query, want := range map[string]string{
		`SELECT 1`:                         `SELECT 1`,
		`SELECT ? WHERE a = ? OR b = ?`:    `SELECT $1 WHERE a = $2 OR b = $3`,
		`VALUES (?, ?) -- ä, not a "mark"`: `VALUES ($1, $2) -- ä, not a "mark"`,
	} {
		if got := rebind(postgres{}, query); got != want {
			t.Errorf("%s became %s, expected %s", query, got, want)
		}
		if got := rebind(sqlite{}, query); got != query {
			t.Errorf("%s became %s on SQLite", query, got)
		}
	}
}

func TestDialectsTakeOneArgumentForEachCondition(t *testing.T) {
	for _, d := range []dialect{sqlite{}, postgres{}} {
		for what, text := range map[string]string{"in": d.in("a.b"), "inInts": d.inInts("a.b"), "contains": d.contains("a.b")} {
			n := 0
			for _, r := range text {
				if r == '?' {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%s: %s takes %d arguments in %s", d.name(), what, n, text)
			}
		}
		for what, text := range map[string]string{"texts": d.texts("a.b"), "unindexed": d.unindexed("a.b")} {
			if text == "" {
				t.Errorf("%s: %s is empty", d.name(), what)
			}
		}
	}
	if got := (postgres{}).lock("task"); got != " FOR UPDATE OF task" {
		t.Errorf("lock is %q", got)
	}
}
