package rpc_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

func TestModelsInProjects(t *testing.T) {
	w := newWorld(t)
	p := w.newProject(t, "p")
	sub := w.newProject(t, "p/sub")
	item := func(value string) map[string]any {
		return map[string]any{"acc": map[string]any{"key": "acc", "type": "float", "value": value}, "of " + value: map[string]any{"key": "x", "type": "t", "value": ""}}
	}
	w.Upload(t, "w", "weights")
	a := w.newModel(t, "a", map[string]any{"project": p, "tags": []string{"x"}, "metadata": item("10"), "uri": rpctest.FilesBase + "/w"})
	b := w.newModel(t, "b", map[string]any{"project": sub, "tags": []string{"y"}, "system_tags": []string{"archived"}, "metadata": item("9"), "ready": true})
	w.newModel(t, "elsewhere", map[string]any{"tags": []string{"z"}, "metadata": item("1")})
	w.Call(t, "events.add", map[string]any{"type": "training_stats_scalar", "model_event": true, "task": a, "metric": "loss", "variant": "val", "iter": 1, "value": 1})

	t.Run("are asked for what they say", func(t *testing.T) {
		for _, c := range []struct {
			endpoint, field string
			body            map[string]any
			want            string
		}{
			{"projects.get_model_tags", "tags", map[string]any{}, "[x y z]"},
			{"projects.get_model_tags", "tags", map[string]any{"projects": []string{p}}, "[x y]"},
			{"projects.get_model_tags", "tags", map[string]any{"filter": map[string]any{"system_tags": []string{"archived"}}}, "[y]"},
			{"organization.get_tags", "tags", map[string]any{}, "[x y z]"},
			{"projects.get_model_metadata_keys", "keys", map[string]any{"project": p}, "[acc of 10 of 9]"},
			{"projects.get_model_metadata_keys", "keys", map[string]any{"project": p, "include_subprojects": false}, "[acc of 10]"},
			{"projects.get_model_metadata_keys", "total", map[string]any{}, "4"},
			{"projects.get_model_metadata_values", "values", map[string]any{"key": "acc"}, "[1 9 10]"},
			{"projects.get_model_metadata_values", "values", map[string]any{"projects": []string{p}, "key": "acc"}, "[9 10]"},
			{"projects.get_model_metadata_values", "values", map[string]any{"key": "never"}, "[]"},
		} {
			if got := fmt.Sprint(w.at(t, "2.34", c.endpoint, c.body)[c.field]); got != c.want {
				t.Errorf("%s %v: %s, want %s", c.endpoint, c.body, got, c.want)
			}
		}
		for _, body := range []map[string]any{{"project": p}, {"ids": []string{a}}, {}} {
			body["model_metrics"] = true
			found := w.at(t, "2.34", "projects.get_unique_metric_variants", body)["metrics"].([]any)
			if len(found) != 1 || found[0].(map[string]any)["metric"] != "loss" {
				t.Errorf("metrics of %v: %v", body, found)
			}
		}
		found := w.at(t, "2.34", "projects.get_user_names", map[string]any{"projects": []string{p}, "entity": "model"})["users"].([]any)
		if len(found) != 1 || found[0].(map[string]any)["name"] != "admin" {
			t.Errorf("owners %v", found)
		}
	})

	t.Run("are counted", func(t *testing.T) {
		for want, body := range map[string]map[string]any{
			"3": {}, "1": {"uri": []string{rpctest.FilesBase + "/w"}}, "2": {"system_tags": []string{"-archived"}},
		} {
			if got := fmt.Sprint(w.at(t, "2.34", "organization.get_entities_count", map[string]any{"models": body})["models"]); got != want {
				t.Errorf("%v: %s, want %s", body, got, want)
			}
		}
		own := func() string {
			r := w.at(t, "2.34", "projects.get_all_ex", map[string]any{"id": []string{p, sub}, "check_own_contents": true, "order_by": []string{"name"}})
			var out []string
			for _, d := range r["projects"].([]any) {
				out = append(out, fmt.Sprint(d.(map[string]any)["own_models"]))
			}
			return strings.Join(out, " ")
		}
		if got := own(); got != "1 0" {
			t.Errorf("own models %s", got)
		}
		w.Call(t, "models.unarchive_many", map[string]any{"ids": []string{b}})
		if got := own(); got != "1 1" {
			t.Errorf("own models %s", got)
		}
		w.Call(t, "models.archive_many", map[string]any{"ids": []string{b}})
		in := w.at(t, "2.34", "projects.validate_delete", map[string]any{"project": p})
		if in["models"] != 2.0 || in["non_archived_models"] != 1.0 {
			t.Errorf("%v", in)
		}
		w.Refused(t, "projects.delete", map[string]any{"project": p}, 400, 405)
	})

	t.Run("come as a table", func(t *testing.T) {
		r := w.table(t, map[string]any{"entity_type": "model", "field_mappings": columns("name", "NAME"), "only_fields": []string{"name"}, "order_by": []string{"name"}}, user.Admin)
		if string(r.Body) != "\ufeff\"NAME\"\r\n\"a\"\r\n\"b\"\r\n\"elsewhere\"\r\n" {
			t.Errorf("%q", r.Body)
		}
	})

	t.Run("move with a merge", func(t *testing.T) {
		q := w.newProject(t, "q")
		r := w.at(t, "2.34", "projects.merge", map[string]any{"project": sub, "destination_project": q})
		if r["moved_entities"] != 1.0 || w.model(t, b)["project"] != q {
			t.Errorf("%v", r)
		}
		w.at(t, "2.34", "projects.delete", map[string]any{"project": q})
		if d := w.model(t, b); d["project"] != nil {
			t.Errorf("filed under %v", d["project"])
		}
	})

	t.Run("go with their project", func(t *testing.T) {
		w.link(t, w.task, "input", "in", a)
		r := w.at(t, "2.34", "projects.delete", map[string]any{"project": p, "force": true, "delete_contents": true})
		if r["deleted_models"] != 1.0 || fmt.Sprint(r["urls"].(map[string]any)["model_urls"]) != "["+rpctest.FilesBase+"/w]" || w.has(t, "w") {
			t.Errorf("%v", r)
		}
		if got := w.linked(t, w.task, "input"); !slices.Equal(got, []string{"in:__DELETED__" + a}) {
			t.Errorf("the user names %v", got)
		}
	})

	t.Run("are as public as those", func(t *testing.T) {
		shown := w.newProject(t, "shown")
		w.Call(t, "projects.make_public", map[string]any{"ids": []string{shown}})
		w.Refused(t, "models.create", map[string]any{"name": "x", "uri": "s3://b/x", "project": shown}, 400, 12)
		w.Refused(t, "models.move", map[string]any{"ids": []string{b}, "project": shown}, 403, 21)
		w.newModel(t, "public", map[string]any{"project": shown, "public": true})
	})
}
