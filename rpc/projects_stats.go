package rpc

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// recently is what the protocol counts as completed lately.
const recently = 24 * time.Hour

// beside is what a list of projects may be asked to tell beside them.
type beside struct {
	stats, withChildren, ownContents, datasets bool

	users     []user.ID // nil for all
	kind      string    // of children: pipeline, report or dataset; "" for any
	kindTags  any       // a list filter on their tags; nil for all
	hidden    bool      // hidden projects are looked at, too
	explicit  bool      // a filter on tasks was given
	own       query.Filter
	living    query.Filter // own without what it says of archived tasks
	archived  bool         // own says something of them
	onlyThese bool         // projects without such users or children are left out
}

// besideOf reads the options of projects.get_all_ex.
func besideOf(keys api.Fields) (b beside, err error) {
	b = beside{
		stats: truthy(keys["include_stats"]), withChildren: keys["stats_with_children"] == nil || truthy(keys["stats_with_children"]),
		ownContents: truthy(keys["check_own_contents"]), datasets: truthy(keys["include_dataset_stats"]),
		hidden: truthy(keys["search_hidden"]),
	}
	users, err := texts("active_users", keys["active_users"])
	if err != nil {
		return b, err
	}
	for _, id := range users {
		b.users = append(b.users, user.ID(id))
	}
	if kind := keys["children_type"]; kind != nil {
		s, _ := kind.(string)
		if !slices.Contains([]string{"pipeline", "report", "dataset"}, s) {
			return b, ErrField.Errorf("children_type: expected one of pipeline, report, dataset").With("field", "children_type")
		}
		b.kind, b.kindTags = s, keys["children_tags"]
		if v := keys["children_tags_filter"]; v != nil {
			b.kindTags = v
		}
	}
	b.onlyThese = len(b.users) > 0 || b.kind != ""
	given := keys["include_stats_filter"]
	if given == nil {
		b.own = map[string]query.Filter{
			"pipeline": query.In{Field: "type", Values: []string{"controller"}},
			"report":   query.In{Field: "type", Values: []string{"report"}},
			"dataset":  query.In{Field: "type", Values: []string{"data_processing"}},
		}[b.kind]
		b.living = b.own
		return b, nil
	}
	filter, ok := given.(map[string]any)
	if !ok {
		return b, wrong("include_stats_filter", "an object", given)
	}
	b.explicit = true
	if b.own, err = statsFilter(filter); err != nil {
		return b, err
	}
	tags, _ := filter["system_tags"].([]any)
	rest := slices.DeleteFunc(slices.Clone(tags), func(v any) bool { return v == task.Archived || v == "-"+task.Archived })
	if b.archived = len(rest) < len(tags); b.archived {
		filter = maps.Clone(filter)
		if filter["system_tags"] = rest; len(rest) == 0 {
			delete(filter, "system_tags")
		}
	}
	b.living, err = statsFilter(filter)
	return b, err
}

// statsFilter reads {"field": [...]}, or {"field": {"any": ...}}, a filter on
// tasks; nil if it says nothing.
func statsFilter(object map[string]any) (query.Filter, error) {
	keys, blocks := map[string]any{}, map[string]any{}
	for name, v := range object {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				if _, isText := item.(string); !isText {
					return nil, wrong("include_stats_filter."+name, "a list of strings", item)
				}
			}
			if len(v) == 0 {
				return nil, ErrField.Errorf("include_stats_filter.%s: the list is empty", name).With("field", "include_stats_filter."+name)
			}
			keys[name] = v
		case map[string]any:
			if len(v) == 0 {
				return nil, ErrField.Errorf("include_stats_filter.%s: the filter is empty", name).With("field", "include_stats_filter."+name)
			}
			blocks[name] = v
		default:
			return nil, wrong("include_stats_filter."+name, "a list or a filter", v)
		}
	}
	if len(blocks) > 0 {
		keys["filters"] = blocks
	}
	all, err := filters(keys, task.Fields)
	if len(all) == 0 {
		return nil, err
	}
	return all, err
}

// selected are the projects with the wanted users or children, and all above
// them.
func (h *handlers) selected(ctx context.Context, c Call, b beside) (map[project.ID]bool, error) {
	holders, err := h.holders(ctx, c, b)
	if err != nil {
		return nil, err
	}
	found, err := h.Projects.Many(ctx, c.Who, holders)
	out := make(map[project.ID]bool, len(found))
	for id, p := range found {
		out[id] = true
		for _, above := range p.Path {
			out[above] = true
		}
	}
	return out, err
}

// holders are the projects that directly hold something of the wanted users
// and kind.
func (h *handlers) holders(ctx context.Context, c Call, b beside) ([]project.ID, error) {
	var byTags query.Filter
	if b.kindTags != nil {
		f, err := tagFilter(api.Fields{"tags": b.kindTags})
		if object, isBlock := b.kindTags.(map[string]any); isBlock {
			var blocks query.And
			if blocks, err = filters(api.Fields{"filters": map[string]any{"tags": object}}, project.Fields); len(blocks) > 0 {
				f = blocks
			}
		}
		if err != nil {
			return nil, err
		}
		byTags = f
	}
	f, err := h.Tasks.Filed(c.Who)
	if err != nil {
		return nil, err
	}
	if b.kind == "report" && byTags != nil {
		return f.Homes(ctx, query.And{query.In{Field: "type", Values: []string{"report"}}, byTags}, b.users)
	}
	held, err := f.Held(ctx, nil)
	if err != nil {
		return nil, err
	}
	var tagged map[project.ID]bool
	if tag := map[string]string{"pipeline": project.Pipeline, "dataset": project.Datasets}[b.kind]; tag != "" {
		kind := query.And{query.In{Field: "system_tags", Values: []string{tag}}}
		if byTags != nil {
			kind = append(kind, byTags)
		}
		list, err := h.Projects.List(ctx, c.Who, project.Query{Request: query.Request{Filter: kind}, IncludeHidden: true, Untagged: true})
		if err != nil {
			return nil, err
		}
		tagged = make(map[project.ID]bool, len(list))
		for _, p := range list {
			tagged[p.ID] = true
		}
	}
	var out []project.ID
	for _, one := range held {
		switch {
		case b.users != nil && !slices.Contains(b.users, one.User):
		case tagged != nil && !tagged[one.Project]:
		case b.kind == "report" && one.Type != "report":
		default:
			out = append(out, one.Project)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// tellBeside adds to documents of projects what else was asked for, by a fixed
// number of queries.
func (h *handlers) tellBeside(ctx context.Context, c Call, docs []api.Fields, found []project.Project, b beside, among map[project.ID]bool) error {
	ids := make([]project.ID, len(found))
	for i, p := range found {
		ids[i] = p.ID
	}
	for _, tell := range []struct {
		asked bool
		add   func(context.Context, Call, []api.Fields, []project.ID, beside, map[project.ID]bool) error
	}{
		{b.stats, h.addStats}, {b.ownContents, h.addOwn}, {b.datasets, h.addDatasetStats},
	} {
		if tell.asked && len(ids) > 0 {
			if err := tell.add(ctx, c, docs, ids, b, among); err != nil {
				return err
			}
		}
	}
	return nil
}

// family are the projects below each of those given that are to be shown, by
// name.
func (h *handlers) family(ctx context.Context, c Call, ids []project.ID, b beside, among map[project.ID]bool) (map[project.ID][]project.Project, error) {
	if !b.withChildren {
		return nil, nil
	}
	below, err := h.Projects.Below(ctx, c.Who, ids)
	hidden := b.hidden || b.kind == "dataset" || b.kind != "" && !b.explicit
	asked := make(map[project.ID]bool, len(ids))
	for _, id := range ids {
		asked[id] = true
	}
	out := make(map[project.ID][]project.Project)
	for _, p := range below {
		if !hidden && slices.Contains(p.SystemTags, project.Hidden) || among != nil && !among[p.ID] {
			continue
		}
		for _, above := range p.Path {
			if asked[above] {
				out[above] = append(out[above], p)
			}
		}
	}
	return out, err
}

func (h *handlers) addStats(ctx context.Context, c Call, docs []api.Fields, ids []project.ID, b beside, among map[project.ID]bool) error {
	below, err := h.family(ctx, c, ids, b, among)
	if err != nil {
		return err
	}
	everywhere := slices.Clone(ids)
	for _, list := range below {
		for _, p := range list {
			everywhere = append(everywhere, p.ID)
		}
	}
	slices.Sort(everywhere)
	f, err := h.Tasks.Filed(c.Who)
	if err != nil {
		return err
	}
	var sums map[project.ID]task.Summary
	if b.kind != "dataset" {
		sums, err = f.Summaries(ctx, task.Summing{Projects: slices.Compact(everywhere), Filter: b.living, Living: true, Since: h.Now().Add(-recently)})
		if err != nil {
			return err
		}
	}
	for i, id := range ids {
		subs := make([]api.Reference, len(below[id]))
		total := sums[id]
		var sets []project.Project
		for j, p := range below[id] {
			subs[j] = api.Reference{ID: string(p.ID), Name: p.Name}
			total = total.Add(sums[p.ID])
			if slices.Contains(p.SystemTags, project.Datasets) {
				sets = append(sets, p)
			}
		}
		docs[i]["sub_projects"] = subs
		if b.kind == "dataset" {
			docs[i]["stats"] = api.Fields{"datasets": datasetsOf(sets)}
			continue
		}
		docs[i]["stats"] = api.Fields{"active": statsOf(total)}
	}
	return nil
}

func datasetsOf(sets []project.Project) api.Fields {
	var tags []string
	for _, p := range sets {
		tags = append(tags, p.Tags...)
	}
	return api.Fields{"count": len(sets), "tags": list(project.SortTags(tags))}
}

func statsOf(s task.Summary) api.Fields {
	counts := make(map[task.Status]int)
	for _, status := range task.Statuses() {
		counts[status] = s.Number[status]
	}
	var last any
	if !s.LastRun.IsZero() {
		last = stamp(s.LastRun)
	}
	return api.Fields{
		"status_count": counts, "total_tasks": s.Total(), "total_runtime": s.Seconds,
		"completed_tasks_24h": s.Recent, "last_task_run": last,
	}
}

// addOwn counts what lies directly in the projects.
func (h *handlers) addOwn(ctx context.Context, c Call, docs []api.Fields, ids []project.ID, b beside, _ map[project.ID]bool) error {
	if b.kind == "dataset" {
		return h.addOwnDatasets(ctx, c, docs, ids)
	}
	f, err := h.Tasks.Filed(c.Who)
	if err != nil {
		return err
	}
	sums, err := f.Summaries(ctx, task.Summing{Projects: ids, Users: b.users, Filter: b.own, Living: !b.archived})
	if err != nil {
		return err
	}
	models, err := h.ownModels(ctx, c, ids, b)
	for i, id := range ids {
		docs[i]["own_tasks"], docs[i]["own_models"] = sums[id].Total(), models[id]
	}
	return err
}

// ownModels counts the models that lie directly in the projects. Conditions on
// tasks say nothing of them, but for archived ones.
func (h *handlers) ownModels(ctx context.Context, c Call, ids []project.ID, b beside) (map[project.ID]int, error) {
	f, err := h.Models.Filed(c.Who)
	if err != nil {
		return nil, err
	}
	held, err := f.Held(ctx, ids)
	out := make(map[project.ID]int)
	for _, m := range held {
		if (b.archived || !m.Archived) && (b.users == nil || slices.Contains(b.users, m.User)) {
			out[m.Project] += m.Number
		}
	}
	return out, err
}

func (h *handlers) addOwnDatasets(ctx context.Context, c Call, docs []api.Fields, ids []project.ID) error {
	below, err := h.Projects.Below(ctx, c.Who, ids)
	own := make(map[project.ID]int)
	for _, p := range below {
		if !slices.Contains(p.SystemTags, project.Datasets) {
			continue
		}
		// Datasets lie in a hidden project of their own, which is no place of
		// theirs to people.
		for _, above := range p.Path[max(0, len(p.Path)-2):] {
			own[above]++
		}
	}
	for i, id := range ids {
		docs[i]["own_datasets"] = own[id]
	}
	return err
}

// addDatasetStats tells size and number of files of the version that was
// updated last.
func (h *handlers) addDatasetStats(ctx context.Context, c Call, docs []api.Fields, ids []project.ID, _ beside, _ map[project.ID]bool) error {
	f, err := h.Tasks.Filed(c.Who)
	if err != nil {
		return err
	}
	latest, err := f.Latest(ctx, ids)
	for i, id := range ids {
		docs[i]["dataset_stats"] = nil
		if runtime := latest[id]; runtime != nil {
			docs[i]["dataset_stats"] = api.Fields{"file_count": orZero(runtime["ds_file_count"]), "total_size": orZero(runtime["ds_total_size"])}
		}
	}
	return err
}

func orZero(v any) any {
	if v == nil {
		return 0
	}
	return v
}
