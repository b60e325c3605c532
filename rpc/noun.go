package rpc

import (
	"maps"
	"slices"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/queue"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// noun is how list requests know a kind of entity.
type noun struct {
	fields query.Fields // what may be asked for
	shape  shape        // what its documents hold
	words  bool         // whether there is a word search
	hidden []string     // parts that are shown only when asked for by name
}

// shape is what a document may hold. A name that leads to nil is a leaf.
type shape map[string]*part

// part is what stands under a name.
type part struct {
	below shape
	open  bool   // keys are people's: anything may stand below
	of    string // the kind of entity whose id stands here
}

// leaves is a shape of plain values.
func leaves(names ...string) shape {
	s := make(shape, len(names))
	for _, n := range names {
		s[n] = nil
	}
	return s
}

// and returns the shape with more parts.
func (s shape) and(more shape) shape {
	out := maps.Clone(s)
	maps.Copy(out, more)
	return out
}

var (
	openMap    = &part{open: true}
	modelLinks = inner(leaves("name", "updated").and(shape{"model": refers("model")}))
)

func refers(to string) *part  { return &part{of: to} }
func inner(below shape) *part { return &part{below: below} }

// nouns lists them by the names that references use.
var nouns = map[string]noun{
	"task": {
		fields: task.Fields,
		words:  true,
		hidden: []string{"unique_metrics", "company_origin", "enqueue_status"},
		shape: leaves("id", "name", "type", "status", "status_reason", "status_message", "status_changed", "comment", "created",
			"started", "completed", "published", "active_duration", "tags", "system_tags", "last_worker", "last_worker_report",
			"last_update", "last_change", "last_changed_by", "last_iteration", "unique_metrics", "report", "report_assets",
			"enqueue_status", "company_origin").and(shape{
			artifactStats: inner(leaves("count", "bytes", "missing", "mismatched", "pending")),
			"company":     refers("company"), "user": refers("user"), "project": refers("project"), "parent": refers("task"),
			"hyperparams": openMap, "configuration": openMap, "runtime": openMap, "container": openMap, "last_metrics": openMap, "metric_stats": openMap,
			"output": inner(leaves("destination", "model", "result", "error")),
			"script": inner(leaves("binary", "repository", "tag", "branch", "version_num", "entry_point", "working_dir", "diff").
				and(shape{"requirements": openMap})),
			"execution": inner(leaves("framework", "test_split", "docker_cmd", "model").and(shape{
				"queue": refers("queue"), "artifacts": openMap,
				"model_desc": openMap, "model_labels": openMap, "parameters": openMap,
			})),
			"models": inner(shape{"input": modelLinks, "output": modelLinks}),
		}),
	},
	"project": {
		fields: project.Fields,
		words:  true,
		hidden: []string{"path", "company_origin", "logo_blob"},
		shape: leaves("id", "name", "basename", "description", "created", "last_update", "tags", "system_tags",
			"default_output_destination", "path", "featured", "logo_url", "logo_blob", "company_origin", "hidden").and(shape{
			"company": refers("company"), "user": refers("user"), "parent": refers("project"),
		}),
	},
	"queue": {
		fields: queue.Fields,
		shape: leaves("id", "name", "display_name", "created", "last_update", "tags", "system_tags").and(shape{
			"company": refers("company"), "user": refers("user"), "metadata": openMap,
			"entries": inner(shape{"task": refers("task"), "added": nil}),
		}),
	},
	"user": {
		fields: user.Fields,
		hidden: []string{"preferences"},
		shape: leaves("id", "name", "given_name", "family_name", "created", "role", "avatar", "email").and(shape{
			"company": refers("company"), "preferences": openMap, "providers": openMap,
		}),
	},
	"company": {shape: leaves("id", "name")},
	"model": {
		fields: model.Fields,
		words:  true,
		hidden: []string{"ui_cache", "company_origin", "unique_metrics"},
		shape: leaves("id", "name", "uri", "framework", "ready", "comment", "created", "last_update", "last_change", "last_changed_by",
			"tags", "system_tags", "last_iteration", "unique_metrics", "company_origin").and(shape{
			"company": refers("company"), "user": refers("user"), "project": refers("project"), "task": refers("task"),
			"parent": refers("model"), "labels": openMap, "design": openMap, "metadata": openMap, "ui_cache": openMap, "last_metrics": openMap,
		}),
	},
}

// link is where a document refers to another.
type link struct {
	path []string
	of   string
}

// references are the links of the documents of each noun.
var references = func() map[string][]link {
	out := make(map[string][]link, len(nouns))
	for name, n := range nouns {
		out[name] = n.shape.walk(nil, nil)
	}
	return out
}()

func (s shape) walk(at []string, out []link) []link {
	for _, name := range slices.Sorted(maps.Keys(s)) {
		p := s[name]
		if p == nil {
			continue
		}
		path := append(slices.Clone(at), name)
		if p.of != "" {
			out = append(out, link{path, p.of})
		}
		out = p.below.walk(path, out)
	}
	return out
}
