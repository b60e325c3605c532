package rpc_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/rpc"
	"github.com/coffer-ml/coffer/rpc/rpctest"
)

var update = flag.Bool("update", false, "write golden pairs and generated tables anew")

// volatile are the fields whose values differ between runs.
var volatile = regexp.MustCompile(`"([0-9a-f]{32})"|"(\d{4}-\d\d-\d\dT[^"]+)"|"(eyJ[^"]+)"|"([A-Z0-9]{30})"|"([A-Za-z0-9_-]{67})"|"last_update":\d+|"prepare_id":"[^"]+"`)

// mask replaces what differs between runs by what it is.
func mask(text []byte) []byte {
	return volatile.ReplaceAllFunc(text, func(m []byte) []byte {
		if bytes.HasPrefix(m, []byte(`"last_update"`)) {
			return []byte(`"last_update":"<time>"`)
		}
		if bytes.HasPrefix(m, []byte(`"prepare_id"`)) {
			return []byte(`"prepare_id":"<name>"`)
		}
		switch s := string(m[1 : len(m)-1]); {
		case strings.HasPrefix(s, "eyJ"):
			return []byte(`"<token>"`)
		case strings.Contains(s, ":"):
			return []byte(`"<time>"`)
		case len(s) == 32:
			return []byte(`"<id>"`)
		case len(s) == 30:
			return []byte(`"<access key>"`)
		}
		return []byte(`"<secret>"`)
	})
}

// pair is a call of an endpoint.
type pair struct {
	endpoint, body string
	keep           string // path of an id in the reply, kept as $endpoint
}

// pairs are one call of every endpoint, in an order in which each finds what
// it needs. $name in a body stands for what an earlier call left under it.
var pairs = []pair{
	{"auth.login", `{}`, ""},
	{"login.supported_modes", `{}`, ""},
	{"debug.ping", `{}`, ""},
	{"server.info", `{}`, ""},
	{"server.config", `{"path":"listen"}`, ""},
	{"server.report_stats_option", `{"enabled":true}`, ""},
	{"users.get_current_user", `{}`, "user.company.id"},
	{"users.get_all", `{}`, ""},
	{"users.get_all_ex", `{"only_fields":["name","role","company.name"],"order_by":["-name"]}`, ""},
	{"users.set_preferences", `{"preferences":{"table.columns":["name","status"],"dark":true}}`, ""},
	{"users.get_preferences", `{}`, ""},
	{"users.create", `{"id":"0123456789abcdef0123456789abcdef","name":"robot","company":"$users.get_current_user"}`, ""},
	{"users.update", `{"user":"0123456789abcdef0123456789abcdef","given_name":"Robbie"}`, ""},
	{"auth.create_user", `{"name":"ana","company":"$users.get_current_user","email":"ana@example.org","role":"annotator"}`, "id"},
	{"auth.edit_user", `{"user":"$auth.create_user","role":"guest"}`, ""},
	{"users.get_by_id", `{"user":"$auth.create_user"}`, ""},
	{"auth.get_token_for_user", `{"user":"$auth.create_user","expiration_sec":3600}`, "token"},
	{"auth.validate_token", `{"token":"$auth.get_token_for_user"}`, ""},
	{"auth.fixed_users_mode", `{}`, ""},
	{"users.delete", `{"user":"$auth.create_user"}`, ""},
	{"auth.create_credentials", `{"label":"golden"}`, "credentials.access_key"},
	{"auth.get_credentials", `{}`, ""},
	{"auth.edit_credentials", `{"access_key":"$auth.create_credentials","label":"gilded"}`, ""},
	{"auth.revoke_credentials", `{"access_key":"$auth.create_credentials"}`, ""},

	{"projects.create", `{"name":"vision/yolo","description":"boxes","tags":["b","a"],"default_output_destination":"http://coffer.test:8081"}`, "id"},
	{"projects.get_by_id", `{"project":"$projects.create"}`, ""},
	{"projects.get_all", `{"name":"^vision/yolo$","only_fields":["id","name"]}`, ""},
	{"projects.get_all_ex", `{"search_hidden":true,"order_by":["name"]}`, ""},
	{"projects.update", `{"project":"$projects.create","description":null,"tags":["c"]}`, ""},

	{"tasks.create", `{"name":"train","type":"training","project":"$projects.create","system_tags":["development"],"comment":"golden","tags":["x"]}`, "id"},
	{"tasks.validate", `{"name":"train","type":"training","project":"$projects.create"}`, ""},
	{"tasks.started", `{"task":"$tasks.create","force":false}`, ""},
	{"tasks.edit", `{"task":"$tasks.create","force":true,"script":{"repository":" https://git ","diff":"-a\n+b"},"output_dest":"http://coffer.test:8081/out","runtime":{"progress":"0"},"container":{"image":"python:3.11"}}`, ""},
	{"tasks.set_requirements", `{"task":"$tasks.create","requirements":{"pip":"numpy"}}`, ""},
	{"tasks.edit_hyper_params", `{"task":"$tasks.create","force":true,"hyperparams":[{"section":"Args","name":"lr","value":"0.1","type":"float"},{"section":"Properties","name":"owner","value":"me"}],"replace_hyperparams":"none"}`, ""},
	{"tasks.get_hyper_params", `{"tasks":["$tasks.create"]}`, ""},
	{"tasks.delete_hyper_params", `{"task":"$tasks.create","force":true,"hyperparams":[{"section":"Args","name":"lr"}]}`, ""},
	{"tasks.edit_configuration", `{"task":"$tasks.create","force":true,"configuration":[{"name":"general","value":"a: 1","type":"yaml"}]}`, ""},
	{"tasks.get_configurations", `{"tasks":["$tasks.create"]}`, ""},
	{"tasks.get_configuration_names", `{"tasks":["$tasks.create"]}`, ""},
	{"tasks.delete_configuration", `{"task":"$tasks.create","force":true,"configuration":["general"]}`, ""},
	{"tasks.edit_runtime", `{"task":"$tasks.create","add_or_update":{"gpu.count":2},"remove":["progress"]}`, ""},
	{"tasks.add_or_update_model", `{"task":"$tasks.create","name":"best","model":"0123456789abcdef0123456789abcdef","type":"output"}`, ""},
	{"tasks.delete_models", `{"task":"$tasks.create","models":[{"name":"best","type":"input"}]}`, ""},
	{"tasks.add_or_update_artifacts", `{"task":"$tasks.create","force":true,"artifacts":[{"key":"features","type":"numpy","uri":"http://coffer.test:8081/a%20b.npz","hash":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","content_size":0,"timestamp":1762000000,"type_data":{"preview":"[]","content_type":"application/numpy"},"display_data":[["k","v"]]},{"key":"link","type":"custom","uri":"s3://bucket/x","timestamp":1762000000}]}`, ""},
	{"tasks.delete_artifacts", `{"task":"$tasks.create","force":true,"artifacts":[{"key":"link"}]}`, ""},
	{"models.create", `{"name":"weights","uri":"http://coffer.test:8081/w%20eights.pt","project":"$projects.create","task":"$tasks.create","labels":{"cat":1},"design":{"design":"layers: 2"},"framework":"PyTorch","tags":["x"],"metadata":{"acc":{"key":"acc","type":"float","value":"0.9"}},"ready":false}`, "id"},
	{"models.edit", `{"model":"$models.create","uri":"http://coffer.test:8081/w%20eights.pt","iteration":7,"comment":"golden","labels":{"cat":1,"dog":2}}`, ""},
	{"models.get_versions", `{"model":"$models.create"}`, ""},
	{"models.update", `{"model":"$models.create","name":"better weights","ui_cache":{"a":1},"framework":"ignored"}`, ""},
	{"models.add_or_update_metadata", `{"model":"$models.create","metadata":[{"key":"a.b","type":"str","value":"c"}]}`, ""},
	{"models.delete_metadata", `{"model":"$models.create","keys":["a.b","never"]}`, ""},
	{"models.get_by_id", `{"model":"$models.create"}`, ""},
	{"models.get_by_id_ex", `{"id":["$models.create"],"only_fields":["project.name","task.name","ui_cache"]}`, ""},
	{"models.get_all", `{"uri":["http://coffer.test:8081/w eights.pt"],"metadata.acc.value":"0.9","only_fields":["name","uri","metadata"]}`, ""},
	{"models.get_all_ex", `{"name":"weights","ready":false,"include_stats":true,"only_fields":["name"],"order_by":["-created"]}`, ""},
	{"models.get_frameworks", `{"projects":["$projects.create"]}`, ""},
	{"models.update_for_task", `{"task":"$tasks.create","override_model_id":"$models.create","iteration":8}`, ""},
	{"models.get_by_task_id", `{"task":"$tasks.create"}`, ""},
	{"models.update_tags", `{"ids":["$models.create"],"add_tags":["y"],"remove_tags":["x"]}`, ""},
	{"models.archive_many", `{"ids":["$models.create","none"]}`, ""},
	{"models.unarchive_many", `{"ids":["$models.create"]}`, ""},
	{"models.move", `{"ids":["$models.create","none"],"project":null}`, ""},
	{"models.make_public", `{"ids":["$models.create"]}`, ""},
	{"models.make_private", `{"ids":["$models.create"]}`, ""},
	{"events.delete_for_model", `{"model":"$models.create"}`, ""},
	{"models.set_ready", `{"model":"$models.create","publish_task":false}`, ""},
	{"models.publish_many", `{"ids":["none"]}`, ""},
	{"events.add", `{"type":"log","task":"$tasks.create","level":"INFO","worker":"w","msg":"hello","timestamp":1762000000000}`, ""},
	{"events.add_batch", `{"type":"training_stats_scalar","task":"$tasks.create","metric":"loss","variant":"train","iter":3,"value":0.5,"timestamp":1762000000000}
{"type":"training_stats_scalar","task":"$tasks.create","metric":"loss","variant":"train","iter":4,"value":"none"}
{"type":"training_stats_scalar","task":"$tasks.create","metric":"Summary","variant":"best","iter":-2147483648,"value":0.25,"timestamp":1762000000001}
{"type":"training_stats_vector","task":"$tasks.create","metric":"hist","variant":"v","iter":3,"values":[1,2.5],"timestamp":1762000000002}
{"type":"plot","task":"$tasks.create","metric":"roc","variant":"curve","iter":3,"plot_str":"{\"layout\":{\"images\":[{\"source\": \"http://coffer.test:8081/roc.png\"}]}}","timestamp":1762000000003}
{"type":"training_debug_image","task":"$tasks.create","metric":"boxes","variant":"0","iter":3,"key":"boxes.jpg","url":"http://coffer.test:8081/boxes.jpg","timestamp":1762000000004}`, ""},
	{"events.get_task_log", `{"task":"$tasks.create","batch_size":10,"navigate_earlier":true,"order":"asc"}`, ""},
	{"events.get_task_events", `{"task":"$tasks.create","event_type":"training_stats_scalar","batch_size":10}`, ""},
	{"events.download_task_log", `{"task":"$tasks.create"}`, ""},
	{"events.scalar_metrics_iter_histogram", `{"task":"$tasks.create","key":"iso_time"}`, ""},
	{"events.multi_task_scalar_metrics_iter_histogram", `{"tasks":["$tasks.create"]}`, ""},
	{"events.scalar_metrics_iter_raw", `{"task":"$tasks.create","metric":{"metric":"loss"},"count_total":true}`, ""},
	{"events.get_scalar_metric_data", `{"task":"$tasks.create","metric":"loss"}`, ""},
	{"events.get_task_single_value_metrics", `{"tasks":["$tasks.create"]}`, ""},
	{"events.get_scalar_metrics_and_variants", `{"task":"$tasks.create"}`, ""},
	{"events.get_task_latest_scalar_values", `{"task":"$tasks.create"}`, ""},
	{"events.get_task_metrics", `{"tasks":["$tasks.create"],"event_type":"training_stats_scalar"}`, ""},
	{"events.get_multi_task_metrics", `{"tasks":["$tasks.create"]}`, ""},
	{"events.get_vector_metrics_and_variants", `{"task":"$tasks.create"}`, ""},
	{"events.vector_metrics_iter_histogram", `{"task":"$tasks.create","metric":"hist","variant":"v"}`, ""},
	{"events.get_task_plots", `{"task":"$tasks.create","iters":1,"no_scroll":true}`, ""},
	{"events.get_multi_task_plots", `{"tasks":["$tasks.create"]}`, ""},
	{"events.plots", `{"metrics":[{"task":"$tasks.create","metric":"roc"}]}`, ""},
	{"events.get_plot_sample", `{"task":"$tasks.create","metric":"roc"}`, "scroll_id"},
	{"events.next_plot_sample", `{"task":"$tasks.create","scroll_id":"$events.get_plot_sample"}`, ""},
	{"events.debug_images", `{"metrics":[{"task":"$tasks.create"}],"iters":2}`, ""},
	{"events.get_debug_image_sample", `{"task":"$tasks.create","metric":"boxes","variant":"0"}`, "scroll_id"},
	{"events.next_debug_image_sample", `{"task":"$tasks.create","scroll_id":"$events.get_debug_image_sample"}`, ""},
	{"events.clear_scroll", `{"scroll_id":"$events.get_plot_sample"}`, ""},
	{"events.clear_task_log", `{"task":"$tasks.create","threshold_sec":60}`, ""},
	{"tasks.ping", `{"task":"$tasks.create"}`, ""},
	{"tasks.get_by_id", `{"task":"$tasks.create"}`, ""},
	{"tasks.get_by_id_ex", `{"id":["$tasks.create"],"only_fields":["name","project.name","user.name","runtime.version"]}`, ""},
	{"tasks.get_all", `{"id":["$tasks.create"],"only_fields":["status","execution.artifacts","last_metrics","runtime.version"]}`, ""},
	{"tasks.get_all_ex", `{"tags":["__$all","x","__$not","y"],"only_fields":["name","status","project.name"]}`, ""},
	{"tasks.get_types", `{"projects":["$projects.create"]}`, ""},
	{"projects.get_unique_metric_variants", `{"project":"$projects.create"}`, ""},
	{"projects.get_hyper_parameters", `{"project":"$projects.create"}`, ""},
	{"projects.get_hyperparam_values", `{"projects":["$projects.create"],"section":"properties","name":"owner"}`, ""},
	{"projects.get_model_metadata_keys", `{"project":"$projects.create"}`, ""},
	{"projects.get_model_metadata_values", `{"projects":["$projects.create"],"key":"accuracy"}`, ""},
	{"projects.get_project_tags", `{"include_system":true}`, ""},
	{"projects.get_task_tags", `{"projects":["$projects.create"],"include_system":true}`, ""},
	{"projects.get_model_tags", `{}`, ""},
	{"projects.get_user_names", `{"projects":["$projects.create"]}`, ""},
	{"projects.validate_delete", `{"project":"$projects.create"}`, ""},
	{"organization.get_tags", `{"include_system":true}`, ""},
	{"organization.get_user_companies", `{}`, ""},
	{"organization.get_entities_count", `{"tasks":{},"projects":{"name":"("}}`, ""},
	{"organization.prepare_download_for_get_all", `{"entity_type":"task","only_fields":["name"],"field_mappings":[{"field":"name","name":"NAME"}]}`, "prepare_id"},
	{"organization.download_for_get_all", `{"prepare_id":"$organization.prepare_download_for_get_all"}`, ""},
	{"tasks.clone", `{"task":"$tasks.create","new_task_name":"again"}`, "id"},
	{"projects.get_task_parents", `{"projects":["$projects.create"]}`, ""},
	{"tasks.update", `{"task":"$tasks.clone","comment":"a copy"}`, ""},
	{"tasks.update_batch", `{"task":"$tasks.clone","comment":"one of a batch"}` + "\n" + `{"task":"$tasks.create","comment":"golden"}`, ""},
	{"tasks.make_public", `{"ids":["$tasks.clone"]}`, ""},
	{"tasks.make_private", `{"ids":["$tasks.clone"]}`, ""},
	{"tasks.enqueue", `{"task":"$tasks.clone","queue_name":"gpu","verify_watched_queue":true}`, ""},
	{"tasks.dequeue", `{"task":"$tasks.clone"}`, ""},
	{"tasks.enqueue_many", `{"ids":["$tasks.clone","none"]}`, ""},
	{"tasks.dequeue_many", `{"ids":["$tasks.clone"],"new_status":"stopped"}`, ""},
	{"tasks.stop_many", `{"ids":["$tasks.clone","none"]}`, ""},
	{"tasks.reset_many", `{"ids":["$tasks.clone","none"],"return_file_urls":true}`, ""},
	{"tasks.update_tags", `{"ids":["$tasks.clone"],"add_tags":["y"],"remove_tags":["x"]}`, ""},
	{"tasks.move", `{"ids":["$tasks.clone"],"project_name":"elsewhere"}`, "project_id"},
	{"tasks.archive", `{"tasks":["$tasks.clone"]}`, ""},
	{"tasks.unarchive_many", `{"ids":["$tasks.clone","none"]}`, ""},
	{"tasks.archive_many", `{"ids":["$tasks.clone"]}`, ""},
	{"queues.create", `{"name":"nightly","display_name":"by night","tags":["x"]}`, "id"},
	{"queues.update", `{"queue":"$queues.create","name":"daily"}`, ""},
	{"queues.add_task", `{"queue":"$queues.create","task":"$tasks.create"}`, ""},
	{"queues.peek_task", `{"queue":"$queues.create"}`, ""},
	{"queues.remove_task", `{"queue":"$queues.create","task":"$tasks.create"}`, ""},
	{"queues.get_next_task", `{"queue":"$queues.create"}`, ""},
	{"workers.register", `{"worker":"box:0","queues":["$queues.create"]}`, ""},
	{"workers.status_report", `{"worker":"box:0","timestamp":1762000000000,"task":"$tasks.create"}`, ""},
	{"tasks.completed", `{"task":"$tasks.create","status_reason":"done"}`, ""},
	{"tasks.publish", `{"task":"$tasks.create"}`, ""},
	{"tasks.publish_many", `{"ids":["$tasks.create","none"],"force":true}`, ""},
	{"events.delete_for_task", `{"task":"$tasks.create","allow_locked":true}`, ""},
	{"tasks.stopped", `{"task":"$tasks.clone","force":true}`, ""},
	{"tasks.close", `{"task":"$tasks.clone"}`, ""},
	{"tasks.failed", `{"task":"$tasks.clone"}`, ""},
	{"tasks.stop", `{"task":"$tasks.clone"}`, ""},
	{"tasks.reset", `{"task":"$tasks.clone","return_file_urls":true}`, ""},
	{"models.delete", `{"model":"$models.create","force":true}`, ""},
	{"models.delete_many", `{"ids":["none"]}`, ""},
	{"tasks.delete", `{"task":"$tasks.clone","force":true,"return_file_urls":true}`, ""},
	{"tasks.delete_many", `{"ids":["$tasks.create","none"],"force":true,"return_file_urls":true}`, ""},
	{"projects.move", `{"project":"$projects.create","new_location":"sight"}`, ""},
	{"projects.make_public", `{"ids":["$projects.create"]}`, ""},
	{"projects.make_private", `{"ids":["$projects.create"]}`, ""},
	{"projects.merge", `{"project":"$tasks.move","destination_project":"$projects.create"}`, ""},
	{"projects.delete", `{"project":"$projects.create","force":true,"delete_contents":true}`, ""},
	{"queues.get_default", `{}`, "id"},
	{"queues.get_all", `{"only_fields":["name","system_tags"],"order_by":["name"]}`, ""},
	{"queues.get_by_id", `{"queue":"$queues.get_default"}`, ""},
	{"queues.get_all_ex", `{"name":"^default$"}`, ""},
	{"workers.get_all", `{"last_seen":3600}`, ""},
	{"workers.get_count", `{}`, ""},
	{"workers.unregister", `{"worker":"box:0"}`, ""},
	{"queues.get_num_entries", `{"queue":"$queues.get_default"}`, ""},
	{"queues.delete", `{"queue":"$queues.get_default"}`, ""},
	{"server.endpoints", `{}`, ""},
	{"auth.logout", `{}`, ""},
	{"login.logout", `{}`, ""},
}

// calledBy is the version by which an endpoint is called: the latest, but
// for two that answer older callers only.
func calledBy(endpoint string) string {
	if endpoint == "models.get_by_task_id" || endpoint == "models.update_for_task" {
		return "2.13"
	}
	return "2.34"
}

// play plays all pairs. visit is told the body as it was sent.
func play(t *testing.T, w *rpctest.World, visit func(p pair, body string, r rpctest.Reply)) {
	t.Helper()
	playAfter(t, w, func(string, rpctest.Request) {}, visit)
}

// playAfter is play with something done before each call.
func playAfter(t *testing.T, w *rpctest.World, before func(endpoint string, q rpctest.Request), visit func(p pair, body string, r rpctest.Reply)) {
	t.Helper()
	w.Upload(t, "w eights.pt", "weights")
	kept := map[string]string{}
	for _, p := range pairs {
		body := regexp.MustCompile(`\$([a-z]+\.[a-z_]+)`).ReplaceAllStringFunc(p.body, func(name string) string { return kept[name[1:]] })
		q := rpctest.Request{Path: "/v" + calledBy(p.endpoint) + "/" + p.endpoint, Body: body}
		if strings.Contains(body, "\n{") {
			q.Header = map[string]string{"Content-Type": "application/json-lines"}
		}
		before(p.endpoint, q)
		r := w.Do(t, q)
		if r.Status != 200 {
			t.Errorf("%s: %d/%d %s", p.endpoint, r.Status, r.Subcode, r.Message)
			continue
		}
		if p.keep != "" {
			v := any(r.Data)
			for part := range strings.SplitSeq(p.keep, ".") {
				v = v.(map[string]any)[part]
			}
			kept[p.endpoint] = fmt.Sprint(v)
		}
		visit(p, body, r)
	}
}

func TestGoldenPairs(t *testing.T) {
	seen := map[string]bool{}
	play(t, rpctest.New(t), func(p pair, _ string, r rpctest.Reply) {
		seen[p.endpoint] = true
		compare(t, filepath.Join("testdata", "golden", p.endpoint+".json"), golden(t, p.body, r.Body))
	})
	for _, e := range rpc.Endpoints() {
		if !seen[e.Name] {
			t.Errorf("%s has no golden pair", e.Name)
		}
	}
}

// endpointList is a list of endpoints that is longer than one: it stands in
// docs/protocol/endpoints.md.
var endpointList = regexp.MustCompile(`("endpoints":\[\{[^}]*\}).*\]`)

// golden writes a pair as the file has it.
func golden(t *testing.T, request string, reply []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if !json.Valid(reply) { // a table
		reply, _ = json.Marshal(string(reply))
	}
	reply = endpointList.ReplaceAll(reply, []byte("$1]"))
	if err := json.Indent(&b, mask(reply), "", "  "); err != nil {
		t.Fatal(err)
	}
	quoted, _ := json.Marshal(request)
	return fmt.Appendf(nil, "{\n\"request\": %s,\n\"reply\": %s\n}\n", quoted, bytes.TrimSpace(b.Bytes()))
}

// compare compares with a file, or writes it.
func compare(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; write it with -update", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got\n%s", path, got)
	}
}

func TestEndpointListIsFresh(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Endpoints\n\nEvery endpoint of the protocol that is served, from the table in `rpc/endpoints.go`. What is not served stands\nin [unsupported.txt](unsupported.txt), where it differs on purpose in [deviations.md](deviations.md), what we add in\n[own.md](own.md).\n\n| endpoint | from version | access |\n|---|---|---|\n")
	for _, e := range rpc.Endpoints() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", e.Name, e.Since, e.Access)
	}
	compare(t, "../docs/protocol/endpoints.md", []byte(b.String()))
}
