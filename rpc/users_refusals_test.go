package rpc_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/rpc"
	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

// raisesOfUsers is the closed list of errors that each endpoint about accounts,
// the organization and the server can raise once its caller is let in, in the notation of raises.
var raisesOfUsers = map[string]string{
	"auth.login":              "400/12",
	"auth.logout":             "",
	"auth.create_credentials": "400/12",
	"auth.get_credentials":    "",
	"auth.edit_credentials":   "400/12 400/75",
	"auth.revoke_credentials": "400/12 400/300",
	"auth.create_user":        "400/12 400/22 400/801",
	"auth.edit_user":          "400/12 400/300 400/301",
	"auth.get_token_for_user": "400/12 400/301",
	"auth.validate_token":     "400/12",
	"auth.fixed_users_mode":   "",

	"login.supported_modes": "",
	"login.logout":          "",

	"server.info":                "",
	"server.config":              "400/12",
	"server.endpoints":           "",
	"server.report_stats_option": "",

	"organization.get_tags":                     "400/12 400/16",
	"organization.get_user_companies":           "",
	"organization.get_entities_count":           "400/12",
	"organization.prepare_download_for_get_all": "400/12 400/14 400/16 400/21",
	"organization.download_for_get_all":         "400/10 400/12",

	"users.get_current_user": "",
	"users.get_by_id":        "400/12 400/301",
	"users.get_all":          "400/11 400/12 400/14 400/16 400/21 400/1104",
	"users.get_all_ex":       "400/11 400/12 400/14 400/16 400/21 400/1104",
	"users.get_preferences":  "",
	"users.set_preferences":  "400/12 400/16 400/305",
	"users.update":           "400/12 400/300 400/301 400/801 403/20",
	"users.create":           "400/12 400/302 400/801",
	"users.delete":           "400/12 400/300 400/301",
}

// refusal is a call that is refused. $ana, $gone, $fixed, $admin, $company and
// $key stand for what castOfUsers made.
type refusal struct {
	endpoint, want, body string
	as                   user.Role
}

var refusalsOfUsers = []refusal{
	{"auth.login", "400/12", `{"expiration_sec":-5}`, ""},
	{"auth.login", "400/12", `{"expiration_sec":31536001}`, ""},
	{"auth.login", "400/12", `{"expiration_sec":"soon"}`, ""},
	{"auth.create_credentials", "400/12", `{"label":7}`, user.Guest},
	{"auth.create_credentials", "400/12", `{"label":"two\nlines"}`, user.Guest},
	{"auth.create_credentials", "400/12", `{"label":"$long"}`, user.Guest},
	{"auth.edit_credentials", "400/12", `{}`, ""},
	{"auth.edit_credentials", "400/12", `{"access_key":"$key","label":"$long"}`, ""},
	{"auth.edit_credentials", "400/75", `{"access_key":"none","label":"x"}`, ""},
	{"auth.edit_credentials", "400/75", `{"access_key":"$key","label":"x"}`, user.Member},
	{"auth.revoke_credentials", "400/12", `{"access_key":null}`, ""},
	{"auth.revoke_credentials", "400/300", `{"access_key":"none"}`, ""},
	{"auth.revoke_credentials", "400/300", `{"access_key":"$key"}`, user.Member},
	{"auth.create_user", "400/12", `{"name":"x","company":"$company"}`, ""},
	{"auth.create_user", "400/12", `{"name":"x","company":"none","email":"x@example.org"}`, ""},
	{"auth.create_user", "400/12", `{"name":"a:b","company":"$company","email":"x@example.org"}`, ""},
	{"auth.create_user", "400/12", `{"name":"x","company":"$company","email":"x@example.org","role":"king"}`, ""},
	{"auth.create_user", "400/12", `{"name":"x","company":"$company","email":"x@example.org","role":"root"}`, ""},
	{"auth.create_user", "400/12", `{"name":"x","company":"$company","email":"x@example.org","role":null}`, ""},
	{"auth.create_user", "400/12", `{"name":"server","company":"$company","email":"x@example.org"}`, ""},
	{"auth.create_user", "400/12", `{"name":"x","company":"$company","email":"x@example.org","given_name":"two\nlines"}`, ""},
	{"auth.create_user", "400/12", `{"name":"x","company":"$company","email":"x@example.org","avatar":"$long$long$long$long$long$long$long$long$long"}`, ""},
	{"auth.create_user", "400/22", `{"name":"x","company":"$company","email":"nowhere"}`, ""},
	{"auth.create_user", "400/801", `{"name":"ANA","company":"$company","email":"x@example.org"}`, ""},
	{"auth.create_user", "400/801", `{"name":"x","company":"$company","email":"Ana@Example.org"}`, ""},
	{"auth.edit_user", "400/12", `{"role":"admin"}`, ""},
	{"auth.edit_user", "400/12", `{"user":"$ana","role":"system"}`, ""},
	{"auth.edit_user", "400/300", `{"user":"$admin","role":"guest"}`, ""},
	{"auth.edit_user", "400/300", `{"user":"$fixed","role":"guest"}`, ""},
	{"auth.edit_user", "400/301", `{"user":"none","role":"guest"}`, ""},
	{"auth.edit_user", "400/301", `{"user":"$gone","role":"guest"}`, ""},
	{"auth.get_token_for_user", "400/12", `{}`, ""},
	{"auth.get_token_for_user", "400/12", `{"user":"$ana","company":"none"}`, ""},
	{"auth.get_token_for_user", "400/12", `{"user":"$ana","expiration_sec":31536001}`, ""},
	{"auth.get_token_for_user", "400/301", `{"user":"none"}`, ""},
	{"auth.get_token_for_user", "400/301", `{"user":"$gone"}`, ""},
	{"auth.validate_token", "400/12", `{}`, ""},
	{"server.config", "400/12", `{"path":"secure"}`, ""},

	{"organization.get_tags", "400/12", `{"filter":7}`, user.Guest},
	{"organization.get_tags", "400/16", `{"filter":{"tags":["__$odd"]}}`, user.Guest},
	{"organization.get_entities_count", "400/12", `{"tasks":{},"limit":0}`, user.Guest},
	{"organization.get_entities_count", "400/12", `{"tasks":{},"active_users":7}`, user.Guest},
	{"organization.prepare_download_for_get_all", "400/12", `{}`, user.Guest},
	{"organization.prepare_download_for_get_all", "400/12", `{"entity_type":"queue",$columns}`, user.Guest},
	{"organization.prepare_download_for_get_all", "400/12", `{"entity_type":"task","only_fields":[],"field_mappings":[{"field":"name","name":"N"}]}`, user.Guest},
	{"organization.prepare_download_for_get_all", "400/12", `{"entity_type":"task","only_fields":["name"],"field_mappings":[]}`, user.Guest},
	{"organization.prepare_download_for_get_all", "400/12", `{"entity_type":"task","only_fields":["name"],"field_mappings":[{"field":"name","name":"N"},{"field":"id","name":"N"}]}`, user.Guest},
	{"organization.prepare_download_for_get_all", "400/12", `{"entity_type":"task","only_fields":["name"],"field_mappings":[{"name":"N"}]}`, user.Guest},
	{"organization.prepare_download_for_get_all", "400/12", `{"entity_type":"task",$columns,"id":["$incompressible"]}`, user.Guest},
	{"organization.prepare_download_for_get_all", "400/14", `{"entity_type":"task","only_fields":["nonsense"],"field_mappings":[{"field":"name","name":"N"}]}`, user.Guest},
	{"organization.prepare_download_for_get_all", "400/14", `{"entity_type":"model",$columns,"order_by":["nonsense"]}`, user.Guest},
	{"organization.prepare_download_for_get_all", "400/16", `{"entity_type":"task",$columns,"tags":["__$odd"]}`, user.Guest},
	{"organization.prepare_download_for_get_all", "400/21", `{"entity_type":"task",$columns,"name":"("}`, user.Guest},
	{"organization.download_for_get_all", "400/10", `{"prepare_id":"none"}`, user.Guest},
	{"organization.download_for_get_all", "400/10", `{"prepare_id":"$huge"}`, user.Guest},
	{"organization.download_for_get_all", "400/10", `{"prepare_id":"$prepared"}`, user.Guest},
	{"organization.download_for_get_all", "400/12", `{}`, user.Guest},

	{"users.get_by_id", "400/12", `{}`, user.Guest},
	{"users.get_by_id", "400/301", `{"user":"none"}`, user.Guest},
	{"users.get_all", "400/11", `{"page":0,"page_size":null}`, user.Guest},
	{"users.get_all", "400/12", `{"page":-1,"page_size":1}`, user.Guest},
	{"users.get_all", "400/12", `{"active_in_projects":7}`, user.Guest},
	{"users.get_all", "400/14", `{"only_fields":["password_hash"]}`, user.Guest},
	{"users.get_all", "400/16", `{"search_text":"ana"}`, user.Guest},
	{"users.get_all", "400/21", `{"name":"("}`, user.Guest},
	{"users.get_all", "400/1104", `{"scroll_id":"of somebody else","size":1}`, user.Guest},
	{"users.get_all_ex", "400/11", `{"page":0,"page_size":null}`, user.Guest},
	{"users.get_all_ex", "400/12", `{"page":-1,"page_size":1}`, user.Guest},
	{"users.get_all_ex", "400/14", `{"order_by":["email"]}`, user.Guest},
	{"users.get_all_ex", "400/16", `{"search_text":"ana"}`, user.Guest},
	{"users.get_all_ex", "400/21", `{"name":"("}`, user.Guest},
	{"users.get_all_ex", "400/1104", `{"scroll_id":"of somebody else","size":1}`, user.Guest},
	{"users.set_preferences", "400/12", `{}`, user.Guest},
	{"users.set_preferences", "400/12", `{"preferences":7}`, user.Guest},
	{"users.set_preferences", "400/12", `{"preferences":{"a":"$huge"}}`, user.Guest},
	{"users.set_preferences", "400/16", `{"preferences":{"$set":1}}`, user.Guest},
	{"users.set_preferences", "400/16", `{"preferences":{"a":{"b.c":1}}}`, user.Guest},
	{"users.set_preferences", "400/305", `{"preferences":{"kept.a":1}}`, user.Guest},
	{"users.update", "400/12", `{"name":"x"}`, ""},
	{"users.update", "400/12", `{"user":"$ana","name":" "}`, ""},
	{"users.update", "400/300", `{"user":"$fixed","name":"x"}`, ""},
	{"users.update", "400/301", `{"user":"none","name":"x"}`, ""},
	{"users.update", "400/801", `{"user":"$ana","name":"Admin"}`, ""},
	{"users.update", "403/20", `{"user":"$ana","name":"x"}`, user.Member},
	{"users.update", "403/20", `{"user":"$ana","name":"x"}`, user.Guest},
	{"users.create", "400/12", `{"id":"x","name":"x"}`, ""},
	{"users.create", "400/12", `{"id":"","name":"x","company":"$company"}`, ""},
	{"users.create", "400/12", `{"id":"two words","name":"x","company":"$company"}`, ""},
	{"users.create", "400/12", `{"id":"operator","name":"x","company":"$company"}`, ""},
	{"users.create", "400/12", `{"id":"x","name":"x","company":"none"}`, ""},
	{"users.create", "400/302", `{"id":"$ana","name":"x","company":"$company"}`, ""},
	{"users.create", "400/302", `{"id":"$gone","name":"x","company":"$company"}`, ""},
	{"users.create", "400/801", `{"id":"x","name":"aNA","company":"$company"}`, ""},
	{"users.delete", "400/12", `{}`, ""},
	{"users.delete", "400/300", `{"user":"$admin"}`, ""},
	{"users.delete", "400/300", `{"user":"$fixed"}`, ""},
	{"users.delete", "400/301", `{"user":"none"}`, ""},
	{"users.delete", "400/301", `{"user":"$gone"}`, ""},
}

// castOfUsers makes the accounts that refusals name.
func castOfUsers(t *testing.T, w *rpctest.World) *strings.Replacer {
	t.Helper()
	ana, gone, fixed := newUser(t, w, "ana"), newUser(t, w, "gone"), newUser(t, w, "fixed")
	w.Call(t, "users.delete", map[string]any{"user": gone})
	f, err := w.Users.Get(t.Context(), w.Operator, user.ID(fixed))
	if err != nil {
		t.Fatal(err)
	}
	f.Fixed = true
	if err := w.Users.Store.Save(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if r := w.Do(t, rpctest.Request{Path: "/users.set_preferences", Body: `{"preferences":{"kept":1}}`, As: user.Guest}); r.Status != 200 {
		t.Fatal(r.Message)
	}
	admin, err := w.Users.ByName(t.Context(), w.Operator, user.AdminName)
	if err != nil {
		t.Fatal(err)
	}
	columns := `"only_fields":["name"],"field_mappings":[{"field":"name","name":"N"}]`
	prepared := w.Do(t, rpctest.Request{Path: "/organization.prepare_download_for_get_all", Body: `{"entity_type":"task",` + columns + `}`})
	incompressible := make([]byte, 40<<10)
	if _, err := rand.NewChaCha8([32]byte{}).Read(incompressible); err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("$columns", columns, "$prepared", prepared.Data["prepare_id"].(string),
		"$incompressible", base64.RawURLEncoding.EncodeToString(incompressible), "$ana", ana, "$gone", gone, "$fixed", fixed, "$admin", string(admin.ID), "$company", company(t, w),
		"$key", w.Pairs[user.Admin].Access, "$long", strings.Repeat("x", 251), "$huge", strings.Repeat("x", 300<<10))
}

// stateOfUsers is all that there is to see of accounts.
func stateOfUsers(t *testing.T, w *rpctest.World) string {
	t.Helper()
	all, err := w.Users.List(t.Context(), w.Operator, user.Query{Gone: true})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := w.Users.Keys(t.Context(), w.Operator, true)
	if err != nil {
		t.Fatal(err)
	}
	for i := range keys {
		keys[i].LastUsed, keys[i].LastUsedFrom = keys[i].Created, "" // also a call that is refused uses its pair
	}
	return fmt.Sprint(all, keys, w.Do(t, rpctest.Request{Path: "/users.get_preferences", As: user.Guest}).Data)
}

func TestEveryErrorOfUsersIsProvoked(t *testing.T) {
	w := rpctest.New(t)
	names := castOfUsers(t, w)
	provoked := map[string]map[string]bool{}
	before := stateOfUsers(t, w)
	for _, p := range refusalsOfUsers {
		r := w.Do(t, rpctest.Request{Path: "/v2.34/" + p.endpoint, Body: names.Replace(p.body), As: p.as})
		got := strings.Join(codes(r), " ")
		if got != p.want {
			t.Errorf("%s %.200s: %v (%.300s), want %s", p.endpoint, p.body, got, r.Body, p.want)
		}
		if r.Message == "" || r.Message == "OK" {
			t.Errorf("%s %s: the refusal says nothing", p.endpoint, p.body)
		}
		if provoked[p.endpoint] == nil {
			provoked[p.endpoint] = map[string]bool{}
		}
		provoked[p.endpoint][got] = true
		if after := stateOfUsers(t, w); after != before {
			t.Fatalf("%s %s was refused and changed something:\n%s\n%s", p.endpoint, p.body, before, after)
		}
	}
	for _, e := range rpc.Endpoints() {
		service, _, _ := strings.Cut(e.Name, ".")
		if !slices.Contains([]string{"auth", "login", "organization", "server", "users"}, service) {
			continue
		}
		listed, known := raisesOfUsers[e.Name]
		if !known {
			t.Errorf("%s has no list of errors", e.Name)
		}
		want := map[string]bool{}
		for _, c := range strings.Fields(listed) {
			want[c] = true
		}
		if !maps.Equal(want, provoked[e.Name]) {
			t.Errorf("%s: listed %q, provoked %v", e.Name, listed, slices.Sorted(maps.Keys(provoked[e.Name])))
		}
	}
}
