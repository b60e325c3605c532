package sqlstore

import (
	"encoding/json"
	"strconv"
	"strings"
)

// rebind turns `?` placeholders into those of the engine.
func rebind(d dialect, query string) string {
	if d.placeholder(1) == "?" {
		return query
	}
	var b strings.Builder
	n := 0
	for _, r := range query {
		if r == '?' {
			n++
			b.WriteString(d.placeholder(n))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// dialect is everything in which the two engines differ.
type dialect interface {
	name() string
	// placeholder returns the n-th parameter, counted from 1.
	placeholder(n int) string
	// in returns a condition that holds if col is one of the texts given as
	// the one argument `?`, made by list.
	in(col string) string
	// inInts is in for whole numbers.
	inInts(col string) string
	// oneOf returns a condition that holds if col is one of the few texts that a
	// query selects.
	oneOf(col, query string) string
	// each joins the few rows of a table that meet a condition.
	each(table, alias, met string) string
	// rows is a table made of the JSON array of arrays given as the one
	// argument `?`: its columns c1, c2... are texts ('t') or whole numbers
	// ('i') as the kinds say.
	rows(kinds string) string
	// contains returns a condition that holds if col contains the text
	// given as the one argument `?`, byte for byte.
	contains(col string) string
	// indexesWhole reports whether an index may hold texts of any length.
	indexesWhole() bool
	// unique is how a unique index holds a column of texts of any length.
	unique(col string) string
	// by makes an engine that knows nothing of how rows are spread look them up
	// by the index; it stands behind the name of a table.
	by(index string) string
	// rowNumber is the column by which a row is read without a look at an index; ""
	// if there is none.
	rowNumber() string
	// passing divides how many rows a project may have to be collected, where
	// instead an index of the rows of all projects could be walked: the quicker
	// its entries are passed over, the fewer.
	passing() int
	// merges reports whether the engine reads two ranges of an index side by side
	// where they are joined and that is quicker.
	merges() bool
	// unindexed is col, but not to be read in the order of an index.
	unindexed(col string) string
	// unwalked is a column of whole numbers in whose order no index is to be
	// walked.
	unwalked(col string) string
	// elements is a table w whose column value has the texts given as the
	// one argument `?`, made by list.
	elements() string
	// member is the text of a member of a JSON object, NULL if it is missing
	// or no text.
	member(col, name string) string
	// members is a table whose columns key and value have the members of a
	// JSON object.
	members(col string) string
	// memberText is the text in such a column value, NULL if it is no text.
	memberText(value string) string
	// sameMember holds if such a row has the value, which is what JSON can
	// say.
	sameMember(row string, value any) (cond, error)
	// texts gathers the texts of a group of rows into a JSON array.
	texts(col string) string
	// lock ends a SELECT of rows of the table that the transaction is going
	// to change.
	lock(table string) string
}

// among is the condition that col is one of the texts, and its argument. One
// text alone is compared directly, which is quicker than reading a list.
func among[T ~string](d dialect, col string, texts []T) (where string, arg any) {
	if len(texts) == 1 {
		return col + " = ?", string(texts[0])
	}
	return d.in(col), list(texts)
}

// columns writes the columns of rows.
func columns(kinds string, column func(i int, kind rune) string) string {
	out := make([]string, 0, len(kinds))
	for i, kind := range kinds {
		out = append(out, column(i, kind)+" AS c"+strconv.Itoa(i+1))
	}
	return strings.Join(out, ", ")
}

type sqlite struct{}

func (sqlite) name() string           { return "sqlite" }
func (sqlite) placeholder(int) string { return "?" }
func (sqlite) in(col string) string   { return col + " IN (SELECT value FROM json_each(?))" }
func (sqlite) inInts(col string) string {
	return col + " IN (SELECT value FROM json_each(?))"
}

func (sqlite) oneOf(col, query string) string {
	return col + " IN (" + query + ")"
}

func (sqlite) each(table, alias, met string) string {
	return " JOIN " + table + " " + alias + " ON " + met
}

func (sqlite) rows(kinds string) string {
	return "(SELECT " + columns(kinds, func(i int, _ rune) string { return "value ->> " + strconv.Itoa(i) }) + " FROM json_each(?))"
}
func (sqlite) contains(col string) string  { return "instr(" + col + ", ?) > 0" }
func (sqlite) indexesWhole() bool          { return true }
func (sqlite) unique(col string) string    { return col }
func (sqlite) by(index string) string      { return " INDEXED BY " + index }
func (sqlite) rowNumber() string           { return "rowid" }
func (sqlite) passing() int                { return 3 }
func (sqlite) merges() bool                { return false }
func (sqlite) unindexed(col string) string { return "+" + col }
func (sqlite) unwalked(col string) string  { return "+" + col }
func (sqlite) elements() string            { return "json_each(?) w" }
func (sqlite) member(col, name string) string {
	return "CASE json_type(" + col + ", '$." + name + "') WHEN 'text' THEN json_extract(" + col + ", '$." + name + "') END"
}
func (sqlite) members(col string) string { return "json_each(" + col + ")" }
func (sqlite) memberText(value string) string {
	return "CASE " + strings.TrimSuffix(value, "value") + "type WHEN 'text' THEN " + value + " END"
}

func (sqlite) sameMember(row string, value any) (cond, error) {
	switch v := value.(type) {
	case string:
		return when(row+".type = 'text' AND "+row+".value = ?", clean(v)), nil
	case bool:
		return when(row+".type = ?", strconv.FormatBool(v)), nil
	case json.Number:
		f, err := v.Float64()
		return when(row+".type IN ('integer', 'real') AND "+row+".value = ?", f), err
	}
	doc, err := document(value) // as the column was written
	return when(row+".type IN ('array', 'object') AND "+row+".value = ?", doc), err
}
func (sqlite) texts(col string) string { return "json_group_array(" + col + ")" }
func (sqlite) lock(string) string      { return "" } // there is one writer

type postgres struct{}

func (postgres) name() string             { return "postgres" }
func (postgres) placeholder(n int) string { return "$" + strconv.Itoa(n) }
func (postgres) in(col string) string {
	return col + " = ANY (?::text[])"
}

func (postgres) inInts(col string) string {
	return col + " = ANY (?::bigint[])"
}

// oneOf looks up each, where it would expect thousands and read the table.
func (postgres) oneOf(col, query string) string {
	return col + " = ANY (ARRAY (" + query + "))"
}

// each looks up the rows for each row before, for the same reason.
func (postgres) each(table, alias, met string) string {
	return " CROSS JOIN LATERAL (SELECT * FROM " + table + " " + alias + " WHERE " + met + " OFFSET 0) " + alias
}

func (postgres) rows(kinds string) string {
	return "(SELECT " + columns(kinds, func(i int, kind rune) string {
		if kind == 'i' {
			return "(value ->> " + strconv.Itoa(i) + ")::bigint"
		}
		return "(value ->> " + strconv.Itoa(i) + `) COLLATE "C"`
	}) + " FROM jsonb_array_elements(?::jsonb))"
}
func (postgres) contains(col string) string  { return "position(? in " + col + ") > 0" }
func (postgres) indexesWhole() bool          { return false }
func (postgres) unique(col string) string    { return "md5(" + col + ")" }
func (postgres) rowNumber() string           { return "" } // where a row lies changes with each update
func (postgres) by(string) string            { return "" } // it finds the index itself
func (postgres) passing() int                { return 4 }
func (postgres) merges() bool                { return true }
func (postgres) unindexed(col string) string { return col } // it knows how many rows to expect
func (postgres) unwalked(col string) string  { return "(" + col + " + 0)" }
func (postgres) elements() string            { return "unnest(?::text[]) w (value)" }
func (postgres) member(col, name string) string {
	return "CASE jsonb_typeof(" + col + "::jsonb -> '" + name + "') WHEN 'string' THEN " + col + "::jsonb ->> '" + name + "' END"
}
func (postgres) members(col string) string { return "jsonb_each(" + col + "::jsonb)" }
func (postgres) memberText(value string) string {
	return "CASE jsonb_typeof(" + value + ") WHEN 'string' THEN " + value + " #>> '{}' END"
}

func (postgres) sameMember(row string, value any) (cond, error) {
	doc, err := document(value)
	return when(row+".value = ?::jsonb", doc), err
}
func (postgres) texts(col string) string  { return "json_agg(" + col + ")::text" }
func (postgres) lock(table string) string { return " FOR UPDATE OF " + table }
