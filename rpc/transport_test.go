package rpc_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

// ping echoes nothing, but every calling style must reach it.
const (
	login  = "/auth.login"
	listOf = "/v2.23/tasks.get_all"
)

func TestCallingStyles(t *testing.T) {
	w := rpctest.New(t)
	p := w.Call(t, "projects.create", map[string]any{"name": "styles"})["id"].(string)
	for range 3 {
		w.Call(t, "tasks.create", map[string]any{"name": "task", "type": "training", "project": p})
	}
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	for name, c := range map[string]struct {
		q    rpctest.Request
		want int
	}{
		"GET with a JSON body":        {rpctest.Request{Method: "GET", Path: listOf, Body: `{"page":0,"page_size":2,"method":"get"}`}, 2},
		"POST":                        {rpctest.Request{Path: listOf, Body: `{"page":0,"page_size":2}`}, 2},
		"PUT":                         {rpctest.Request{Method: "PUT", Path: listOf, Body: `{"page":0,"page_size":2}`}, 2},
		"query":                       {rpctest.Request{Method: "GET", Path: listOf + "?page=0&page_size=1"}, 1},
		"query over body":             {rpctest.Request{Path: listOf + "?page_size=1", Body: `{"page":0,"page_size":2}`}, 1},
		"form":                        {rpctest.Request{Path: listOf, Body: "page=0&page_size=2", Header: form}, 2},
		"form over query":             {rpctest.Request{Path: listOf + "?page_size=1", Body: "page=0&page_size=2", Header: form}, 2},
		"list by repetition":          {rpctest.Request{Path: listOf + "?type=training&type=testing"}, 3},
		"list by brackets":            {rpctest.Request{Path: listOf + "?type[]=testing"}, 0},
		"no body":                     {rpctest.Request{Path: listOf}, 3},
		"null body":                   {rpctest.Request{Path: listOf, Body: "null"}, 3},
		"empty list as body":          {rpctest.Request{Path: listOf, Body: "[]"}, 3},
		"no version":                  {rpctest.Request{Path: "/tasks.get_all"}, 3},
		"trailing slash":              {rpctest.Request{Path: listOf + "/"}, 3},
		"version without a dot":       {rpctest.Request{Path: "/v20/tasks.get_all"}, 3},
		"version far ahead":           {rpctest.Request{Path: "/v999.0/tasks.get_all"}, 3},
		"under the prefix of the web": {rpctest.Request{Path: "/api" + listOf}, 3},
		"another content type":        {rpctest.Request{Path: listOf, Body: `{"page_size":2}`, Header: map[string]string{"Content-Type": "text/plain"}}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.Do(t, c.q)
			if tasks, _ := r.Data["tasks"].([]any); r.Status != 200 || len(tasks) != c.want {
				t.Errorf("%d %s: %d tasks, want %d", r.Status, r.Message, len(tasks), c.want)
			}
		})
	}
}

func TestTransportRefusals(t *testing.T) {
	w := rpctest.New(t)
	lines := map[string]string{"Content-Type": "application/json-lines"}
	for name, c := range map[string]struct {
		q            rpctest.Request
		status, code int
	}{
		"no endpoint in the path":  {rpctest.Request{Path: "/v2.23/tasks"}, 400, 0},
		"nothing":                  {rpctest.Request{Path: "/"}, 400, 0},
		"one digit of a version":   {rpctest.Request{Path: "/v2/tasks.get_all"}, 400, 0},
		"leading zero":             {rpctest.Request{Path: "/v2.09/tasks.get_all"}, 400, 2},
		"unknown endpoint":         {rpctest.Request{Path: "/v2.23/tasks.fly"}, 404, 0},
		"version too low":          {rpctest.Request{Path: "/v2.2/tasks.edit_hyper_params"}, 404, 0},
		"broken JSON":              {rpctest.Request{Path: listOf, Body: `{"a":`}, 400, 0},
		"two values":               {rpctest.Request{Path: listOf, Body: `{} {}`}, 400, 0},
		"a list":                   {rpctest.Request{Path: listOf, Body: `[1]`}, 400, 12},
		"a text":                   {rpctest.Request{Path: listOf, Body: `"x"`}, 400, 12},
		"lines where none belong":  {rpctest.Request{Path: listOf, Body: "{}", Header: lines}, 400, 0},
		"nothing but broken lines": {rpctest.Request{Path: "/v2.23/events.add_batch", Body: "{}\n[1]", Header: lines}, 400, 131},
		"compressed":               {rpctest.Request{Path: listOf, Header: map[string]string{"Content-Encoding": "gzip"}}, 415, 0},
		"too large":                {rpctest.Request{Path: listOf, Body: `{"name":"` + strings.Repeat("x", 2<<20) + `"}`}, 413, 0},
		"too deep":                 {rpctest.Request{Path: listOf, Body: strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200)}, 400, 0},
		"missing field":            {rpctest.Request{Path: "/v2.23/tasks.get_by_id", Body: `{}`}, 400, 12},
		"null for a needed field":  {rpctest.Request{Path: "/v2.23/tasks.get_by_id", Body: `{"task":null}`}, 400, 12},
		"number for an id":         {rpctest.Request{Path: "/v2.23/tasks.get_by_id", Body: `{"task":7}`}, 400, 12},
		"no credentials":           {rpctest.Request{Path: listOf, As: rpctest.Nobody}, 401, 20},
		"unknown scheme":           {rpctest.Request{Path: listOf, As: rpctest.Nobody, Header: map[string]string{"Authorization": "Digest x"}}, 401, 10},
		"undecodable":              {rpctest.Request{Path: listOf, As: rpctest.Nobody, Header: map[string]string{"Authorization": "Basic %%%"}}, 401, 21},
		"wrong pair":               {rpctest.Request{Path: listOf, As: rpctest.Nobody, Header: basic("who", "what")}, 401, 22},
		"no token":                 {rpctest.Request{Path: listOf, As: rpctest.Nobody, Header: map[string]string{"Authorization": "Bearer x.y.z"}}, 401, 30},
		"guest writes":             {rpctest.Request{Path: "/v2.23/projects.create", Body: `{"name":"x"}`, As: user.Guest}, 403, 20},
		"refused before the body":  {rpctest.Request{Path: "/v2.23/projects.create", Body: `{"na`, As: user.Guest}, 403, 20},
		"unauthenticated and bad":  {rpctest.Request{Path: listOf, Body: `{"na`, As: rpctest.Nobody}, 401, 20},
		"too long a life":          {rpctest.Request{Path: login + "?expiration_sec=99999999999"}, 400, 12},
		"in somebody else's name":  {rpctest.Request{Path: listOf, Header: map[string]string{"X-Clearml-Act-As": "x"}}, 400, 6},
		"in his name by old words": {rpctest.Request{Path: listOf, Header: map[string]string{"X-Trains-Impersonate-As": "x"}}, 400, 6},
		"in two names":             {rpctest.Request{Path: listOf, Header: map[string]string{"X-Clearml-Act-As": "x", "X-Clearml-Impersonate-As": "y"}}, 400, 5},
		"version without a number": {rpctest.Request{Path: "/v/tasks.get_all"}, 400, 0},
		"label of an unknown pair": {rpctest.Request{Path: "/v2.23/auth.edit_credentials", Body: `{"access_key":"x","label":"y"}`}, 400, 75},
		"revoke an unknown pair":   {rpctest.Request{Path: "/v2.23/auth.revoke_credentials", Body: `{"access_key":"x"}`}, 400, 300},
		"stop an unknown task":     {rpctest.Request{Path: "/v2.23/tasks.stopped", Body: `{"task":"x"}`}, 400, 101},
		"null for an enum":         {rpctest.Request{Path: "/v2.23/tasks.add_or_update_artifacts", Body: `{"task":"x","artifacts":[{"key":"a","type":"b","mode":null}]}`}, 400, 12},
		"page of no size":          {rpctest.Request{Path: listOf, Body: `{"page_size":0}`}, 400, 12},
		"no name at all":           {rpctest.Request{Path: "/v2.23/projects.create", Body: `{}`}, 400, 11},
		"empty batch":              {rpctest.Request{Path: "/v2.23/events.add_batch", Header: lines}, 400, 17},
		"event of no task":         {rpctest.Request{Path: "/v2.23/events.add_batch", Body: `{"type":"log"}`, Header: lines}, 400, 131},
		"batch with a charset":     {rpctest.Request{Path: "/v2.23/events.add_batch", Body: "{}\n{}", Header: map[string]string{"Content-Type": "application/json-lines; charset=utf-8"}}, 400, 0},
		"pattern that is none":     {rpctest.Request{Path: listOf, Body: `{"name":"(?=a)"}`}, 400, 21},
		"unknown projected field":  {rpctest.Request{Path: listOf, Body: `{"only_fields":["nonsense"]}`}, 400, 14},
		"unknown order":            {rpctest.Request{Path: listOf, Body: `{"order_by":["nonsense"]}`}, 400, 14},
		"lone minus":               {rpctest.Request{Path: listOf, Body: `{"tags":["-"]}`}, 400, 16},
		"unknown operator":         {rpctest.Request{Path: listOf, Body: `{"tags":["__$some","a"]}`}, 400, 16},
		"operator without a value": {rpctest.Request{Path: listOf, Body: `{"tags":["__$not"]}`}, 400, 16},
		"page below zero":          {rpctest.Request{Path: listOf, Body: `{"page":-1}`}, 400, 12},
		"scroll id that is none":   {rpctest.Request{Path: "/v2.23/events.get_task_events", Body: `{"task":"x","scroll_id":"%%%"}`}, 400, 1104},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.Do(t, c.q)
			if r.Status != c.status || r.Subcode != c.code || r.Message == "" || r.Message == "OK" {
				t.Errorf("%d/%d %q, want %d/%d", r.Status, r.Subcode, r.Message, c.status, c.code)
			}
			for _, key := range []string{"id", "trx", "endpoint", "result_code", "result_msg"} {
				if _, ok := r.Meta[key]; !ok {
					t.Errorf("meta has no %s", key)
				}
			}
		})
	}
}

func basic(name, secret string) map[string]string {
	return map[string]string{"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+secret))}
}

func TestOptionsIsAnsweredBeforeAnythingElse(t *testing.T) {
	r := rpctest.New(t).Do(t, rpctest.Request{Method: http.MethodOptions, Path: "/whatever", As: rpctest.Nobody})
	if r.Status != 200 || len(r.Body) != 0 {
		t.Errorf("%d, %d bytes", r.Status, len(r.Body))
	}
}

func TestEnvelopeNamesVersions(t *testing.T) {
	w := rpctest.New(t)
	for path, want := range map[string]any{"/v2.23/tasks.get_all": "2.23", "/v2.0/tasks.get_all": 2.0, "/tasks.get_all": "2.34"} {
		r := w.Do(t, rpctest.Request{Path: path, Header: map[string]string{"X-Trains-Trx": "trail"}})
		endpoint := r.Meta["endpoint"].(map[string]any)
		if endpoint["requested_version"] != want || endpoint["name"] != "tasks.get_all" {
			t.Errorf("%s: %v, want %v", path, endpoint, want)
		}
		if r.Meta["trx"] != "trail" {
			t.Errorf("%s: trx %v", path, r.Meta["trx"])
		}
	}
}

func TestTokensWorkUntilTheyAreRevoked(t *testing.T) {
	w := rpctest.New(t)
	r := w.Do(t, rpctest.Request{Method: "GET", Path: login})
	token := map[string]string{"Authorization": "Bearer " + r.Data["token"].(string)}
	if !strings.Contains(r.Header.Get("Set-Cookie"), "HttpOnly") {
		t.Errorf("cookie: %s", r.Header.Get("Set-Cookie"))
	}
	as := func() int {
		return w.Do(t, rpctest.Request{Path: listOf, As: rpctest.Nobody, Header: token}).Status
	}
	if s := as(); s != 200 {
		t.Fatalf("a fresh token: %d", s)
	}
	w.Call(t, "auth.revoke_credentials", map[string]any{"access_key": w.Pairs[user.Admin].Access})
	w.Pass(3 * time.Second)
	if s := as(); s != 401 {
		t.Errorf("the token of a revoked pair: %d", s)
	}
}
