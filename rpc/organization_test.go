package rpc_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

func TestTagsOfEverything(t *testing.T) {
	w := newWorld(t)
	w.Call(t, "tasks.update", map[string]any{"task": w.task, "tags": []string{"b", "a"}, "system_tags": []string{"s"}})
	w.Call(t, "tasks.update", map[string]any{"task": w.newTask(t, "other"), "tags": []string{"c"}})
	if r := w.Call(t, "organization.get_tags", map[string]any{}); fmt.Sprint(r) != "map[tags:[a b c]]" {
		t.Error(r)
	}
	if r := w.Call(t, "organization.get_tags", map[string]any{"include_system": true, "filter": map[string]any{"tags": []string{"a"}}}); fmt.Sprint(r) != "map[system_tags:[s] tags:[a b]]" {
		t.Error(r)
	}
}

func TestTheOneCompany(t *testing.T) {
	w := newWorld(t)
	r := w.Call(t, "organization.get_user_companies", map[string]any{})["companies"].([]any)
	of := r[0].(map[string]any)
	if len(r) != 1 || of["allocated"] != 3.0 || names(of["owners"]) != "admin" || of["id"] == "" {
		t.Error(r)
	}
}

func TestThingsAreCounted(t *testing.T) {
	w := newWorld(t)
	p := w.newProject(t, "a/b")
	for _, typ := range []string{"training", "controller", "report", "data_processing"} {
		w.Call(t, "tasks.create", map[string]any{"name": typ, "type": typ, "project": p, "system_tags": []string{"kind " + typ}})
	}
	w.Call(t, "projects.create", map[string]any{"name": "a/.datasets/set", "system_tags": []string{"hidden", "dataset"}})
	w.Call(t, "projects.create", map[string]any{"name": "a/.pipelines/pipe", "system_tags": []string{"hidden", "pipeline"}})
	w.Call(t, "tasks.create", map[string]any{"name": "hidden", "type": "training", "system_tags": []string{"hidden"}})
	w.as(t, user.Member, "tasks.create", map[string]any{"name": "theirs", "type": "training", "project": w.newProject(t, "theirs")})
	member := w.listed(t, "users.get_all", map[string]any{"name": "^member$"}, "id")
	all := map[string]any{}
	for _, kind := range []string{"projects", "tasks", "models", "pipelines", "pipeline_runs", "datasets", "dataset_versions", "reports"} {
		all[kind] = map[string]any{}
	}
	for name, c := range map[string]struct {
		more map[string]any
		want string
	}{
		"all":        {nil, "map[dataset_versions:1 datasets:1 models:0 pipeline_runs:1 pipelines:1 projects:3 reports:1 tasks:6]"},
		"hidden too": {map[string]any{"search_hidden": true}, "map[dataset_versions:1 datasets:1 models:0 pipeline_runs:1 pipelines:1 projects:7 reports:1 tasks:7]"},
		"of some":    {map[string]any{"active_users": member}, "map[dataset_versions:0 datasets:0 models:0 pipeline_runs:0 pipelines:0 projects:1 reports:0 tasks:1]"},
		"up to two":  {map[string]any{"limit": 2}, "map[dataset_versions:1 datasets:1 models:0 pipeline_runs:1 pipelines:1 projects:2 reports:1 tasks:2]"},
	} {
		body := map[string]any{}
		for k, v := range all {
			body[k] = v
		}
		for k, v := range c.more {
			body[k] = v
		}
		if got := fmt.Sprint(w.Call(t, "organization.get_entities_count", body)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	r := w.Call(t, "organization.get_entities_count", map[string]any{
		"tasks": map[string]any{"type": []string{"training"}, "status": []string{"created"}}, "projects": map[string]any{"name": "("}, "reports": "all",
	})
	errors, _ := r["errors"].(map[string]any)
	if r["tasks"] != 2.0 || r["projects"] != nil || errors["projects"] == "" || errors["reports"] == "" || len(errors) != 2 {
		t.Error(r)
	}
	if r := w.Call(t, "organization.get_entities_count", map[string]any{}); len(r) != 0 {
		t.Error(r)
	}
}

// table downloads a table as an account of a role.
func (w world) table(t *testing.T, prepared map[string]any, as user.Role) rpctest.Reply {
	t.Helper()
	id := w.Call(t, "organization.prepare_download_for_get_all", prepared)["prepare_id"].(string)
	return w.Do(t, rpctest.Request{Method: http.MethodGet, Path: "/v2.34/organization.download_for_get_all?prepare_id=" + id, As: as})
}

func columns(pairs ...string) []any {
	var out []any
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, map[string]any{"field": pairs[i], "name": pairs[i+1]})
	}
	return out
}

func TestTablesAreDownloaded(t *testing.T) {
	w := newWorld(t)
	p := w.newProject(t, "lab/größe")
	for i := range 1200 {
		w.newTaskIn(t, fmt.Sprintf("row %04d", i), p)
	}
	formula := w.newTaskIn(t, `=HYPERLINK("x")`, p)
	w.Call(t, "tasks.edit", map[string]any{"task": formula, "tags": []string{"a", "b"}, "comment": "line\n\"two\"", "hyperparams": map[string]any{
		"Args": map[string]any{"l.r": map[string]any{"section": "Args", "name": "l.r", "value": "-0.5"}},
	}})
	mapped := append(columns("name", "NAME", "project.name", "PROJECT", "user", "USER", "tags", "TAGS", "comment", "COMMENT", "hyperparams.Args.l%2Er.value", "LR"),
		map[string]any{"field": "status", "name": "STATUS", "values": []any{map[string]any{"key": "created", "value": "Draft"}}})
	r := w.table(t, map[string]any{
		"entity_type": "task", "project": []string{p}, "order_by": []string{"name"}, "field_mappings": mapped,
		"only_fields": []string{"name", "project.name", "user.name", "tags", "comment", "status", "hyperparams.Args.l%2Er.value"},
	}, user.Admin)
	if r.Status != 200 || r.Header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.Contains(r.Header.Get("Content-Disposition"), "coffer-gr%C3%B6%C3%9Fe-tasks.csv") {
		t.Fatal(r.Status, r.Header)
	}
	if !strings.HasPrefix(string(r.Body), "\ufeff\"NAME\",\"PROJECT\"") {
		t.Errorf("%.60q", r.Body)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(r.Body), "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 1202 {
		t.Fatal(len(rows), err)
	}
	admin := w.listed(t, "users.get_all", map[string]any{"name": "^admin$"}, "id")[0]
	if got, want := fmt.Sprintf("%q", rows[1]), fmt.Sprintf("%q", []string{`'=HYPERLINK("x")`, "lab/größe", admin, "a, b", "line\n\"two\"", "'-0.5", "Draft"}); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if rows[1201][0] != "row 1199" || rows[2][0] != "row 0000" {
		t.Error(rows[2], rows[1201])
	}
	empty := w.table(t, map[string]any{"entity_type": "task", "name": "none", "field_mappings": columns("name", "NAME", "id", "ID"), "only_fields": []string{"name"}}, user.Admin)
	if string(empty.Body) != "NAME,ID\n" || !strings.Contains(empty.Header.Get("Content-Disposition"), "coffer-tasks.csv") {
		t.Errorf("%q %v", empty.Body, empty.Header)
	}
	models := w.table(t, map[string]any{"entity_type": "model", "field_mappings": columns("name", "NAME"), "only_fields": []string{"name"}}, user.Admin)
	if string(models.Body) != "NAME\n" {
		t.Errorf("%q", models.Body)
	}
}

func TestAPreparedTableIsOfWhoPreparedItForAWhile(t *testing.T) {
	w := newWorld(t)
	prepared := map[string]any{"entity_type": "task", "field_mappings": columns("name", "NAME"), "only_fields": []string{"name"}}
	if r := w.table(t, prepared, user.Member); r.Status != 400 || r.Subcode != 10 {
		t.Errorf("another account: %d/%d", r.Status, r.Subcode)
	}
	id := w.Call(t, "organization.prepare_download_for_get_all", prepared)["prepare_id"].(string)
	w.Pass(299 * time.Second)
	w.Do(t, rpctest.Request{Path: "/v2.34/organization.download_for_get_all", Body: `{"prepare_id":"` + id + `"}`})
	w.Pass(2 * time.Second)
	w.Refused(t, "organization.download_for_get_all", map[string]any{"prepare_id": id}, 400, 10)
	w.Refused(t, "organization.download_for_get_all", map[string]any{"prepare_id": "none"}, 400, 10)
	w.Refused(t, "organization.download_for_get_all", map[string]any{"prepare_id": strings.Repeat("A", 40_000)}, 400, 10)
	w.Refused(t, "organization.download_for_get_all", map[string]any{}, 400, 12)
	for name, change := range map[string]map[string]any{
		"no kind": {"entity_type": nil}, "another kind": {"entity_type": "queue"}, "no fields": {"only_fields": []string{}}, "no columns": {"field_mappings": []any{}},
		"columns alike": {"field_mappings": columns("name", "X", "id", "X")}, "a column of nothing": {"field_mappings": []any{map[string]any{"name": "X"}}},
	} {
		body := map[string]any{}
		for k, v := range prepared {
			body[k] = v
		}
		for k, v := range change {
			body[k] = v
		}
		t.Run(name, func(t *testing.T) { w.Refused(t, "organization.prepare_download_for_get_all", body, 400, 12) })
	}
	prepared["only_fields"] = []string{"nonsense"}
	w.Refused(t, "organization.prepare_download_for_get_all", prepared, 400, 14)
	prepared["only_fields"], prepared["name"] = []string{"name"}, "("
	w.Refused(t, "organization.prepare_download_for_get_all", prepared, 400, 21)
	w.Refused(t, "organization.get_entities_count", map[string]any{"limit": 0}, 400, 12)
	w.Refused(t, "organization.get_tags", map[string]any{"filter": map[string]any{"tags": []string{"__$odd"}}}, 400, 16)
}
