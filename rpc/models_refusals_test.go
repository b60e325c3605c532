package rpc_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/rpc"
	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

// raisedByModels is the closed list of errors that each endpoint of models can
// raise once its caller is let in, in the notation of raises.
var raisedByModels = map[string]string{
	"models.create":          "400/12 400/16 400/101",
	"models.get_by_id":       "400/12 400/201",
	"models.get_by_id_ex":    "400/11 400/14 400/21",
	"models.get_by_task_id":  "301/1 400/12 400/101 400/122 400/201",
	"models.get_all":         "400/11 400/12 400/14 400/16 400/21 400/1104",
	"models.get_all_ex":      "400/11 400/12 400/14 400/16 400/21 400/1104",
	"models.get_frameworks":  "400/12",
	"models.get_versions":    "400/12 400/201",
	"models.edit":            "400/12 400/16 400/101 400/201 400/203",
	"models.update":          "400/12 400/16 400/101 400/201 400/203",
	"models.update_for_task": "301/1 400/11 400/12 400/16 400/101 400/110 400/201 400/203 403/21",
	"models.set_ready":       "400/12 400/110 400/201 400/203",
	"models.publish_many":    "400/12 +400/110 +400/201 +400/203",
	"models.delete":          "400/12 400/201 400/205 400/206",
	"models.delete_many":     "400/12 +400/201 +400/205 +400/206",
	"models.archive_many":    "400/12 +400/201",
	"models.unarchive_many":  "400/12 +400/201",
	"models.update_tags":     "400/12 400/16",
	"models.move":            "400/11 400/12 400/401 400/407 400/409 403/21",
	"models.make_public":     "400/12 400/201",
	"models.make_private":    "400/12 400/201",

	"models.add_or_update_metadata": "400/12 400/201",
	"models.delete_metadata":        "400/12 400/201",
}

// modelProvocations are calls that are refused. $name stands for a model or
// task of modelCast; an endpoint may name the version that it is called by.
var modelProvocations = []provocation{
	{"models.create", "400/12", `{"name":"x"}`},
	{"models.create", "400/12", `{"uri":"s3://b/x"}`},
	{"models.create", "400/12", `{"name":" ","uri":"s3://b/x"}`},
	{"models.create", "400/12", `{"name":"x","uri":7}`},
	{"models.create", "400/12", `{"name":"x","uri":"s3://b/x","labels":{"a":null}}`},
	{"models.create", "400/12", `{"name":"x","uri":"s3://b/x","labels":{"a":"text"}}`},
	{"models.create", "400/12", `{"name":"x","uri":"s3://b/x","labels":{"a":1,"b":1}}`},
	{"models.create", "400/12", `{"name":"x","uri":"s3://b/x","labels":{" ":1}}`},
	{"models.create", "400/12", `{"name":"x","uri":"s3://b/x","metadata":{"a":{"key":"a","value":"1"}}}`},
	{"models.create", "400/12", `{"name":"x","uri":"s3://b/x","metadata":[]}`},
	{"models.create", "400/12", `{"name":"x","uri":"s3://b/x","metadata":{" ":{"key":" ","type":"t","value":"1"}}}`},
	{"models.create", "400/12", `{"name":"x","uri":"s3://b/x","project":"none"}`},
	{"models.create", "400/12", `{"name":"x","uri":"s3://b/x","framework":"$long"}`},
	{"models.create", "400/16", `{"name":"x","uri":"s3://b/x","tags":["__$not"]}`},
	{"models.create", "400/101", `{"name":"x","uri":"s3://b/x","task":"none"}`},
	{"models.create", "400/101", `{"name":"x","uri":"s3://b/x","task":"$publicTask"}`},
	{"models.get_by_id", "400/12", `{}`},
	{"models.get_by_id", "400/201", `{"model":"none"}`},
	{"models.get_by_id_ex", "400/11", `{}`},
	{"models.get_by_id_ex", "400/14", `{"id":["$draft"],"only_fields":["nonsense"]}`},
	{"models.get_by_id_ex", "400/21", `{"id":["$draft"],"name":"("}`},
	{"models.get_by_task_id", "301/1", `{"task":"$running"}`},
	{"2.13/models.get_by_task_id", "400/12", `{}`},
	{"2.13/models.get_by_task_id", "400/101", `{"task":"none"}`},
	{"2.13/models.get_by_task_id", "400/122", `{"task":"$running"}`},
	{"2.13/models.get_by_task_id", "400/201", `{"task":"$dangling"}`},
	{"models.get_frameworks", "400/12", `{"projects":"none"}`},
	{"models.get_versions", "400/12", `{}`},
	{"models.get_versions", "400/12", `{"model":"$draft","page":-1}`},
	{"models.get_versions", "400/12", `{"model":"$draft","page_size":0}`},
	{"models.get_versions", "400/201", `{"model":"none"}`},
	{"models.edit", "400/12", `{"name":"x"}`},
	{"models.edit", "400/12", `{"model":"$draft","name":""}`},
	{"models.edit", "400/12", `{"model":"$draft","labels":{"a":"text"}}`},
	{"models.edit", "400/12", `{"model":"$draft","metadata":[1]}`},
	{"models.edit", "400/12", `{"model":"$draft","iteration":"soon"}`},
	{"models.edit", "400/16", `{"model":"$draft","task":"none"}`},
	{"models.edit", "400/16", `{"model":"$draft","parent":"none"}`},
	{"models.edit", "400/16", `{"model":"$draft","project":"none"}`},
	{"models.edit", "400/101", `{"model":"$draft","task":"$publicTask"}`},
	{"models.edit", "400/201", `{"model":"none","name":"x"}`},
	{"models.edit", "400/201", `{"model":"$public","name":"x"}`},
	{"models.edit", "400/203", `{"model":"$ready","uri":"s3://b/other"}`},
	{"models.update", "400/12", `{"name":"x"}`},
	{"models.update", "400/12", `{"model":"$draft","name":"x","labels":{"a":null}}`},
	{"models.update", "400/16", `{"model":"$draft","project":"none"}`},
	{"models.update", "400/16", `{"model":"$draft","created":"yesterday"}`},
	{"models.update", "400/101", `{"model":"$draft","name":"x","task":"none"}`},
	{"models.update", "400/101", `{"model":"$draft","name":"x","task":"$publicTask"}`},
	{"models.update", "400/201", `{"model":"none","name":"x"}`},
	{"models.update", "400/203", `{"model":"$ready","uri":"s3://b/other"}`},
	{"models.update_for_task", "301/1", `{"task":"$running","uri":"s3://b/x"}`},
	{"2.13/models.update_for_task", "400/11", `{"task":"$running"}`},
	{"2.13/models.update_for_task", "400/11", `{"task":"$running","uri":"s3://b/x","override_model_id":"$draft"}`},
	{"2.13/models.update_for_task", "400/12", `{"uri":"s3://b/x"}`},
	{"2.13/models.update_for_task", "400/16", `{"task":"$running","uri":"s3://b/x","tags":["__$not"]}`},
	{"2.13/models.update_for_task", "400/101", `{"task":"none","uri":"s3://b/x"}`},
	{"2.13/models.update_for_task", "400/110", `{"task":"$stopped","uri":"s3://b/x"}`},
	{"2.13/models.update_for_task", "400/201", `{"task":"$running","override_model_id":"none"}`},
	{"2.13/models.update_for_task", "400/203", `{"task":"$withReady","uri":"s3://b/other"}`},
	{"2.13/models.update_for_task", "403/21", `{"task":"$publicTask","uri":"s3://b/x"}`},
	{"models.set_ready", "400/12", `{}`},
	{"models.set_ready", "400/110", `{"model":"$ofRunning"}`},
	{"models.set_ready", "400/201", `{"model":"none"}`},
	{"models.set_ready", "400/201", `{"model":"$public"}`},
	{"models.set_ready", "400/203", `{"model":"$ready"}`},
	{"models.publish_many", "400/12", `{"ids":[]}`},
	{"models.publish_many", "+400/110 +400/201 +400/203", `{"ids":["$ofRunning","none","$ready"]}`},
	{"models.delete", "400/12", `{"force":true}`},
	{"models.delete", "400/201", `{"model":"none"}`},
	{"models.delete", "400/201", `{"model":"$public","force":true}`},
	{"models.delete", "400/205", `{"model":"$used"}`},
	{"models.delete", "400/206", `{"model":"$ofPublished"}`},
	{"models.delete_many", "400/12", `{}`},
	{"models.delete_many", "+400/201 +400/205 +400/206", `{"ids":["none","$used","$ofPublished"]}`},
	{"models.archive_many", "400/12", `{"ids":[]}`},
	{"models.archive_many", "+400/201 +400/201", `{"ids":["none","$public"]}`},
	{"models.unarchive_many", "400/12", `{"ids":[]}`},
	{"models.unarchive_many", "+400/201 +400/201", `{"ids":["none","$public"]}`},
	{"models.update_tags", "400/12", `{"ids":["$draft"]}`},
	{"models.update_tags", "400/12", `{"ids":[],"add_tags":["x"]}`},
	{"models.update_tags", "400/12", `{"ids":$many,"add_tags":["x"]}`},
	{"models.update_tags", "400/16", `{"ids":["$draft"],"add_tags":["__$or"]}`},
	{"models.move", "400/11", `{"ids":["$draft"]}`},
	{"models.move", "400/12", `{"ids":[],"project":null}`},
	{"models.move", "400/401", `{"ids":["$draft"],"project":"none"}`},
	{"models.move", "400/407", `{"ids":["$draft"],"project_name":"/"}`},
	{"models.move", "400/409", `{"ids":["$draft"],"project_name":"1/2/3/4/5/6/7/8/9/10/11"}`},
	{"models.move", "403/21", `{"ids":["$draft"],"project":"$shown"}`},
	{"models.make_public", "400/12", `{"ids":[]}`},
	{"models.make_public", "400/201", `{"ids":["$draft","none"]}`},
	{"models.make_public", "400/201", `{"ids":["$draft","$public"]}`},
	{"models.make_private", "400/12", `{"ids":[]}`},
	{"models.make_private", "400/201", `{"ids":["$public","$draft"]}`},
	{"models.add_or_update_metadata", "400/12", `{"model":"$draft","metadata":[]}`},
	{"models.add_or_update_metadata", "400/12", `{"model":"$draft","metadata":[{"key":"a","type":"t","value":7}]}`},
	{"models.add_or_update_metadata", "400/12", `{"model":"$draft","metadata":[{"key":"a","value":"7"}]}`},
	{"models.add_or_update_metadata", "400/12", `{"model":"$draft","metadata":[{"key":" ","type":"t","value":"7"}]}`},
	{"models.add_or_update_metadata", "400/201", `{"model":"none","metadata":[{"key":"a","type":"t","value":"7"}]}`},
	{"models.delete_metadata", "400/12", `{"model":"$draft","keys":[]}`},
	{"models.delete_metadata", "400/201", `{"model":"none","keys":["a"]}`},
}

// refusedLists are list requests that any noun refuses.
var refusedLists = []provocation{
	{"", "400/11", `{"page":0,"page_size":null}`},
	{"", "400/12", `{"page":-1,"page_size":1}`},
	{"", "400/14", `{"only_fields":["nonsense"]}`},
	{"", "400/16", `{"last_update":[">=yesterday"]}`},
	{"", "400/21", `{"name":"("}`},
	{"", "400/1104", `{"scroll_id":"of somebody else","size":1}`},
}

// modelCast makes a model or task for every part in the provocations.
func modelCast(t *testing.T, w world) map[string]string {
	t.Helper()
	ids := map[string]string{
		"running": w.newTask(t, "running"), "stopped": w.newTask(t, "stopped"), "published": w.newTask(t, "published"),
		"dangling": w.newTask(t, "dangling"), "withReady": w.newTask(t, "with ready"), "publicTask": w.newTask(t, "public"),
		"draft": w.newModel(t, "draft", nil), "ready": w.newModel(t, "ready", map[string]any{"ready": true}),
		"public": w.newModel(t, "public", map[string]any{"public": true}), "used": w.newModel(t, "used", nil),
	}
	ids["ofRunning"] = w.newModel(t, "of running", map[string]any{"task": ids["running"]})
	ids["ofPublished"] = w.newModel(t, "of published", map[string]any{"task": ids["published"]})
	w.Call(t, "tasks.stopped", map[string]any{"task": ids["stopped"]})
	w.Call(t, "tasks.completed", map[string]any{"task": ids["published"], "publish": true})
	w.link(t, ids["stopped"], "input", "used", ids["used"])
	w.link(t, ids["dangling"], "output", "nowhere", "none")
	w.link(t, ids["withReady"], "output", "ready", ids["ready"])
	w.Call(t, "tasks.make_public", map[string]any{"ids": []string{ids["publicTask"]}})
	ids["shown"] = w.newProject(t, "shown")
	w.Call(t, "projects.make_public", map[string]any{"ids": []string{ids["shown"]}})
	return ids
}

func TestEveryErrorOfModelsIsProvoked(t *testing.T) {
	w := world{World: rpctest.New(t)}
	ids := modelCast(t, w)
	state := func() string {
		return w.state(t) + strings.Join(w.listed(t, "models.get_all", map[string]any{"order_by": []string{"id"}}, "last_change"), " ")
	}
	provoked := map[string]map[string]bool{}
	before := state()
	provoke := func(p provocation) {
		t.Helper()
		q := p.request(ids)
		version, endpoint, older := strings.Cut(p.endpoint, "/")
		if older {
			q.Path = "/v" + version + "/" + endpoint
		} else {
			endpoint = p.endpoint
		}
		r := w.Do(t, q)
		got := codes(r)
		if strings.Join(got, " ") != p.want {
			t.Errorf("%s %.200s: %v (%s), want %s", p.endpoint, p.body, got, r.Body, p.want)
		}
		if r.Status != 200 && (r.Message == "" || r.Message == "OK") {
			t.Errorf("%s %s: the refusal says nothing", p.endpoint, p.body)
		}
		for _, c := range got {
			if provoked[endpoint] == nil {
				provoked[endpoint] = map[string]bool{}
			}
			provoked[endpoint][c] = true
		}
		if after := state(); after != before {
			t.Fatalf("%s %s was refused and changed something:\n%s\n%s", p.endpoint, p.body, before, after)
		}
	}
	for _, p := range modelProvocations {
		provoke(p)
	}
	for _, p := range refusedLists {
		for _, p.endpoint = range []string{"models.get_all", "models.get_all_ex"} {
			provoke(p)
		}
	}
	for _, e := range rpc.Endpoints() {
		if !strings.HasPrefix(e.Name, "models.") {
			continue
		}
		listed, known := raisedByModels[e.Name]
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

func TestModelsAreChangedByMembersAndReadByGuests(t *testing.T) {
	w := world{World: rpctest.New(t)}
	id := w.newModel(t, "m", nil)
	for _, e := range rpc.Endpoints() {
		if !strings.HasPrefix(e.Name, "models.") {
			continue
		}
		q := rpctest.Request{Path: "/v2.34/" + e.Name, Body: `{"model":"` + id + `"}`, As: rpctest.Nobody}
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
