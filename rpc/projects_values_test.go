package rpc_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

// request is a call of an endpoint by a role.
func request(endpoint, body string, role user.Role) rpctest.Request {
	return rpctest.Request{Path: "/v2.34/" + endpoint, Body: body, As: role}
}

func TestWhatTasksOfProjectsHaveInCommon(t *testing.T) {
	w := newWorld(t) // its task lies in the root
	p, sub, other := w.newProject(t, "p"), w.newProject(t, "p/sub"), w.newProject(t, "other")
	made := map[string]string{}
	for name, c := range map[string]struct{ project, section, param, value, tag string }{
		"a": {p, "Args", "lr", "10", "x"}, "b": {sub, "Args", "lr", "9", "y"}, "c": {other, "General", "seed", "n1", "z"}, "d": {p, "Args", "lr", "auto", "x"},
	} {
		made[name] = w.Call(t, "tasks.create", map[string]any{
			"name": name, "type": "training", "project": c.project, "tags": []string{c.tag}, "system_tags": []string{"sys " + c.tag},
			"hyperparams": map[string]any{c.section: map[string]any{c.param: map[string]any{"section": c.section, "name": c.param, "value": c.value}}},
		})["id"].(string)
	}
	w.Call(t, "tasks.edit", map[string]any{"task": w.task, "force": true, "tags": []string{"root"}, "hyperparams": map[string]any{
		"Args": map[string]any{"lr": map[string]any{"section": "Args", "name": "lr", "value": "7"}},
	}})
	w.Call(t, "tasks.started", map[string]any{"task": made["b"]})
	w.sent(t,
		`{"type":"training_stats_scalar","task":"`+made["b"]+`","metric":"loss","variant":"train","iter":1,"value":1,"timestamp":1}`,
		`{"type":"training_stats_scalar","task":"`+w.task+`","metric":"acc","variant":"v","iter":1,"value":1,"timestamp":1}`,
	)

	t.Run("hyper-parameters", func(t *testing.T) {
		for name, c := range map[string]struct {
			body map[string]any
			want string
		}{
			"everywhere":      {map[string]any{}, "[map[name:lr section:Args] map[name:seed section:General]] 2 0"},
			"one project":     {map[string]any{"project": p, "include_subprojects": false}, "[map[name:lr section:Args]] 1 0"},
			"root alone":      {map[string]any{"include_subprojects": false}, "[map[name:lr section:Args]] 1 0"},
			"another project": {map[string]any{"project": other}, "[map[name:seed section:General]] 1 0"},
			"a page":          {map[string]any{"page": 0, "page_size": 1}, "[map[name:lr section:Args]] 2 1"},
			"the next":        {map[string]any{"page": 1, "page_size": 1}, "[map[name:seed section:General]] 2 0"},
			"beyond":          {map[string]any{"page": 9e18, "page_size": 500}, "[] 2 0"},
		} {
			r := w.Call(t, "projects.get_hyper_parameters", c.body)
			if got := fmt.Sprint(r["parameters"], r["total"], r["remaining"]); got != c.want {
				t.Errorf("%s: %s, want %s", name, got, c.want)
			}
		}
	})
	t.Run("their values", func(t *testing.T) {
		lr := func(more map[string]any) string {
			t.Helper()
			body := map[string]any{"section": "Args", "name": "lr"}
			for k, v := range more {
				body[k] = v
			}
			r := w.Call(t, "projects.get_hyperparam_values", body)
			return fmt.Sprint(r["total"], r["values"])
		}
		for _, c := range []struct {
			body map[string]any
			want string
		}{
			{nil, "4 [7 9 10 auto]"},
			{map[string]any{"projects": []any{p}}, "3 [9 10 auto]"},
			{map[string]any{"projects": []any{p}, "include_subprojects": false}, "2 [10 auto]"},
			{map[string]any{"projects": []any{nil}}, "1 [7]"},
			{map[string]any{"projects": []any{nil, sub}}, "2 [7 9]"},
			{map[string]any{"pattern": "^A"}, "1 [auto]"},
			{map[string]any{"page": 1, "page_size": 3}, "4 [auto]"},
			{map[string]any{"name": "none"}, "0 []"},
		} {
			if got := lr(c.body); got != c.want {
				t.Errorf("%v: %s, want %s", c.body, got, c.want)
			}
		}
	})
	t.Run("metrics", func(t *testing.T) {
		metrics := func(body map[string]any) string {
			t.Helper()
			var out []string
			for _, m := range w.Call(t, "projects.get_unique_metric_variants", body)["metrics"].([]any) {
				d := m.(map[string]any)
				if d["metric_hash"] != md5Of(d["metric"].(string)) || d["variant_hash"] != md5Of(d["variant"].(string)) {
					t.Error(d)
				}
				out = append(out, fmt.Sprint(d["metric"], "/", d["variant"]))
			}
			return fmt.Sprint(out)
		}
		for want, body := range map[string]map[string]any{
			"[acc/v loss/train]": {}, "[loss/train]": {"project": p}, "[]": {"project": p, "include_subprojects": false}, "[acc/v]": {"ids": []string{w.task}},
		} {
			if got := metrics(body); got != want {
				t.Errorf("%v: %s, want %s", body, got, want)
			}
		}
		if got := metrics(map[string]any{"include_subprojects": false}) + metrics(map[string]any{"model_metrics": true}); got != "[acc/v][]" {
			t.Error(got)
		}
	})
	t.Run("tags", func(t *testing.T) {
		tags := func(endpoint string, body map[string]any) string {
			t.Helper()
			r := w.Call(t, endpoint, body)
			return fmt.Sprint(r["tags"], r["system_tags"])
		}
		for _, c := range []struct {
			endpoint string
			body     map[string]any
			want     string
		}{
			{"projects.get_task_tags", map[string]any{}, "[root x y z] <nil>"},
			{"projects.get_task_tags", map[string]any{"projects": []string{p}, "include_system": true}, "[x y] [sys x sys y]"},
			{"projects.get_task_tags", map[string]any{"projects": []string{other}}, "[z] <nil>"},
			{"projects.get_task_tags", map[string]any{"projects": []any{nil}}, "[root] <nil>"},
			{"projects.get_task_tags", map[string]any{"filter": map[string]any{"system_tags": []string{"sys x"}}}, "[x] <nil>"},
			{"projects.get_task_tags", map[string]any{"filter": map[string]any{"tags": []string{"-x", "-root"}}}, "[y z] <nil>"},
			{"projects.get_model_tags", map[string]any{"include_system": true}, "[] []"},
			{"projects.get_project_tags", map[string]any{}, "[] []"},
		} {
			if got := tags(c.endpoint, c.body); got != c.want {
				t.Errorf("%s %v: %s, want %s", c.endpoint, c.body, got, c.want)
			}
		}
		w.Call(t, "projects.update", map[string]any{"project": sub, "tags": []string{"nested"}, "system_tags": []string{"s"}})
		if got := tags("projects.get_project_tags", map[string]any{"projects": []string{p}}) + tags("projects.get_project_tags", map[string]any{"projects": []string{other}}) +
			tags("projects.get_project_tags", map[string]any{"include_system": true, "filter": map[string]any{"tags": []string{"nested"}}}); got != "[nested] [][] [][nested] [s]" {
			t.Error(got)
		}
	})
	t.Run("parents", func(t *testing.T) {
		w.Call(t, "tasks.edit", map[string]any{"task": made["b"], "force": true, "parent": made["a"]})
		w.Call(t, "tasks.edit", map[string]any{"task": made["c"], "force": true, "parent": w.task})
		w.Call(t, "tasks.archive", map[string]any{"tasks": []string{made["c"]}})
		parents := func(body map[string]any) string {
			t.Helper()
			var out []string
			for _, p := range w.Call(t, "projects.get_task_parents", body)["parents"].([]any) {
				d := p.(map[string]any)
				out = append(out, fmt.Sprint(d["name"], "@", d["project"].(map[string]any)["name"]))
			}
			return fmt.Sprint(out)
		}
		for _, c := range []struct {
			body map[string]any
			want string
		}{
			{map[string]any{}, "[a@p producer@<nil>]"},
			{map[string]any{"tasks_state": "active"}, "[a@p]"},
			{map[string]any{"tasks_state": "archived"}, "[producer@<nil>]"},
			{map[string]any{"projects": []string{p}}, "[a@p]"},
			{map[string]any{"projects": []string{p}, "include_subprojects": false}, "[]"},
			{map[string]any{"task_name": "^prod"}, "[producer@<nil>]"},
		} {
			if got := parents(c.body); got != c.want {
				t.Errorf("%v: %s, want %s", c.body, got, c.want)
			}
		}
	})
	t.Run("users", func(t *testing.T) {
		w.as(t, user.Member, "tasks.create", map[string]any{"name": "theirs", "type": "training", "project": sub})
		users := func(body map[string]any) string {
			t.Helper()
			return names(w.Call(t, "projects.get_user_names", body)["users"])
		}
		for _, c := range []struct {
			body map[string]any
			want string
		}{
			{map[string]any{}, "admin member"},
			{map[string]any{"projects": []string{p}}, "admin member"},
			{map[string]any{"projects": []string{p}, "include_subprojects": false}, "admin"},
			{map[string]any{"projects": []any{nil}}, "admin"},
			{map[string]any{"entity": "model"}, ""},
		} {
			if got := users(c.body); got != c.want {
				t.Errorf("%v: %q, want %q", c.body, got, c.want)
			}
		}
	})
	t.Run("model metadata", func(t *testing.T) {
		if r := w.Call(t, "projects.get_model_metadata_keys", map[string]any{"project": p}); fmt.Sprint(r) != "map[keys:[] remaining:0 total:0]" {
			t.Error(r)
		}
		if r := w.Call(t, "projects.get_model_metadata_values", map[string]any{"projects": []string{p}, "key": "k"}); fmt.Sprint(r) != "map[total:0 values:[]]" {
			t.Error(r)
		}
	})
}

func TestDefaultOutputDestinationIsKeptAndShown(t *testing.T) {
	w := world{World: rpctest.New(t)}
	p := w.Call(t, "projects.create", map[string]any{"name": "p", "default_output_destination": rpctest.FilesBase + "/out"})["id"].(string)
	if got := w.project(t, p)["default_output_destination"]; got != rpctest.FilesBase+"/out" {
		t.Error(got)
	}
	w.Call(t, "projects.update", map[string]any{"project": p, "default_output_destination": "s3://bucket/x"})
	if got := w.shown(t, p, nil)["default_output_destination"]; got != "s3://bucket/x" {
		t.Error(got)
	}
	w.Call(t, "projects.update", map[string]any{"project": p, "default_output_destination": nil})
	if got := w.project(t, p)["default_output_destination"]; got != nil {
		t.Error(got)
	}
}
