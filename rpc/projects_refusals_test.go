package rpc_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/rpc"
	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

// raisedByProjects is the closed list of errors of the endpoints of projects,
// as raises is of tasks.
var raisedByProjects = map[string]string{
	"projects.create":          "400/11 400/12 400/16 400/407 400/409 400/414 400/801 403/21",
	"projects.get_by_id":       "400/12 400/401",
	"projects.get_all":         "400/11 400/12 400/14 400/16 400/21 400/1104",
	"projects.get_all_ex":      "400/11 400/12 400/14 400/16 400/21 400/1104",
	"projects.update":          "400/12 400/16 400/401 400/407 400/408 400/409 400/801 403/21",
	"projects.move":            "400/12 400/401 400/409 400/410 400/411 400/801 403/21",
	"projects.merge":           "400/12 400/401 400/410 400/412 400/409 400/801 403/21",
	"projects.validate_delete": "400/12 400/401",
	"projects.delete":          "400/12 400/401 400/402 400/405 400/406 400/413 403/21",
	"projects.make_public":     "400/12 400/401",
	"projects.make_private":    "400/12 400/401",

	"projects.get_unique_metric_variants": "400/12",
	"projects.get_hyper_parameters":       "400/12",
	"projects.get_hyperparam_values":      "400/12 400/21",
	"projects.get_model_metadata_keys":    "400/12",
	"projects.get_model_metadata_values":  "400/12",
	"projects.get_project_tags":           "400/12 400/16",
	"projects.get_task_tags":              "400/12 400/16",
	"projects.get_model_tags":             "400/12 400/16",
	"projects.get_task_parents":           "400/12 400/21",
	"projects.get_user_names":             "400/12",
}

const tooDeep = `1/2/3/4/5/6/7/8/9/10/11`

var projectProvocations = []provocation{
	{"projects.create", "400/11", `{"description":"x"}`},
	{"projects.create", "400/12", `{"name":7}`},
	{"projects.create", "400/12", `{"name":"x","tags":"y"}`},
	{"projects.create", "400/16", `{"name":"x","tags":["__$all"]}`},
	{"projects.create", "400/16", `{"name":"x","system_tags":["$long"]}`},
	{"projects.create", "400/407", `{"name":""}`},
	{"projects.create", "400/407", `{"name":" / "}`},
	{"projects.create", "400/409", `{"name":"` + tooDeep + `"}`},
	{"projects.create", "400/414", `{"name":"public"}`},
	{"projects.create", "400/801", `{"name":"a/b"}`},
	{"projects.create", "400/801", `{"name":" a // b "}`},
	{"projects.create", "403/21", `{"name":"public/below"}`},
	{"projects.get_by_id", "400/12", `{}`},
	{"projects.get_by_id", "400/401", `{"project":"none"}`},
	{"projects.get_all", "400/11", `{"page":0,"page_size":null}`},
	{"projects.get_all", "400/12", `{"page":-1}`},
	{"projects.get_all", "400/12", `{"search_text":7}`},
	{"projects.get_all", "400/14", `{"only_fields":["nonsense"]}`},
	{"projects.get_all", "400/16", `{"tags":[7]}`},
	{"projects.get_all", "400/21", `{"name":"("}`},
	{"projects.get_all", "400/1104", `{"scroll_id":"of somebody else","size":1}`},
	{"projects.get_all_ex", "400/11", `{"page":0,"page_size":null}`},
	{"projects.get_all_ex", "400/12", `{"children_type":"fish"}`},
	{"projects.get_all_ex", "400/12", `{"active_users":7}`},
	{"projects.get_all_ex", "400/12", `{"include_stats":true,"include_stats_filter":["x"]}`},
	{"projects.get_all_ex", "400/12", `{"include_stats":true,"include_stats_filter":{"tags":[]}}`},
	{"projects.get_all_ex", "400/12", `{"include_stats":true,"include_stats_filter":{"tags":{}}}`},
	{"projects.get_all_ex", "400/12", `{"include_stats":true,"include_stats_filter":{"tags":[null]}}`},
	{"projects.get_all_ex", "400/12", `{"include_stats":true,"include_stats_filter":{"tags":"x"}}`},
	{"projects.get_all_ex", "400/12", `{"include_stats":true,"include_stats_filter":{"tags":{"some":{}}}}`},
	{"projects.get_all_ex", "400/14", `{"only_fields":["nonsense"]}`},
	{"projects.get_all_ex", "400/16", `{"children_type":"dataset","children_tags":[7]}`},
	{"projects.get_all_ex", "400/21", `{"name":"("}`},
	{"projects.get_all_ex", "400/1104", `{"scroll_id":"of somebody else","size":1}`},
	{"projects.update", "400/12", `{"name":"x"}`},
	{"projects.update", "400/12", `{"project":"$a","description":7}`},
	{"projects.update", "400/16", `{"project":"$a","tags":["__$or"]}`},
	{"projects.update", "400/401", `{"project":"none","description":"x"}`},
	{"projects.update", "400/407", `{"project":"$a","name":"/"}`},
	{"projects.update", "400/408", `{"project":"$b","name":"c/b"}`},
	{"projects.update", "400/409", `{"project":"$a","name":"` + tooDeep + `"}`},
	{"projects.update", "400/801", `{"project":"$a","name":"full"}`},
	{"projects.update", "403/21", `{"project":"$public","description":"x"}`},
	{"projects.move", "400/12", `{"project":"$b"}`},
	{"projects.move", "400/12", `{"project":"$b","new_location":null}`},
	{"projects.move", "400/12", `{"new_location":"x"}`},
	{"projects.move", "400/401", `{"project":"none","new_location":"never made"}`},
	{"projects.move", "400/409", `{"project":"$b","new_location":"` + tooDeep + `"}`},
	{"projects.move", "400/409", `{"project":"$a","new_location":"1/2/3/4/5/6/7/8/9"}`},
	{"projects.move", "400/410", `{"project":"$b","new_location":"a"}`},
	{"projects.move", "400/410", `{"project":"$a","new_location":"/"}`},
	{"projects.move", "400/411", `{"project":"$a","new_location":"a"}`},
	{"projects.move", "400/411", `{"project":"$a","new_location":"a/b/c"}`},
	{"projects.move", "400/801", `{"project":"$b","new_location":"full"}`},
	{"projects.move", "403/21", `{"project":"$b","new_location":"public"}`},
	{"projects.move", "403/21", `{"project":"$public","new_location":"a"}`},
	{"projects.merge", "400/12", `{}`},
	{"projects.merge", "400/401", `{"project":"none","destination_project":"$a"}`},
	{"projects.merge", "400/401", `{"project":"$a","destination_project":"none"}`},
	{"projects.merge", "400/409", `{"project":"$deep","destination_project":"$nine"}`},
	{"projects.merge", "400/410", `{"project":"$a","destination_project":"$a"}`},
	{"projects.merge", "400/412", `{"project":"$a","destination_project":"$b"}`},
	{"projects.merge", "400/801", `{"project":"$a","destination_project":"$full"}`},
	{"projects.merge", "403/21", `{"project":"$public"}`},
	{"projects.merge", "403/21", `{"project":"$a","destination_project":"$public"}`},
	{"projects.validate_delete", "400/12", `{}`},
	{"projects.validate_delete", "400/401", `{"project":"none"}`},
	{"projects.delete", "400/12", `{"force":true}`},
	{"projects.delete", "400/401", `{"project":"none","force":true}`},
	{"projects.delete", "400/402", `{"project":"$full"}`},
	{"projects.delete", "400/402", `{"project":"$full","delete_contents":true}`},
	{"projects.delete", "400/402", `{"project":"$reports"}`},
	{"projects.delete", "400/405", `{"project":"$shelf"}`},
	{"projects.delete", "400/406", `{"project":"$sets","delete_contents":true}`},
	{"projects.delete", "400/413", `{"project":"$pipes"}`},
	{"projects.delete", "403/21", `{"project":"$public","force":true}`},
	{"projects.make_public", "400/12", `{"ids":[]}`},
	{"projects.make_public", "400/401", `{"ids":["$a","none"]}`},
	{"projects.make_public", "400/401", `{"ids":["$a","$public"]}`},
	{"projects.make_private", "400/12", `{}`},
	{"projects.make_private", "400/401", `{"ids":["$public","$a"]}`},

	{"projects.get_unique_metric_variants", "400/12", `{"project":7}`},
	{"projects.get_unique_metric_variants", "400/12", `{"ids":"x"}`},
	{"projects.get_hyper_parameters", "400/12", `{"page":-1}`},
	{"projects.get_hyper_parameters", "400/12", `{"page_size":0}`},
	{"projects.get_hyperparam_values", "400/12", `{"section":"Args"}`},
	{"projects.get_hyperparam_values", "400/12", `{"section":"Args","name":"lr","projects":[7]}`},
	{"projects.get_hyperparam_values", "400/12", `{"section":"Args","name":"lr","page":-1}`},
	{"projects.get_hyperparam_values", "400/21", `{"section":"Args","name":"lr","pattern":"("}`},
	{"projects.get_model_metadata_keys", "400/12", `{"page_size":0}`},
	{"projects.get_model_metadata_values", "400/12", `{"projects":["$a"]}`},
	{"projects.get_project_tags", "400/12", `{"projects":"x"}`},
	{"projects.get_project_tags", "400/16", `{"filter":{"tags":["__$not"]}}`},
	{"projects.get_task_tags", "400/12", `{"filter":["x"]}`},
	{"projects.get_task_tags", "400/16", `{"filter":{"tags":[7]}}`},
	{"projects.get_model_tags", "400/12", `{"projects":[{}]}`},
	{"projects.get_model_tags", "400/16", `{"filter":{"system_tags":["__$odd"]}}`},
	{"projects.get_task_parents", "400/12", `{"tasks_state":"asleep"}`},
	{"projects.get_task_parents", "400/21", `{"task_name":"("}`},
	{"projects.get_user_names", "400/12", `{"entity":"queue"}`},
}

// castProjects makes a project for every part in the provocations.
func castProjects(t *testing.T, w world) map[string]string {
	t.Helper()
	ids := map[string]string{}
	for part, name := range map[string]string{
		"a": "a", "b": "a/b", "public": "public", "full": "full", "reports": "reports", "sets": "sets", "pipes": "pipes", "shelf": "shelf",
		"deep": "deep", "nine": "1/2/3/4/5/6/7/8/9",
	} {
		if ids[part] = ""; name == "a" {
			continue // made with what lies below
		}
		ids[part] = w.newProject(t, name)
	}
	ids["a"] = w.project(t, ids["b"])["parent"].(string)
	w.newProject(t, "full/b")
	w.newProject(t, "deep/er/est")
	w.newTaskIn(t, "in the way", ids["full"])
	create := func(name, typ, in string, tags ...string) {
		p := w.Call(t, "projects.create", map[string]any{"name": in, "system_tags": tags})["id"]
		w.Call(t, "tasks.create", map[string]any{"name": name, "type": typ, "project": p})
	}
	create("1.0", "data_processing", "sets/.datasets/one", project.Hidden, project.Datasets)
	create("run", "controller", "pipes/.pipelines/one", project.Hidden, project.Pipeline)
	create("page", "report", "reports/.reports", project.Hidden)
	w.Call(t, "models.create", map[string]any{"name": "in the way", "uri": "s3://bucket/weights", "project": ids["shelf"]})
	w.Call(t, "projects.make_public", map[string]any{"ids": []string{ids["public"]}})
	return ids
}

func TestEveryErrorOfProjectsIsProvoked(t *testing.T) {
	w := world{World: rpctest.New(t)}
	ids := castProjects(t, w)
	provoked := map[string]map[string]bool{}
	before := w.state(t)
	for _, p := range projectProvocations {
		r := w.Do(t, p.request(ids))
		got := codes(r)
		if strings.Join(got, " ") != p.want {
			t.Errorf("%s %.200s: %v (%s), want %s", p.endpoint, p.body, got, r.Body, p.want)
		}
		if r.Status != 200 && (r.Message == "" || r.Message == "OK") {
			t.Errorf("%s %s: the refusal says nothing", p.endpoint, p.body)
		}
		for _, c := range got {
			if provoked[p.endpoint] == nil {
				provoked[p.endpoint] = map[string]bool{}
			}
			provoked[p.endpoint][c] = true
		}
		if after := w.state(t); after != before {
			t.Fatalf("%s %s was refused and changed something:\n%s\n%s", p.endpoint, p.body, before, after)
		}
	}
	for _, e := range rpc.Endpoints() {
		if !strings.HasPrefix(e.Name, "projects.") {
			continue
		}
		listed, known := raisedByProjects[e.Name]
		if !known {
			t.Errorf("%s has no list of errors", e.Name)
		}
		want := map[string]bool{}
		for _, c := range strings.Fields(listed) {
			want[c] = true
		}
		if !maps.Equal(want, provoked[e.Name]) {
			t.Errorf("%s: listed %s, provoked %v", e.Name, listed, slices.Sorted(maps.Keys(provoked[e.Name])))
		}
	}
}

func TestProjectsAreChangedByMembersAndReadByGuests(t *testing.T) {
	w := world{World: rpctest.New(t)}
	ids := castProjects(t, w)
	for _, e := range rpc.Endpoints() {
		if !strings.HasPrefix(e.Name, "projects.") {
			continue
		}
		q := rpctest.Request{Path: "/v2.34/" + e.Name, Body: `{"project":"` + ids["a"] + `"}`, As: rpctest.Nobody}
		if r := w.Do(t, q); r.Status != 401 || r.Subcode != 20 {
			t.Errorf("%s without credentials: %d/%d", e.Name, r.Status, r.Subcode)
		}
		q.As = user.Guest
		r := w.Do(t, q)
		if refused := r.Status == 403 && r.Subcode == 20; refused != (e.Access == "member") {
			t.Errorf("%s as a guest, who needs %s: %d/%d %s", e.Name, e.Access, r.Status, r.Subcode, r.Message)
		}
	}
}
