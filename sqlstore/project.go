package sqlstore

import (
	"context"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/project"
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
	project.user_id, project.created, project.last_update, project.default_output_destination`

func scanProject(s scanner) (p project.Project, err error) {
	return p, s.Scan(&p.ID, &p.Name, nullable(&p.Parent), parsed{&p.Path}, &p.Description,
		nullable(&p.User), clock{&p.Created}, clock{&p.LastUpdate}, &p.DefaultOutputDestination)
}

// Insert implements project.Store.
func (s projects) Insert(ctx context.Context, p project.Project) error {
	path, err := document(append([]project.ID{}, p.Path...))
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		_, err := s.db.exec(ctx, `
			INSERT INTO project (id, name, name_key, name_fold, basename, basename_fold, parent, path,
				description, description_fold, user_id, created, last_update, default_output_destination)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			p.ID, p.Name, key(p.Name), query.Fold(p.Name), p.Basename(), query.Fold(p.Basename()), null(p.Parent), path,
			p.Description, query.Fold(p.Description), null(p.User), millis(p.Created), millis(p.LastUpdate), p.DefaultOutputDestination)
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
	found, err := collect(ctx, s.db, scanProject, `SELECT `+projectColumns+` FROM project WHERE `+where, arg)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	tags, err := projectTags.load(ctx, s.db, texts(ids))
	for i := range found {
		of := tags[string(found[i].ID)]
		found[i].Tags, found[i].SystemTags = of.tags, of.system
	}
	return found, err
}

// List implements project.Store.
func (s projects) List(ctx context.Context, q project.Query) ([]project.Project, error) {
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
		own = append(own, when("project.id IN ("+below(s.db.dialect)+")", list(q.Parents)))
	}
	ids, err := s.db.page(ctx, projectSource, own, q.Request)
	if err != nil {
		return nil, err
	}
	found, err := s.Many(ctx, convert[project.ID](ids))
	return inOrder(ids, found, func(p project.Project) string { return string(p.ID) }), err
}

// below selects the ids of everything below the projects given as the one
// argument.
func below(d dialect) string {
	return `WITH RECURSIVE below (id) AS (
			SELECT child.id FROM project child WHERE ` + d.in("child.parent") + `
			UNION SELECT child.id FROM below JOIN project child ON child.parent = below.id
		) SELECT below.id FROM below`
}

// Descendants implements project.Store.
func (s projects) Descendants(ctx context.Context, ids []project.ID) ([]project.ID, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return collect(ctx, s.db, scalar[project.ID], below(s.db.dialect), list(ids))
}

// Update implements project.Store.
func (s projects) Update(ctx context.Context, p project.Project) error {
	absent := project.ErrNotFound.Errorf("there is no project %s", p.ID)
	return s.db.Tx(ctx, func(ctx context.Context) error {
		before, err := one(ctx, s.db, absent, scanNote, `SELECT name, description FROM project WHERE id = ?`+s.db.dialect.lock("project"), p.ID)
		if err != nil {
			return err
		}
		if before.name != p.Name {
			if err := s.rename(ctx, p.ID, before.name, p.Name); err != nil {
				return err
			}
		}
		if err := projectWords.change(ctx, s.db, string(p.ID), projectTexts(p.Name, before.description), projectTexts(p.Name, p.Description)); err != nil {
			return err
		}
		if _, err := s.db.exec(ctx, `
			UPDATE project SET description = ?, description_fold = ?, last_update = ?, default_output_destination = ? WHERE id = ?`,
			p.Description, query.Fold(p.Description), millis(p.LastUpdate), p.DefaultOutputDestination, p.ID); err != nil {
			return err
		}
		return projectTags.save(ctx, s.db, string(p.ID), tagged{p.Tags, p.SystemTags})
	})
}

// note is what a project calls itself.
type note struct{ name, description string }

func scanNote(s scanner) (n note, err error) { return n, s.Scan(&n.name, &n.description) }

// rename gives a project and everything below it new names.
func (s projects) rename(ctx context.Context, id project.ID, from, to string) error {
	type renamed struct {
		id                project.ID
		name, description string
	}
	all, err := collect(ctx, s.db, func(s scanner) (n renamed, err error) {
		return n, s.Scan(&n.id, &n.name, &n.description)
	}, `SELECT id, name, description FROM project WHERE id IN (`+below(s.db.dialect)+` UNION ALL SELECT ?)`, list([]project.ID{id}), id)
	if err != nil {
		return err
	}
	for _, n := range all {
		name := to + strings.TrimPrefix(n.name, from)
		base := project.Project{Name: name}.Basename()
		_, err := s.db.exec(ctx, `
			UPDATE project SET name = ?, name_key = ?, name_fold = ?, basename = ?, basename_fold = ? WHERE id = ?`,
			name, key(name), query.Fold(name), base, query.Fold(base), n.id)
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

// Touch implements project.Store.
func (s projects) Touch(ctx context.Context, id project.ID, at time.Time) error {
	n, err := s.db.changed(ctx, `UPDATE project SET last_update = ? WHERE id = ?`, millis(at), id)
	return touchedNone(n, err, project.ErrNotFound.Errorf("there is no project %s", id))
}
