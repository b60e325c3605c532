package sqlstore

import (
	"strings"

	"github.com/coffer-ml/coffer/internal/query"
)

// source is what a list reads: the table of a noun, whose key is the column
// id, and the fields that filters and orders may name.
type source struct {
	table  string // what FROM names
	key    string // the column of its id, which is a whole number then; "" for id of the table
	ref    string // what stands for the id where the row itself is not read yet; "" for the id
	day    string // what stands for the day of the last update there; "" where it is not known
	words  *words // of the word search; nil if there is none
	rowed  bool   // lists tell the number of each row, if the engine has one: it is read by that
	fields map[string]field
	// family makes the fields that are known by the first part of their name
	// only: "hyperparams" for "hyperparams.Args.lr.value".
	family map[string]func(rest []string) (field, bool)
}

// field says how one field is asked for in SQL. All of it is text of ours.
type field struct {
	kind query.Type
	// value is the expression of the value; where rows is set, of the value in
	// a row v.
	value string
	null  bool // the value may be missing
	// long marks a text of which the first headLength characters are indexed,
	// and headed is the column that has them; "" if none does.
	long   bool
	headed string
	// name marks a long text that is never empty, and is indexed whole where
	// the engine can do so.
	name bool
	// home is the table of value, where the source joins several, and kept
	// what the rows that indexes hold meet.
	home, kept string
	// indexed names the orders in which indexes give the rows of one value of the
	// column; nil if there is no such index, and empty if one has them in none in
	// particular.
	indexed []string
	// spanned says that an index has the rows in the order of the column, and
	// what they are tested by most; daily is the one that has those of each day in
	// the order of their last update, "" if none has.
	spanned bool
	daily   string
	// fold is the expression of the text with case folded away; "" if it is
	// not kept.
	fold string
	// number is the expression of the text as a number, NULL if it is none; ""
	// if it is not kept.
	number string
	// natural is the expression of what a text that is no number is sorted
	// by; "" for the text itself.
	natural string
	// letters are those that the folded text consists of; "" for any.
	letters string
	// comments is where the texts that are not empty stand beside their ids;
	// nil if they do not.
	comments *comments
	// names is where the texts stand once each; nil if they do not.
	names *names
	// flags are the columns that are 1 where a list holds a text.
	flags map[string]string
	// few says that the column takes few values, which an index has.
	few bool
	// byDay is the index that has the rows of one value by the day of the last
	// update, which stands in them; "" if they have none.
	byDay string
	// ranks is where an index has the values in their order; nil if none has.
	ranks *ranking
	// member says that value is a column with a JSON object, and that the
	// field is a member of it; otherwise is what an empty one counts as.
	member, otherwise string
	rows              *rows
}

// rows says that the values of a field are rows v of another table.
type rows struct {
	table, owner string // owner is the column that holds the key of the source
	// near is the same table where the row of the source is known; nil for table.
	near   func(dialect) string
	where  string // what picks the rows of this field
	args   []any
	single bool // there is one for each row of the source at most
	// filed is the column with the project of the source's row, which the
	// indexes of the values hold too; "" if there is none.
	filed string
	// byProject says that an index has those of each project by themselves.
	byProject bool
	// object is a column of the source with a JSON object: the rows are its
	// members, and there is neither table nor owner.
	object string
}

// headLength is how many characters of long texts are indexed: enough to tell
// names apart, and a fraction of what an index entry of PostgreSQL may hold.
const headLength = 128

func head(expr string) string { return "substr(" + expr + ", 1, 128)" }

// head is the expression of the first headLength characters of a long text, as
// indexes have it.
func (f field) head() string {
	if f.headed != "" {
		return f.headed
	}
	return head(f.value)
}

// unindexed is the field, but not to be looked up by an index.
func (f field) unindexed(d dialect) field {
	f.value = d.unindexed(f.value)
	if f.headed != "" {
		f.headed = d.unindexed(f.headed)
	}
	if f.number != "" {
		f.number = d.unindexed(f.number)
	}
	return f
}

// headOf returns the first headLength characters of a text.
func headOf(s string) string {
	n := 0
	for i := range s {
		if n == headLength {
			return s[:i]
		}
		n++
	}
	return s
}

func (s source) id() string {
	if s.ref != "" {
		return s.ref
	}
	if s.key != "" {
		return s.key
	}
	return s.table + ".id"
}

// find returns the field of a name.
func (s source) find(name string) (field, error) {
	if f, ok := s.fields[name]; ok {
		return f, nil
	}
	if parts := query.Split(name); len(parts) > 1 && s.family[parts[0]] != nil {
		if f, ok := s.family[parts[0]](parts[1:]); ok {
			return f, nil
		}
	}
	return field{}, query.ErrField.Errorf("there is no field %q", name).With("field", name)
}

// of is the part of a subquery from FROM on that reads the rows of the field
// which belong to the row of the source.
func (r rows) of(d dialect, s source) string {
	if r.object != "" {
		return "FROM " + r.table + " v WHERE " + r.where
	}
	table := r.table
	if r.near != nil {
		table = r.near(d)
	}
	return "FROM " + table + " v WHERE v." + r.owner + " = " + s.id() + " AND " + r.where
}

// memberField is a text in a JSON column.
func memberField(column, name string) field {
	return field{kind: query.Text, value: column, member: name, null: true}
}

// missingField is one that no row has.
func missingField(t query.Type) field {
	if t == query.Number {
		return field{kind: t, value: "CAST(NULL AS BIGINT)", null: true}
	}
	return field{kind: t, value: "CAST(NULL AS TEXT)", null: true}
}

// documentField is a text that stands in the second table of a task.
func documentField(value, member string) field {
	return field{kind: query.Text, value: value, member: member, rows: &rows{table: "task_document", owner: "task_id", where: "TRUE"}}
}

// objectField makes the fields that are members of a JSON object, whose keys
// people choose.
func objectField(column string) func([]string) (field, bool) {
	return func(rest []string) (field, bool) {
		if len(rest) != 1 {
			return field{}, false
		}
		return field{kind: query.Text, value: "v.value", rows: &rows{object: column, where: "v.key = ?", args: []any{clean(rest[0])}}}, true
	}
}

// as is the table under another name than v, with the condition by which its row
// is joined to that of the source.
func (r rows) as(name string, s source) string {
	return r.table + " " + name + " ON " + name + "." + r.owner + " = " + s.id() + " AND " + called(name, r.where)
}

// called is an expression of rows v for rows of another name.
func called(name, expr string) string { return strings.ReplaceAll(expr, "v.", name+".") }

// tagField is the field of the tags, or system tags, of a noun.
func tagField(t tagTable, system int) field {
	of := rows{table: t.table, owner: t.owner, where: "v.system = ?", args: []any{system}}
	if t.filed {
		of.filed, of.byProject = "v.project_id", true
	}
	return field{kind: query.List, value: "v.tag", fold: "v.tag_fold", rows: &of}
}

// Fields of one column.
func textField(column string) field { return field{kind: query.Text, value: column} }
func refField(column string) field  { return field{kind: query.Text, value: column, null: true} }

// within marks a field of which indexes have the rows of each value, in the
// orders of other fields.
func within(f field, orders ...string) field {
	f.indexed = append([]string{}, orders...)
	return f
}

func timeField(column string) field { return field{kind: query.Time, value: column} }
func idField(column string) field {
	return field{kind: query.Text, value: column, fold: "upper(" + column + ")", letters: "0123456789ABCDEF"}
}

func nameField(column string) field {
	return field{kind: query.Text, value: column, long: true, name: true, fold: column + "_fold"}
}

func noteField(column string) field {
	return field{kind: query.Text, value: column, fold: column + "_fold"}
}

func maybeTimeField(column string) field {
	return field{kind: query.Time, value: column, null: true}
}
