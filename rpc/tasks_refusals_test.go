package rpc_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/queue"
	"github.com/coffer-ml/coffer/rpc"
	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// raises is the closed list of errors that each endpoint of tasks can raise
// once its caller is let in: status/subcode, and with a plus in front those of
// single items of a batch that goes on. What every endpoint shares is tested
// apart: who is refused, and how a body is read.
var raises = map[string]string{
	"tasks.create":   "400/12 400/16 400/201 403/21",
	"tasks.validate": "400/12 400/16 400/201 403/21",

	"tasks.get_by_id":               "400/12 400/101",
	"tasks.get_by_id_ex":            "400/11 400/14 400/21",
	"tasks.get_all":                 "400/11 400/12 400/14 400/16 400/21 400/1104",
	"tasks.get_all_ex":              "400/11 400/12 400/14 400/16 400/21 400/1104",
	"tasks.get_types":               "400/12",
	"tasks.get_hyper_params":        "400/12 400/101",
	"tasks.get_configurations":      "400/12 400/101",
	"tasks.get_configuration_names": "400/12 400/101",

	"tasks.edit":             "400/12 400/16 400/101 400/110 400/201 403/21",
	"tasks.update":           "400/12 400/16 400/101 403/21",
	"tasks.update_batch":     "400/0 400/12 400/16 400/101 403/21",
	"tasks.set_requirements": "400/12 400/101 403/21",
	"tasks.edit_runtime":     "400/12 400/101 400/110 403/21",
	"tasks.ping":             "400/12",

	"tasks.started":      "400/10 400/12 400/110 403/21",
	"tasks.stop":         "400/12 400/101 400/110 403/21",
	"tasks.stopped":      "400/12 400/101 400/110 403/21",
	"tasks.failed":       "400/12 400/101 400/110 403/21",
	"tasks.completed":    "400/12 400/101 400/110 403/21",
	"tasks.close":        "400/12 400/101 400/110 403/21",
	"tasks.publish":      "400/12 400/101 400/110 403/21",
	"tasks.reset":        "400/12 400/101 400/110 400/123 403/21",
	"tasks.delete":       "400/12 400/101 400/123 403/21",
	"tasks.clone":        "400/12 400/16 400/101 400/201 400/401 400/407 400/409 403/21",
	"tasks.enqueue":      "400/12 400/101 400/110 400/701 400/706 400/707 400/708 403/21",
	"tasks.dequeue":      "400/12 403/21",
	"tasks.stop_many":    "400/12 +400/101 +400/110 +403/21",
	"tasks.publish_many": "400/12 +400/101 +400/110 +403/21",
	"tasks.reset_many":   "400/12 +400/101 +400/110 +400/123 +403/21",
	"tasks.delete_many":  "400/12 +400/101 +400/123 +403/21",
	"tasks.enqueue_many": "400/12 +400/12 +400/16 +400/101 +400/110 +400/201 +400/701 +400/706 +400/707 +400/708 +403/21",
	"tasks.dequeue_many": "400/12 +400/12 +403/21",

	"tasks.edit_hyper_params":    "400/12 400/101 400/110 403/21",
	"tasks.delete_hyper_params":  "400/12 400/15 400/101 400/110 403/21",
	"tasks.edit_configuration":   "400/12 400/101 400/110 403/21",
	"tasks.delete_configuration": "400/12 400/101 400/110 403/21",

	"tasks.update_tags":    "400/12 400/16 400/101 403/21",
	"tasks.archive":        "400/12 400/101 403/21",
	"tasks.archive_many":   "400/12 +400/101 +403/21",
	"tasks.unarchive_many": "400/12 +400/101 +403/21",
	"tasks.move":           "400/11 400/12 400/101 400/401 400/407 400/409 403/21",
	"tasks.make_public":    "400/12 400/101",
	"tasks.make_private":   "400/12 400/101",

	"tasks.add_or_update_artifacts": "400/12 400/101 400/110 403/21",
	"tasks.delete_artifacts":        "400/12 400/101 400/110 403/21",
	"tasks.add_or_update_model":     "400/12 400/101 400/110 403/21",
	"tasks.delete_models":           "400/12 400/101 400/110 403/21",
}

// provocation is a call that is refused. $name stands for a task of cast, or
// $many for more ids than one call may name.
type provocation struct {
	endpoint, want, body string
}

// Calls that differ in nothing but the endpoint.
const (
	noTask  = `{}`
	unknown = `{"task":"none"}`
	public  = `{"task":"$public"}`
)

var provocations = []provocation{
	{"tasks.create", "400/12", `{"type":"training"}`},
	{"tasks.create", "400/12", `{"name":"x","type":"fishing"}`},
	{"tasks.create", "400/12", `{"name":7,"type":"training"}`},
	{"tasks.create", "400/12", `{"name":" ","type":"training"}`},
	{"tasks.create", "400/12", `{"name":"x","type":"training","execution":{"artifacts":[{"type":"custom"}]}}`},
	{"tasks.create", "400/12", `{"name":"x","type":"training","execution":{"artifacts":[{"key":"","type":"custom"}]}}`},
	{"tasks.create", "400/12", `{"name":"x","type":"training","hyperparams":{"Args":{"":{"value":"1"}}}}`},
	{"tasks.create", "400/12", `{"name":"x","type":"training","hyperparams":{"Args":{"lr":{}}}}`},
	{"tasks.create", "400/12", `{"name":"x","type":"training","configuration":{" ":{"value":"1"}}}`},
	{"tasks.create", "400/12", `{"name":"x","type":"training","container":{"":"1"}}`},
	{"tasks.create", "400/12", `{"name":"x","type":"training","runtime":[1]}`},
	{"tasks.create", "400/12", `{"name":"x","type":"training","models":{"input":[{"name":"m"}]}}`},
	{"tasks.create", "400/16", `{"name":"x","type":"training","project":"none"}`},
	{"tasks.create", "400/16", `{"name":"x","type":"training","parent":"none"}`},
	{"tasks.create", "400/16", `{"name":"x","type":"training","tags":["__$not"]}`},
	{"tasks.create", "403/21", `{"name":"x","type":"training","project":"$shown"}`},
	{"tasks.validate", "403/21", `{"name":"x","type":"training","project":"$shown"}`},
	{"tasks.create", "400/201", `{"name":"x","type":"training","models":{"input":[{"name":"m","model":"none"}]}}`},
	{"tasks.validate", "400/201", `{"name":"x","type":"training","models":{"input":[{"name":"m","model":"none"}]}}`},
	{"tasks.validate", "400/12", `{"name":"x"}`},
	{"tasks.validate", "400/12", `{"name":"x","type":"training","execution":{"artifacts":[{"key":"","type":"custom"}]}}`},
	{"tasks.validate", "400/16", `{"name":"x","type":"training","project":"none"}`},

	{"tasks.get_by_id", "400/12", noTask},
	{"tasks.get_by_id", "400/12", `{"task":null}`},
	{"tasks.get_by_id", "400/101", unknown},
	{"tasks.get_by_id_ex", "400/11", `{}`},
	{"tasks.get_by_id_ex", "400/14", `{"id":["$draft"],"only_fields":["nonsense"]}`},
	{"tasks.get_by_id_ex", "400/21", `{"id":["$draft"],"name":"("}`},
	{"tasks.get_all", "400/11", `{"page":0,"page_size":null}`},
	{"tasks.get_all", "400/12", `{"page":-1,"page_size":1}`},
	{"tasks.get_all", "400/14", `{"only_fields":["nonsense"]}`},
	{"tasks.get_all", "400/16", `{"status_changed":[">=yesterday"]}`},
	{"tasks.get_all", "400/21", `{"name":"("}`},
	{"tasks.get_all", "400/1104", `{"scroll_id":"of somebody else","size":1}`},
	{"tasks.get_all_ex", "400/11", `{"page":0,"page_size":null}`},
	{"tasks.get_all_ex", "400/12", `{"page":-1,"page_size":1}`},
	{"tasks.get_all_ex", "400/14", `{"only_fields":["nonsense"]}`},
	{"tasks.get_all_ex", "400/16", `{"status_changed":[">=yesterday"]}`},
	{"tasks.get_all_ex", "400/21", `{"name":"("}`},
	{"tasks.get_all_ex", "400/1104", `{"scroll_id":"of somebody else","size":1}`},
	{"tasks.get_types", "400/12", `{"projects":"none"}`},
	{"tasks.get_hyper_params", "400/12", `{"tasks":[]}`},
	{"tasks.get_hyper_params", "400/101", `{"tasks":["$draft","none"]}`},
	{"tasks.get_hyper_params", "400/101", `{"tasks":$many}`},
	{"tasks.get_configurations", "400/12", `{}`},
	{"tasks.get_configurations", "400/101", `{"tasks":["$draft","none"]}`},
	{"tasks.get_configuration_names", "400/12", `{"tasks":[]}`},
	{"tasks.get_configuration_names", "400/101", `{"tasks":$many}`},

	{"tasks.edit", "400/12", `{"name":"x"}`},
	{"tasks.edit", "400/12", `{"task":"$draft","status":"asleep"}`},
	{"tasks.edit", "400/12", `{"task":"$draft","script":{"branch":7}}`},
	{"tasks.edit", "400/12", `{"task":"$draft","parent":"__DELETED__$long"}`},
	{"tasks.edit", "400/12", `{"task":"$draft","execution":{"queue":"$long"}}`},
	{"tasks.edit", "400/12", `{"task":"$draft","models":{"input":[{"name":"m","model":"$long"}]}}`},
	{"tasks.edit", "400/16", `{"task":"$draft","project":"none"}`},
	{"tasks.edit", "400/101", `{"task":"none","name":"x"}`},
	{"tasks.edit", "400/110", `{"task":"$running","name":"x"}`},
	{"tasks.edit", "400/110", `{"task":"$published","force":true,"comment":"x","execution":{"artifacts":[{"key":"new","type":"custom","uri":"s3://b/new"}]}}`},
	{"tasks.edit", "400/201", `{"task":"$draft","models":{"input":[{"name":"m","model":"none"}]}}`},
	{"tasks.edit", "403/21", `{"task":"$public","name":"x","force":true}`},
	{"tasks.update", "400/12", `{"task":"$draft","name":""}`},
	{"tasks.update", "400/16", `{"task":"$draft","project":"none"}`},
	{"tasks.update", "400/101", `{"task":"none","name":"x"}`},
	{"tasks.update", "403/21", `{"task":"$public","name":"x"}`},
	{"tasks.update_batch", "400/0", `{"task":"$draft","name":"x"}` + "\n" + `{"task":`},
	{"tasks.update_batch", "400/12", `{"task":"$draft","name":"x"}` + "\n" + `{"name":"x"}`},
	{"tasks.update_batch", "400/16", `{"task":"$draft","name":"x"}` + "\n" + `{"task":"$running","project":"none"}`},
	{"tasks.update_batch", "400/101", `{"task":"$draft","name":"x"}` + "\n" + `{"task":"none","name":"x"}`},
	{"tasks.update_batch", "403/21", `{"task":"$draft","name":"x"}` + "\n" + `{"task":"$public","name":"x"}`},
	{"tasks.set_requirements", "400/12", `{"task":"$draft"}`},
	{"tasks.set_requirements", "400/101", `{"task":"none","requirements":{}}`},
	{"tasks.set_requirements", "403/21", `{"task":"$public","requirements":{}}`},
	{"tasks.edit_runtime", "400/12", `{"task":"$draft","add_or_update":{" ":1}}`},
	{"tasks.edit_runtime", "400/101", `{"task":"none","add_or_update":{"a":1}}`},
	{"tasks.edit_runtime", "400/110", `{"task":"$published","add_or_update":{"a":1}}`},
	{"tasks.edit_runtime", "403/21", `{"task":"$public","add_or_update":{"a":1}}`},
	{"tasks.ping", "400/12", noTask},

	{"tasks.started", "400/10", unknown},
	{"tasks.started", "400/12", noTask},
	{"tasks.started", "400/110", `{"task":"$published"}`},
	{"tasks.started", "403/21", public},
	{"tasks.stop", "400/12", noTask},
	{"tasks.stop", "400/101", unknown},
	{"tasks.stop", "400/110", `{"task":"$draft"}`},
	{"tasks.stop", "403/21", `{"task":"$public","force":true}`},
	{"tasks.stopped", "400/12", noTask},
	{"tasks.stopped", "400/101", unknown},
	{"tasks.stopped", "400/110", `{"task":"$draft"}`},
	{"tasks.stopped", "403/21", public},
	{"tasks.failed", "400/12", noTask},
	{"tasks.failed", "400/101", unknown},
	{"tasks.failed", "400/110", `{"task":"$draft"}`},
	{"tasks.failed", "403/21", public},
	{"tasks.completed", "400/12", noTask},
	{"tasks.completed", "400/101", unknown},
	{"tasks.completed", "400/110", `{"task":"$draft","publish":true}`},
	{"tasks.completed", "403/21", public},
	{"tasks.close", "400/12", noTask},
	{"tasks.close", "400/101", unknown},
	{"tasks.close", "400/110", `{"task":"$running"}`},
	{"tasks.close", "403/21", public},
	{"tasks.publish", "400/12", noTask},
	{"tasks.publish", "400/101", unknown},
	{"tasks.publish", "400/110", `{"task":"$published"}`},
	{"tasks.publish", "400/110", `{"task":"$running"}`},
	{"tasks.publish", "403/21", public},
	{"tasks.reset", "400/12", noTask},
	{"tasks.reset", "400/101", unknown},
	{"tasks.reset", "400/110", `{"task":"$published"}`},
	{"tasks.reset", "400/123", `{"task":"$parent"}`},
	{"tasks.reset", "403/21", `{"task":"$public","force":true}`},
	{"tasks.delete", "400/12", noTask},
	{"tasks.delete", "400/101", unknown},
	{"tasks.delete", "400/123", `{"task":"$running"}`},
	{"tasks.delete", "400/123", `{"task":"$queued"}`},
	{"tasks.delete", "400/123", `{"task":"$parent"}`},
	{"tasks.delete", "403/21", `{"task":"$public","force":true}`},
	{"tasks.clone", "400/12", noTask},
	{"tasks.clone", "400/12", `{"task":"$draft","new_task_configuration":{"c":{}}}`},
	{"tasks.clone", "400/16", `{"task":"$draft","new_task_tags":["__$all"]}`},
	{"tasks.clone", "400/101", unknown},
	{"tasks.clone", "400/101", `{"task":"$draft","new_task_parent":"none"}`},
	{"tasks.clone", "400/201", `{"task":"$draft","new_task_input_models":[{"name":"m","model":"none"}]}`},
	{"tasks.clone", "400/401", `{"task":"$draft","new_task_project":"none"}`},
	{"tasks.clone", "400/407", `{"task":"$draft","new_project_name":"/"}`},
	{"tasks.clone", "403/21", `{"task":"$draft","new_task_project":"$shown"}`},
	{"tasks.clone", "400/409", `{"task":"$draft","new_project_name":"1/2/3/4/5/6/7/8/9/10/11"}`},
	{"tasks.enqueue", "400/12", noTask},
	{"tasks.enqueue", "400/12", `{"task":"$draft","queue":"a","queue_name":"b"}`},
	{"tasks.enqueue", "400/12", `{"task":"$draft","update_execution_queue":false}`},
	{"tasks.enqueue", "400/12", `{"task":"$queued","update_execution_queue":false,"verify_watched_queue":true}`},
	{"tasks.enqueue", "400/12", `{"task":"$draft","queue_name":" "}`},
	{"tasks.enqueue", "400/101", `{"task":"none","queue_name":"never made"}`},
	{"tasks.enqueue", "400/110", `{"task":"$running"}`},
	{"tasks.enqueue", "400/701", `{"task":"$draft","queue":"none"}`},
	{"tasks.enqueue", "400/706", `{"task":"$queued"}`},
	{"tasks.enqueue", "403/21", public},
	{"tasks.dequeue", "400/12", noTask},
	{"tasks.dequeue", "400/12", `{"task":"$queued","new_status":"asleep"}`},
	{"tasks.dequeue", "400/12", `{"task":"$queued","new_status":"queued"}`},
	{"tasks.dequeue", "403/21", public},

	{"tasks.stop_many", "400/12", `{"ids":[]}`},
	{"tasks.stop_many", "+400/101 +400/110 +403/21", `{"ids":["none","$draft","$public"]}`},
	{"tasks.publish_many", "400/12", `{}`},
	{"tasks.publish_many", "+400/101 +400/110 +403/21", `{"ids":["none","$running","$public"]}`},
	{"tasks.reset_many", "400/12", `{"ids":[]}`},
	{"tasks.reset_many", "+400/101 +400/110 +400/123 +403/21", `{"ids":["none","$published","$parent","$public"]}`},
	{"tasks.delete_many", "400/12", `{"ids":"$draft"}`},
	{"tasks.delete_many", "+400/101 +400/123 +403/21", `{"ids":["none","$running","$public"]}`},
	{"tasks.enqueue_many", "400/12", `{"ids":[]}`},
	{"tasks.enqueue_many", "400/12", `{"ids":["$draft"],"queue":"a","queue_name":"b"}`},
	{"tasks.enqueue_many", "+400/12", `{"ids":["$draft"],"queue_name":" "}`},
	{"tasks.enqueue_many", "+400/16", `{"ids":["$orphan"],"validate_tasks":true}`},
	{"tasks.enqueue_many", "+400/201", `{"ids":["$dangling"],"validate_tasks":true}`},
	{"tasks.enqueue_many", "+400/701 +400/701", `{"ids":["$draft","$stopped"],"queue":"none"}`},
	{"tasks.enqueue_many", "+400/101 +400/110 +400/706 +403/21", `{"ids":["none","$running","$queued","$public"]}`},
	{"tasks.dequeue_many", "400/12", `{"ids":[]}`},
	{"tasks.dequeue_many", "+400/12", `{"ids":["$queued"],"new_status":"asleep"}`},
	{"tasks.dequeue_many", "+403/21", `{"ids":["$public"]}`},

	{"tasks.edit_hyper_params", "400/12", `{"task":"$draft","hyperparams":[]}`},
	{"tasks.edit_hyper_params", "400/12", `{"task":"$draft","hyperparams":[{"section":"A","name":"b"}]}`},
	{"tasks.edit_hyper_params", "400/12", `{"task":"$draft","hyperparams":[{"section":"A","name":"b","value":7}]}`},
	{"tasks.edit_hyper_params", "400/12", `{"task":"$draft","hyperparams":[{"section":" ","name":"b","value":""}]}`},
	{"tasks.edit_hyper_params", "400/12", `{"task":"$draft","hyperparams":[{"section":"A","name":"$long","value":""}]}`},
	{"tasks.edit_hyper_params", "400/12", `{"task":"$draft","hyperparams":[{"section":"A","name":"b","value":""}],"replace_hyperparams":null}`},
	{"tasks.edit_hyper_params", "400/101", `{"task":"none","hyperparams":[{"section":"A","name":"b","value":""}]}`},
	{"tasks.edit_hyper_params", "400/110", `{"task":"$running","hyperparams":[{"section":"A","name":"b","value":""}]}`},
	{"tasks.edit_hyper_params", "400/110", `{"task":"$stopped","force":true,"hyperparams":[{"section":"A","name":"b","value":""}]}`},
	{"tasks.edit_hyper_params", "403/21", `{"task":"$public","hyperparams":[{"section":"Properties","name":"b","value":""}]}`},
	{"tasks.delete_hyper_params", "400/12", `{"task":"$draft","hyperparams":[]}`},
	{"tasks.delete_hyper_params", "400/15", `{"task":"$draft","hyperparams":[{"section":"A"},{"section":"A","name":"b"}]}`},
	{"tasks.delete_hyper_params", "400/101", `{"task":"none","hyperparams":[{"section":"A"}]}`},
	{"tasks.delete_hyper_params", "400/110", `{"task":"$running","hyperparams":[{"section":"A"}]}`},
	{"tasks.delete_hyper_params", "403/21", `{"task":"$public","hyperparams":[{"section":"A"}]}`},
	{"tasks.edit_configuration", "400/12", `{"task":"$draft","configuration":[]}`},
	{"tasks.edit_configuration", "400/12", `{"task":"$draft","configuration":[{"name":"","value":"x"}]}`},
	{"tasks.edit_configuration", "400/101", `{"task":"none","configuration":[{"name":"c","value":"x"}]}`},
	{"tasks.edit_configuration", "400/110", `{"task":"$running","configuration":[{"name":"c","value":"x"}]}`},
	{"tasks.edit_configuration", "403/21", `{"task":"$public","configuration":[{"name":"c","value":"x"}]}`},
	{"tasks.delete_configuration", "400/12", `{"task":"$draft","configuration":[]}`},
	{"tasks.delete_configuration", "400/101", `{"task":"none","configuration":["c"]}`},
	{"tasks.delete_configuration", "400/110", `{"task":"$stopped","force":true,"configuration":["c"]}`},
	{"tasks.delete_configuration", "403/21", `{"task":"$public","configuration":["c"]}`},

	{"tasks.update_tags", "400/12", `{"ids":["$draft"]}`},
	{"tasks.update_tags", "400/12", `{"ids":[],"add_tags":["x"]}`},
	{"tasks.update_tags", "400/16", `{"ids":["$draft"],"add_tags":["__$or"]}`},
	{"tasks.update_tags", "400/16", `{"ids":["$draft"],"add_tags":["$long"]}`},
	{"tasks.update_tags", "400/101", `{"ids":["$draft","none"],"add_tags":["x"]}`},
	{"tasks.update_tags", "400/101", `{"ids":$many,"add_tags":["x"]}`},
	{"tasks.update_tags", "403/21", `{"ids":["$draft","$public"],"add_tags":["x"]}`},
	{"tasks.archive", "400/12", `{"tasks":[]}`},
	{"tasks.archive", "400/101", `{"tasks":["$draft","none"]}`},
	{"tasks.archive", "400/101", `{"tasks":$many}`},
	{"tasks.archive", "403/21", `{"tasks":["$draft","$public"]}`},
	{"tasks.archive_many", "400/12", `{"ids":[]}`},
	{"tasks.archive_many", "+400/101 +403/21", `{"ids":["none","$public"]}`},
	{"tasks.unarchive_many", "400/12", `{"ids":[]}`},
	{"tasks.unarchive_many", "+400/101 +403/21", `{"ids":["none","$public"]}`},
	{"tasks.move", "400/11", `{"ids":["$draft"]}`},
	{"tasks.move", "400/12", `{"ids":[],"project":null}`},
	{"tasks.move", "400/101", `{"ids":["$draft","none"],"project":null}`},
	{"tasks.move", "400/101", `{"ids":["$draft","none"],"project_name":"never made"}`},
	{"tasks.move", "400/101", `{"ids":$many,"project":null}`},
	{"tasks.move", "400/401", `{"ids":["$draft"],"project":"none"}`},
	{"tasks.move", "400/407", `{"ids":["$draft"],"project_name":"/"}`},
	{"tasks.move", "400/409", `{"ids":["$draft"],"project_name":"1/2/3/4/5/6/7/8/9/10/11"}`},
	{"tasks.move", "403/21", `{"ids":["$draft","$public"],"project":null}`},
	{"tasks.make_public", "400/12", `{"ids":[]}`},
	{"tasks.make_public", "400/101", `{"ids":["$draft","none"]}`},
	{"tasks.make_public", "400/101", `{"ids":["$draft","$public"]}`},
	{"tasks.make_private", "400/12", `{"ids":[]}`},
	{"tasks.make_private", "400/101", `{"ids":["$public","$draft"]}`},

	{"tasks.add_or_update_artifacts", "400/12", `{"task":"$running","artifacts":[]}`},
	{"tasks.add_or_update_artifacts", "400/12", `{"task":"$running","artifacts":[{"key":"a"}]}`},
	{"tasks.add_or_update_artifacts", "400/12", `{"task":"$running","artifacts":[{"key":"a","type":"custom","mode":null}]}`},
	{"tasks.add_or_update_artifacts", "400/101", `{"task":"none","artifacts":[{"key":"a","type":"custom"}]}`},
	{"tasks.add_or_update_artifacts", "400/110", `{"task":"$published","force":true,"artifacts":[{"key":"a","type":"custom"}]}`},
	{"tasks.add_or_update_artifacts", "403/21", `{"task":"$public","artifacts":[{"key":"a","type":"custom"}]}`},
	{"tasks.delete_artifacts", "400/12", `{"task":"$running","artifacts":[]}`},
	{"tasks.delete_artifacts", "400/101", `{"task":"none","artifacts":[{"key":"a"}]}`},
	{"tasks.delete_artifacts", "400/110", `{"task":"$published","artifacts":[{"key":"a"}]}`},
	{"tasks.delete_artifacts", "403/21", `{"task":"$public","artifacts":[{"key":"a"}]}`},
	{"tasks.add_or_update_model", "400/12", `{"task":"$running","name":"m","model":"x"}`},
	{"tasks.add_or_update_model", "400/12", `{"task":"$running","name":"m","model":"x","type":"inout"}`},
	{"tasks.add_or_update_model", "400/12", `{"task":"$running","name":"m","model":"$long","type":"input"}`},
	{"tasks.add_or_update_model", "400/101", `{"task":"none","name":"m","model":"x","type":"input"}`},
	{"tasks.add_or_update_model", "400/110", `{"task":"$published","name":"m","model":"x","type":"input"}`},
	{"tasks.add_or_update_model", "403/21", `{"task":"$public","name":"m","model":"x","type":"input"}`},
	{"tasks.delete_models", "400/12", `{"task":"$running","models":[]}`},
	{"tasks.delete_models", "400/101", `{"task":"none","models":[{"name":"m","type":"input"}]}`},
	{"tasks.delete_models", "400/110", `{"task":"$published","models":[{"name":"m","type":"input"}]}`},
	{"tasks.delete_models", "403/21", `{"task":"$public","models":[{"name":"m","type":"input"}]}`},
}

// cast makes a task for every part in the provocations.
func cast(t *testing.T, w world) map[string]string {
	t.Helper()
	ids := map[string]string{}
	for _, name := range []string{"draft", "running", "stopped", "published", "parent", "public", "queued", "orphan", "dangling"} {
		ids[name] = w.Call(t, "tasks.create", map[string]any{"name": name, "type": "training"})["id"].(string)
	}
	do := func(endpoint, name string, more map[string]any) {
		body := map[string]any{"task": ids[name]}
		maps.Copy(body, more)
		w.Call(t, endpoint, body)
	}
	for _, name := range []string{"running", "stopped", "published", "public"} {
		do("tasks.started", name, nil)
	}
	do("tasks.stopped", "stopped", nil)
	do("tasks.completed", "published", map[string]any{"publish": true})
	do("tasks.edit", "published", map[string]any{"parent": ids["parent"], "force": true})
	do("tasks.enqueue", "queued", nil)
	do("tasks.add_or_update_model", "dangling", map[string]any{"name": "m", "model": "none", "type": "input"})
	w.Call(t, "tasks.make_public", map[string]any{"ids": []string{ids["public"]}})
	ids["shown"] = w.Call(t, "projects.create", map[string]any{"name": "shown to all"})["id"].(string)
	w.Call(t, "projects.make_public", map[string]any{"ids": []string{ids["shown"]}})
	do("tasks.started", "parent", nil)
	do("tasks.edit", "orphan", map[string]any{"parent": ids["draft"]})
	orphan, err := w.Tasks.Store.Get(t.Context(), task.ID(ids["orphan"]))
	if err != nil {
		t.Fatal(err)
	}
	orphan.Parent = "gone"
	if err := w.Tasks.Store.Save(t.Context(), orphan, task.Row); err != nil {
		t.Fatal(err)
	}
	return ids
}

func (p provocation) request(ids map[string]string) rpctest.Request {
	body := p.body
	for name, id := range ids {
		body = strings.ReplaceAll(body, "$"+name+`"`, id+`"`)
	}
	body = strings.ReplaceAll(body, "$many", `["`+strings.Repeat(ids["draft"]+`","`, task.MaxIDs)+ids["draft"]+`"]`)
	body = strings.ReplaceAll(body, "$long", strings.Repeat("x", task.MaxParam+1))
	q := rpctest.Request{Path: "/v2.34/" + p.endpoint, Body: body}
	if p.endpoint == "tasks.update_batch" {
		q.Header = map[string]string{"Content-Type": "application/json-lines"}
	}
	return q
}

// codes returns what a reply tells of errors, in the notation of raises.
func codes(r rpctest.Reply) []string {
	if r.Status != http.StatusOK {
		return []string{fmt.Sprintf("%d/%d", r.Status, r.Subcode)}
	}
	var out []string
	failed, _ := r.Data["failed"].([]any)
	for _, f := range failed {
		c := f.(map[string]any)["error"].(map[string]any)["codes"].([]any)
		out = append(out, fmt.Sprintf("+%v/%v", c[0], c[1]))
	}
	return out
}

// state is all that there is to see of tasks, projects and queues.
func (w world) state(t *testing.T) string {
	t.Helper()
	everything := map[string]any{"search_hidden": true, "order_by": []string{"id"}}
	return fmt.Sprint(w.Call(t, "tasks.get_all", everything), w.Call(t, "projects.get_all", everything), w.Call(t, "queues.get_all", map[string]any{"order_by": []string{"name"}}))
}

func TestEveryErrorOfTasksIsProvoked(t *testing.T) {
	w := world{World: rpctest.New(t)}
	ids := cast(t, w)
	provoked := map[string]map[string]bool{}
	before := w.state(t)
	provoke := func(p provocation) {
		r := w.Do(t, p.request(ids))
		got := codes(r)
		if strings.Join(got, " ") != p.want {
			t.Errorf("%s %.200s: %v (%s), want %s", p.endpoint, p.body, got, r.Body, p.want)
		}
		if r.Status != http.StatusOK && (r.Message == "" || r.Message == "OK") {
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
	for _, p := range provocations {
		provoke(p)
	}
	twoDefaults(t, w, func() {
		before = w.state(t)
		provoke(provocation{"tasks.enqueue", "400/708", `{"task":"$draft"}`})
		provoke(provocation{"tasks.enqueue_many", "+400/708", `{"ids":["$draft"]}`})
	})
	w.Call(t, "tasks.dequeue", map[string]any{"task": ids["queued"]})
	for _, q := range w.Call(t, "queues.get_all", map[string]any{})["queues"].([]any) {
		if err := w.Queues.Store.Delete(t.Context(), queue.ID(q.(map[string]any)["id"].(string))); err != nil {
			t.Fatal(err)
		}
	}
	before = w.state(t)
	provoke(provocation{"tasks.enqueue", "400/707", `{"task":"$draft"}`})
	provoke(provocation{"tasks.enqueue_many", "+400/707", `{"ids":["$draft"]}`})

	for _, e := range rpc.Endpoints() {
		if !strings.HasPrefix(e.Name, "tasks.") {
			continue
		}
		listed, known := raises[e.Name]
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

// twoDefaults runs fn while there are two default queues.
func twoDefaults(t *testing.T, w world, fn func()) {
	t.Helper()
	second := queue.Queue{ID: "second", Name: "second", Created: w.Now(), LastUpdate: w.Now(), SystemTags: []string{queue.Default}}
	if err := w.Queues.Store.Insert(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	fn()
	if err := w.Queues.Store.Delete(t.Context(), second.ID); err != nil {
		t.Fatal(err)
	}
}

func TestTasksAreChangedByMembersAndReadByGuests(t *testing.T) {
	w := world{World: rpctest.New(t)}
	ids := cast(t, w)
	for _, e := range rpc.Endpoints() {
		if !strings.HasPrefix(e.Name, "tasks.") {
			continue
		}
		q := rpctest.Request{Path: "/v2.34/" + e.Name, Body: `{"task":"` + ids["draft"] + `"}`, As: rpctest.Nobody}
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
