package rpc_test

import (
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

func TestAdministratorsBlockScriptsForEverybody(t *testing.T) {
	w := newWorld(t)
	w.Upload(t, "p/report.html", "<!doctype html><title>r</title><script>1</script>")
	page := "/preview/" + sum("<!doctype html><title>r</title><script>1</script>") + "/html"
	show := func(query string) rpctest.Reply { return w.Do(t, rpctest.Request{Method: "GET", Path: page + query}) }
	set := func(body string, as user.Role) rpctest.Reply {
		return w.Do(t, rpctest.Request{
			Method: "PATCH", Path: "/rules", Body: body, As: as, Header: map[string]string{"X-Coffer": "1", "Content-Type": "application/json"},
		})
	}
	scripted := func(r rpctest.Reply) bool {
		return strings.Contains(r.Header.Get("Content-Security-Policy"), "allow-scripts")
	}
	if r := show("?scripts=1"); r.Status != 200 || !scripted(r) {
		t.Fatalf("without a rule: %d %v", r.Status, r.Header)
	}
	if r := set(`{"block_scripts":true}`, user.Member); r.Status != 403 {
		t.Errorf("a member made a rule: %d", r.Status)
	}
	if r := set(`{"block_scripts":true}`, user.Admin); r.Status != 200 {
		t.Fatalf("%d %s", r.Status, r.Body)
	}
	if got := w.own(t, "/rules")["block_scripts"]; got != true {
		t.Errorf("the rule is %v", got)
	}
	if r := show("?scripts=1"); r.Status != 403 || scripted(r) {
		t.Errorf("against the rule: %d %v", r.Status, r.Header)
	}
	if r := show(""); r.Status != 200 || scripted(r) {
		t.Errorf("without scripts: %d %v", r.Status, r.Header)
	}
	set(`{"block_scripts":false}`, user.Admin)
	if r := show("?scripts=1"); r.Status != 200 || !scripted(r) {
		t.Errorf("once it is lifted: %d", r.Status)
	}
}
