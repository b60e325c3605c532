package sqlstore

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/user"
)

var projectTags = tagTable{table: "project_tag", owner: "project_id"}

// projectSource maps project.Fields to columns.
var projectSource = source{
	table: "project",
	words: &projectWords,
	fields: map[string]field{
		"id":                         idField("project.id"),
		"name":                       nameField("project.name"),
		"basename":                   noteField("project.basename"),
		"description":                noteField("project.description"),
		"parent":                     within(refField("project.parent"), "last_update"),
		"tags":                       tagField(projectTags, 0),
		"system_tags":                tagField(projectTags, 1),
		"created":                    timeField("project.created"),
		"last_update":                timeField("project.last_update"),
		"user":                       within(refField("project.user_id"), "last_update"),
		"default_output_destination": textField("project.default_output_destination"),
	},
}

// Projects returns the store of projects.
func (db *DB) Projects() project.Store { return projects{db} }

type projects struct{ db *DB }

const projectColumns = `project.id, project.name, project.parent, project.path, project.description,
	project.user_id, project.created, project.last_update, project.default_output_destination, project.public`

func scanProject(s scanner) (p project.Project, err error) {
	return p, s.Scan(&p.ID, &p.Name, nullable(&p.Parent), parsed{&p.Path}, &p.Description,
		nullable(&p.User), clock{&p.Created}, clock{&p.LastUpdate}, &p.DefaultOutputDestination, &p.Public)
}

// Insert implements project.Store.
func (s projects) Insert(ctx context.Context, p project.Project) error {
	path, err := document(append([]project.ID{}, p.Path...))
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		user.Note(ctx, user.ProjectObject, string(p.ID), "")
		_, err := s.db.exec(ctx, `
			INSERT INTO project (id, name, name_key, name_fold, basename, basename_fold, parent, path,
				description, description_fold, user_id, created, last_update, default_output_destination, public)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			p.ID, p.Name, key(p.Name), query.Fold(p.Name), p.Basename(), query.Fold(p.Basename()), null(p.Parent), path,
			p.Description, query.Fold(p.Description), null(p.User), millis(p.Created), millis(p.LastUpdate), p.DefaultOutputDestination, truthful(p.Public))
		if isDuplicate(err) {
			return nameTaken(p.Name)
		}
		if err != nil {
			return err
		}
		if err := projectWords.change(ctx, s.db, string(p.ID), nil, projectTexts(p.Name, p.Description)); err != nil {
			return err
		}
		return projectTags.insert(ctx, s.db, string(p.ID), tagged{p.Tags, p.SystemTags})
	})
}

// projectTexts are what a word search looks at.
func projectTexts(name, description string) []weighed {
	return []weighed{{name, nameWeight}, {description, nameWeight}}
}

func nameTaken(name string) error {
	return project.ErrNameTaken.Errorf("a project named %q exists already", name)
}

// Get implements project.Store.
func (s projects) Get(ctx context.Context, id project.ID) (project.Project, error) {
	return s.one(ctx, project.ErrNotFound.Errorf("there is no project %s", id), "project.id = ?", id)
}

// ByName implements project.Store.
func (s projects) ByName(ctx context.Context, name string) (project.Project, error) {
	return s.one(ctx, project.ErrNotFound.Errorf("there is no project named %q", name), "project.name_key = ?", key(name))
}

func (s projects) one(ctx context.Context, absent error, where string, arg any) (project.Project, error) {
	p, err := one(ctx, s.db, absent, scanProject, `SELECT `+projectColumns+` FROM project WHERE `+where, arg)
	if err != nil {
		return project.Project{}, err
	}
	tags, err := projectTags.load(ctx, s.db, []string{string(p.ID)})
	of := tags[string(p.ID)]
	p.Tags, p.SystemTags = of.tags, of.system
	return p, err
}

// Many implements project.Store.
func (s projects) Many(ctx context.Context, ids []project.ID) ([]project.Project, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	where, arg := among(s.db.dialect, "project.id", ids)
	return s.several(ctx, where, arg)
}

// rows returns the projects that meet a condition, without their tags.
func (s projects) rows(ctx context.Context, where string, args ...any) ([]project.Project, error) {
	return collect(ctx, s.db, scanProject, `SELECT `+projectColumns+` FROM project WHERE `+where, args...)
}

// headings returns the ids and names of the projects that meet a condition.
func (s projects) headings(ctx context.Context, where string, args ...any) ([]project.Project, error) {
	return collect(ctx, s.db, func(r scanner) (p project.Project, err error) { return p, r.Scan(&p.ID, &p.Name) },
		`SELECT id, name FROM project`+s.db.dialect.by("project_heading")+` WHERE `+where, args...)
}

// several returns the projects that meet a condition.
func (s projects) several(ctx context.Context, where string, args ...any) ([]project.Project, error) {
	found, err := s.rows(ctx, where, args...)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	tags, err := projectTags.load(ctx, s.db, ids(found, func(p project.Project) project.ID { return p.ID }))
	for i := range found {
		of := tags[string(found[i].ID)]
		found[i].Tags, found[i].SystemTags = of.tags, of.system
	}
	return found, err
}

// ids returns the ids of rows as plain texts.
func ids[T any, ID ~string](rows []T, id func(T) ID) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = string(id(r))
	}
	return out
}

// List implements project.Store.
func (s projects) List(ctx context.Context, q project.Query) ([]project.Project, error) {
	found, err := s.db.page(ctx, projectSource, s.own(q), q.Request)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, nil
	}
	load := s.several
	switch {
	case q.Heading:
		load = s.headings
	case q.Untagged:
		load = s.rows
	}
	where, arg := among(s.db.dialect, "project.id", found)
	list, err := load(ctx, where, arg)
	return inOrder(found, list, func(p project.Project) string { return string(p.ID) }), err
}

// Count implements project.Store.
func (s projects) Count(ctx context.Context, q project.Query, limit int) (int, error) {
	return s.db.total(ctx, projectSource, s.own(q), q.Request, limit)
}

// own are the conditions of a query beside its filter.
func (s projects) own(q project.Query) []cond {
	var own []cond
	if !q.IncludeHidden {
		own = append(own, untagged(projectSource, projectTags, project.Hidden))
	}
	switch {
	case q.Shallow && len(q.Parents) == 0:
		own = append(own, when("project.parent IS NULL"))
	case q.Shallow:
		own = append(own, when(among(s.db.dialect, "project.parent", q.Parents)))
	case len(q.Parents) > 0:
		own = append(own, when(s.db.dialect.oneOf("project.id", below(s.db.dialect)), list(q.Parents)))
	}
	if q.Private {
		own = append(own, when("project.public = 0"))
	}
	if q.Among != nil {
		own = append(own, when(s.db.dialect.in("project.id"), list(*q.Among)))
	}
	return own
}

// below selects the ids of everything below the projects given as the one
// argument.
func below(d dialect) string {
	return `WITH RECURSIVE below (id) AS (
			SELECT child.id FROM project child WHERE ` + d.in("child.parent") + `
			UNION SELECT child.id FROM below` + d.each("project", "child", "child.parent = below.id") + `
		) SELECT below.id FROM below`
}

// inTree holds if col is one of the projects given as the first of two arguments, or
// lies below one of them, given again as the second.
func inTree(d dialect, col string) string {
	return `(` + d.in(col) + ` OR ` + d.oneOf(col, below(d)) + `)`
}

// Descendants implements project.Store.
func (s projects) Descendants(ctx context.Context, ids []project.ID) ([]project.ID, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return collect(ctx, s.db, scalar[project.ID], below(s.db.dialect), list(ids))
}

// Below implements project.Store.
func (s projects) Below(ctx context.Context, ids []project.ID) ([]project.Project, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return s.several(ctx, s.db.dialect.oneOf("project.id", below(s.db.dialect))+` ORDER BY project.name, project.id`, list(ids))
}

// Tags implements project.Store.
func (s projects) Tags(ctx context.Context, in []project.ID, filter query.Filter) (project.Tags, error) {
	where := always
	if in != nil {
		where = when(inTree(s.db.dialect, "project.id"), list(in), list(in))
	}
	return projectTags.inUse(ctx, s.db, projectSource, where, filter)
}

// Update implements project.Store.
func (s projects) Update(ctx context.Context, p project.Project) error {
	absent := project.ErrNotFound.Errorf("there is no project %s", p.ID)
	return s.db.Tx(ctx, func(ctx context.Context) error {
		user.Note(ctx, user.ProjectObject, string(p.ID), "")
		before, err := one(ctx, s.db, absent, scanPlaced, `SELECT id, name, description, path FROM project WHERE id = ?`+s.db.dialect.lock("project"), p.ID)
		if err != nil {
			return err
		}
		if before.name != p.Name || !slices.Equal(before.path, p.Path) {
			if err := s.relocate(ctx, before, p); err != nil {
				return err
			}
		}
		if err := projectWords.change(ctx, s.db, string(p.ID), projectTexts(p.Name, before.description), projectTexts(p.Name, p.Description)); err != nil {
			return err
		}
		if _, err := s.db.exec(ctx, `
			UPDATE project SET description = ?, description_fold = ?, last_update = ?, default_output_destination = ?, parent = ?, public = ? WHERE id = ?`,
			p.Description, query.Fold(p.Description), millis(p.LastUpdate), p.DefaultOutputDestination, null(p.Parent), truthful(p.Public), p.ID); err != nil {
			return err
		}
		return projectTags.save(ctx, s.db, string(p.ID), tagged{p.Tags, p.SystemTags})
	})
}

// note is what a project calls itself.
type note struct{ name, description string }

// placed is a project in the tree.
type placed struct {
	id project.ID
	note
	path []project.ID
}

func scanPlaced(s scanner) (p placed, err error) {
	return p, s.Scan(&p.id, &p.name, &p.description, parsed{&p.path})
}

// relocate gives a project and everything below it new names and paths.
func (s projects) relocate(ctx context.Context, from placed, to project.Project) error {
	tree := s.db.dialect.oneOf("id", below(s.db.dialect)+` UNION ALL SELECT ?`)
	all, err := collect(ctx, s.db, scanPlaced, `SELECT id, name, description, path FROM project WHERE `+tree, list([]project.ID{from.id}), from.id)
	if err != nil {
		return err
	}
	for _, n := range all {
		name := to.Name + strings.TrimPrefix(n.name, from.name)
		base := project.Project{Name: name}.Basename()
		path, err := document(append(append([]project.ID{}, to.Path...), n.path[len(from.path):]...))
		if err != nil {
			return err
		}
		_, err = s.db.exec(ctx, `
			UPDATE project SET name = ?, name_key = ?, name_fold = ?, basename = ?, basename_fold = ?, path = ? WHERE id = ?`,
			name, key(name), query.Fold(name), base, query.Fold(base), path, n.id)
		if isDuplicate(err) {
			return nameTaken(name)
		}
		if err != nil {
			return err
		}
		if err := projectWords.change(ctx, s.db, string(n.id), projectTexts(n.name, n.description), projectTexts(name, n.description)); err != nil {
			return err
		}
	}
	return nil
}

// Delete implements project.Store.
func (s projects) Delete(ctx context.Context, ids []project.ID) error {
	for _, id := range ids {
		user.Note(ctx, user.ProjectObject, string(id), "")
	}
	if len(ids) == 0 {
		return nil
	}
	where, arg := among(s.db.dialect, "id", ids)
	_, err := s.db.exec(ctx, `DELETE FROM project WHERE `+where, arg)
	return err
}

// Touch implements project.Store.
func (s projects) Touch(ctx context.Context, id project.ID, at time.Time) error {
	n, err := s.db.changed(ctx, `UPDATE project SET last_update = ? WHERE id = ?`, millis(at), id)
	return touchedNone(n, err, project.ErrNotFound.Errorf("there is no project %s", id))
}
