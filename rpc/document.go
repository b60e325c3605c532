package rpc

import (
	"context"
	"crypto/md5" //nolint:gosec // the protocol names metrics by it
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/event"
	"github.com/coffer-ml/coffer/task"
)

func names(list ...string) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, n := range list {
		set[n] = true
	}
	return set
}

// stamp writes a time as the protocol has it: ISO 8601 with microseconds and
// offset.
func stamp(t time.Time) string {
	t = t.UTC()
	// A page has hundreds of them, and this layout is the one that is quick to write.
	out := t.AppendFormat(make([]byte, 0, len(time.RFC3339Nano)), time.RFC3339)
	out = out[:len(out)-len("Z")]
	if micros := t.Nanosecond() / 1000; t.Nanosecond() != 0 {
		out = fmt.Appendf(out, ".%06d", micros)
	}
	return string(append(out, "+00:00"...))
}

// doc builds a document, leaving out what is not set.
type doc api.Fields

func (d doc) text(key, value string) {
	if value != "" {
		d[key] = value
	}
}

func (d doc) time(key string, t time.Time) {
	if !t.IsZero() {
		d[key] = stamp(t)
	}
}

// object never is null: clients read through it unguarded.
func object[V any](m map[string]V) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

func list(values []string) []string {
	if values == nil {
		return []string{}
	}
	return values
}

// taskDocuments builds the documents of tasks, in their order, by a fixed
// number of queries.
func (h *handlers) taskDocuments(ctx context.Context, c Call, tasks []task.Task, p projection) ([]api.Fields, error) {
	docs, err := h.rawTaskDocuments(ctx, c, tasks, p)
	if err != nil {
		return nil, err
	}
	return docs, h.shape(ctx, c, docs, p)
}

// taskParts are the parts of tasks that a projection shows to this caller.
func (c Call) taskParts(p projection) task.Part {
	if p.only("id", "name") {
		return task.Heading
	}
	what := task.Row
	for part, fields := range map[task.Part][]string{
		task.Tags:       {"tags", "system_tags"},
		task.Parameters: {"hyperparams"},
		task.Links:      {"models"},
		task.Settings:   {"output", "execution", "runtime", "container"},
		task.Source:     {"script", "configuration"},
	} {
		if p.wantsAny(fields...) {
			what |= part
		}
	}
	// To older callers they are parts of these two.
	if c.Version.less(paramSections) && p.wants("execution") {
		what |= task.Parameters | task.Source
	}
	if c.Version.less(linksAndImages) && p.wantsAny("execution", "output") {
		what |= task.Links
	}
	return what
}

// rawTaskDocuments builds documents with all that the projection wants, and
// maybe more.
func (h *handlers) rawTaskDocuments(ctx context.Context, c Call, tasks []task.Task, p projection) ([]api.Fields, error) {
	ids := make([]task.ID, len(tasks))
	targets := make([]event.Target, len(tasks))
	for i, t := range tasks {
		ids[i], targets[i] = t.ID, event.Target{Kind: event.Task, ID: string(t.ID)}
	}
	logged := make(map[task.ID][]any)
	if p.wants("execution", "artifacts") && len(ids) > 0 {
		artifacts, err := h.Artifacts.List(ctx, c.Who, artifact.Selection{Tasks: ids, Previews: true})
		if err != nil {
			return nil, err
		}
		for _, a := range artifacts {
			logged[a.Task] = append(logged[a.Task], c.artifactDocument(a))
		}
	}
	progress, err := h.progress(ctx, c, targets, p)
	if err != nil {
		return nil, err
	}
	var sums map[task.ID]artifact.Stats
	if p.names(artifactStats) {
		if sums, err = h.Artifacts.Stats(ctx, c.Who, ids); err != nil {
			return nil, err
		}
	}
	company, _, err := h.Users.Company(ctx)
	if err != nil {
		return nil, err
	}
	objects := slices.DeleteFunc(slices.Clone(taskObjects), func(name string) bool { return !p.wants(name) })
	out := make([]api.Fields, len(tasks))
	for i, t := range tasks {
		d := c.taskDocument(t, objects, logged[t.ID], progress[targets[i]])
		d["company"] = company
		if t.Public {
			d["company"] = "" // everybody's
		}
		c.age(d, t)
		if p.names(artifactStats) {
			d[artifactStats] = statsDocument(sums[t.ID])
		}
		out[i] = d
	}
	return out, nil
}

// progress loads what the events of targets come to, as far as it is shown.
func (h *handlers) progress(ctx context.Context, c Call, targets []event.Target, p projection) (map[event.Target]event.Progress, error) {
	var what event.Part
	for part, field := range map[event.Part]string{event.WithSeries: "last_metrics", event.WithLatest: "metric_stats"} {
		if p.wants(field) {
			what |= part
		}
	}
	if len(targets) == 0 || what == 0 && !p.wants("last_iteration") {
		return nil, nil
	}
	return h.Events.Progress(ctx, c.Who, targets, what)
}

// artifactStats is a field of our own: what a table of tasks shows of their
// artifacts, without the list of them. It comes only when asked for by name.
const artifactStats = "artifact_stats"

func statsDocument(s artifact.Stats) api.Fields {
	return api.Fields{
		"count": s.Count, "bytes": s.Bytes,
		"missing": s.ByState[artifact.Missing], "mismatched": s.ByState[artifact.Mismatched], "pending": s.ByState[artifact.Pending],
	}
}

// taskObjects are the parts of a task's document that are objects. They are dear
// to build, and a list wants few of them.
var taskObjects = []string{
	"configuration", "container", "execution", "hyperparams", "last_metrics", "metric_stats", "models", "output", "runtime", "script",
}

func (c Call) taskObject(name string, t task.Task, artifacts []any, progress event.Progress) map[string]any {
	switch name {
	case "configuration":
		return configurations(t.Configuration)
	case "container":
		return object(t.Container)
	case "execution":
		return execution(t.Execution, artifacts)
	case "hyperparams":
		return params(t.Hyperparams)
	case "last_metrics":
		return metrics(progress.Series)
	case "metric_stats":
		return metricStats(progress.Latest)
	case "models":
		return map[string]any{"input": links(t.Models.Input), "output": links(t.Models.Output)}
	case "output":
		return c.output(t.Output)
	case "runtime":
		return object(t.Runtime)
	default:
		return script(t.Script)
	}
}

// taskDocument builds one document, with these objects, out of what the nouns
// say.
func (c Call) taskDocument(t task.Task, objects []string, artifacts []any, progress event.Progress) api.Fields {
	d := doc{
		"id": t.ID, "name": t.Name, "type": t.Type, "status": t.Status,
		"status_reason": t.StatusReason, "status_message": t.StatusMessage, "comment": t.Comment,
		"tags": list(t.Tags), "system_tags": list(t.SystemTags), "user": t.User, "last_iteration": progress.LastIteration,
	}
	for _, name := range objects {
		d[name] = c.taskObject(name, t, artifacts, progress)
	}
	d.text("parent", string(t.Parent))
	d.text("project", string(t.Project))
	d.text("last_worker", t.LastWorker)
	d.text("last_changed_by", string(t.LastChangedBy))
	d.time("created", t.Created)
	d.time("started", t.Started)
	d.time("completed", t.Completed)
	d.time("published", t.Published)
	d.time("status_changed", t.StatusChanged)
	d.time("last_update", t.LastUpdate)
	d.time("last_change", t.LastChange)
	d.time("last_worker_report", t.LastWorkerReport)
	if t.ActiveDuration != nil {
		d["active_duration"] = *t.ActiveDuration
	}
	return api.Fields(d)
}

func (c Call) output(o task.Output) map[string]any {
	d := doc{}
	if o.Destination != "" {
		d["destination"] = c.shownDestination(o.Destination)
	}
	d.text("result", o.Result)
	d.text("error", o.Error)
	return d
}

func script(s task.Script) map[string]any {
	d := doc{"binary": firstOf(s.Binary, "python"), "repository": s.Repository, "entry_point": s.EntryPoint, "requirements": object(s.Requirements)}
	d.text("tag", s.Tag)
	d.text("branch", s.Branch)
	d.text("version_num", s.VersionNum)
	d.text("working_dir", s.WorkingDir)
	d.text("diff", s.Diff)
	return d
}

func execution(e task.Execution, artifacts []any) map[string]any {
	if artifacts == nil {
		artifacts = []any{}
	}
	d := doc{"artifacts": artifacts, "model_labels": object(e.ModelLabels)}
	d.text("queue", e.Queue)
	d.text("framework", e.Framework)
	if e.TestSplit != nil {
		d["test_split"] = *e.TestSplit
	}
	return d
}

func params(p task.Params) map[string]any {
	out := make(map[string]any, len(p))
	for section, items := range p {
		named := make(map[string]any, len(items))
		for name, p := range items {
			d := doc{"section": p.Section, "name": p.Name, "value": p.Value}
			d.text("type", p.Type)
			d.text("description", p.Description)
			named[name] = map[string]any(d)
		}
		out[section] = named
	}
	return out
}

func configurations(items map[string]task.ConfigItem) map[string]any {
	out := make(map[string]any, len(items))
	for name, it := range items {
		d := doc{"name": it.Name, "value": it.Value}
		d.text("type", it.Type)
		d.text("description", it.Description)
		out[name] = map[string]any(d)
	}
	return out
}

func links(l []task.ModelLink) []any {
	out := make([]any, len(l))
	for i, m := range l {
		d := doc{"name": m.Name, "model": m.Model}
		d.time("updated", m.Updated)
		out[i] = map[string]any(d)
	}
	return out
}

// metrics keys the summaries by the MD5 of metric and variant, as the
// protocol names them.
func metrics(series []event.Series) map[string]any {
	out := make(map[string]any)
	for _, s := range series {
		variants, ok := out[hashName(s.Metric)].(map[string]any)
		if !ok {
			variants = make(map[string]any)
			out[hashName(s.Metric)] = variants
		}
		a := s.Summary()
		d := doc{
			"metric": s.Metric, "variant": s.Variant, "value": a.Last.Value,
			"min_value": a.Min.Value, "min_value_iteration": a.Min.Iter,
			"max_value": a.Max.Value, "max_value_iteration": a.Max.Iter,
			"first_value": a.First.Value, "first_value_iteration": a.First.Iter,
			"count": a.Count, "mean_value": a.Mean(),
		}
		d.text("x_axis_label", s.Label)
		variants[hashName(s.Variant)] = map[string]any(d)
	}
	return out
}

// metricStats tells when which kind of event of a metric came in last.
func metricStats(all []event.Latest) map[string]any {
	out := make(map[string]any)
	for _, l := range all {
		key := hashName(l.Metric)
		if out[key] == nil {
			out[key] = map[string]any{"metric": l.Metric, "event_stats_by_type": map[string]any{}}
		}
		types := out[key].(map[string]any)["event_stats_by_type"].(map[string]any)
		types[string(l.Type)] = map[string]any{"last_update": l.At.UnixMilli()}
	}
	return out
}

func hashName(name string) string {
	sum := md5.Sum([]byte(name)) //nolint:gosec // a name, no secret
	return hex.EncodeToString(sum[:])
}

// artifactDocument shows an artifact as the protocol does. What is not known
// is absent: clients take 0 and "" for facts.
func (c Call) artifactDocument(a artifact.Artifact) map[string]any {
	data := doc{"preview": a.Preview}
	data.text("content_type", a.ContentType)
	data.text("data_hash", a.DataHash)
	d := doc{"key": a.Key, "type": a.Type, "mode": a.Mode, "type_data": map[string]any(data)}
	d.text("uri", a.Address.Render(c.files))
	d.text("hash", a.Hash)
	if a.Size != nil {
		d["content_size"] = *a.Size
	}
	if a.Timestamp != 0 {
		d["timestamp"] = a.Timestamp
	}
	if len(a.Metadata) > 0 {
		d["display_data"] = a.Metadata
	}
	return d
}
