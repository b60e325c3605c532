package rpc

import (
	"maps"
	"slices"
	"strings"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/task"
)

// Versions at which the shape of tasks changed.
var (
	twoTagLists    = version{2, 3}  // before: system tags among the tags
	paramSections  = version{2, 9}  // before: parameters and model_desc in the execution
	linksAndImages = version{2, 13} // before: one model each way, docker_cmd; up to it: models of tasks as such
	metadataByKey  = version{2, 17} // before: metadata is shown as an empty list
)

// knownSystemTags are those that clients before 2.3 send and get among the
// tags.
var knownSystemTags = []string{task.Archived, task.Development, task.Hidden}

// legacy is the type of parameters and configuration objects that came in the
// form of clients before 2.9.
const legacy = "legacy"

// The sections of such parameters, the second by a prefix of the name.
const (
	argsSection = "Args"
	tfSection   = "TF_DEFINE"
)

// age gives a document the shape that the caller's version expects.
func (c Call) age(d api.Fields, t task.Task) {
	if c.Version.less(twoTagLists) {
		d["tags"] = oneTagList(t.Tags, t.SystemTags)
	}
	run, _ := d["execution"].(map[string]any)
	if run != nil && c.Version.less(paramSections) {
		run["parameters"] = legacyParams(t.Hyperparams)
		desc := make(map[string]any)
		for name, it := range t.Configuration {
			if it.Type == legacy {
				desc[name] = it.Value
			}
		}
		run["model_desc"] = desc
	}
	if !c.Version.less(linksAndImages) {
		return
	}
	if run != nil {
		if n := len(t.Models.Input); n > 0 {
			run["model"] = t.Models.Input[0].Model
		}
		image, _ := t.Container["image"].(string)
		arguments, _ := t.Container["arguments"].(string)
		if cmd := strings.TrimSpace(image + " " + arguments); cmd != "" {
			run["docker_cmd"] = cmd
		}
	}
	output, _ := d["output"].(map[string]any)
	if n := len(t.Models.Output); n > 0 && output != nil {
		output["model"] = t.Models.Output[n-1].Model
	}
}

// oneTagList is the tags as clients before 2.3 know them.
func oneTagList(tags, system []string) []string {
	return list(slices.Compact(slices.Sorted(slices.Values(slices.Concat(tags, system)))))
}

func legacyParams(p task.Params) map[string]any {
	out := make(map[string]any)
	for section, items := range p {
		for name, it := range items {
			switch {
			case it.Type != legacy:
			case section == tfSection:
				out[tfSection+"/"+name] = it.Value
			default:
				out[name] = it.Value
			}
		}
	}
	return out
}

// splitTags moves what is known as a system tag from the tags that a client
// before 2.3 sends to the system tags.
func (c Call) splitTags(given, systemGiven **[]string) {
	if !c.Version.less(twoTagLists) || *given == nil {
		return
	}
	tags, system := []string{}, []string{}
	for _, t := range **given {
		if slices.Contains(knownSystemTags, t) {
			system = append(system, t)
		} else {
			tags = append(tags, t)
		}
	}
	*given = &tags
	if *systemGiven != nil {
		system = append(system, **systemGiven...)
	}
	*systemGiven = &system
}

// splitTagFilter does the same for the tags of a list request.
func (c Call) splitTagFilter(keys api.Fields) {
	items, ok := keys["tags"].([]any)
	if !ok || !c.Version.less(twoTagLists) || keys["system_tags"] != nil {
		return
	}
	var tags, system []any
	for _, it := range items {
		name, _ := it.(string)
		if slices.Contains(knownSystemTags, strings.TrimPrefix(name, "-")) {
			system = append(system, it)
		} else {
			tags = append(tags, it)
		}
	}
	if len(system) > 0 {
		keys["system_tags"] = system
		keys["tags"] = tags
	}
	if len(tags) == 0 {
		delete(keys, "tags")
	}
}

// modernise reads the parts of a task that belong elsewhere today.
func (h *handlers) modernise(p *task.Patch, in api.TaskFields) {
	var run api.ExecutionIn
	give(&run, in.Execution)
	if run.Parameters != nil {
		p.Hyperparams = then(p.Hyperparams, func(to *task.Params) { mergeLegacyParams(to, *run.Parameters) })
	}
	if run.ModelDesc != nil {
		p.Configuration = then(p.Configuration, func(to *map[string]task.ConfigItem) { mergeLegacyConfiguration(to, *run.ModelDesc) })
	}
	if run.DockerCmd != nil {
		image, arguments, _ := strings.Cut(strings.TrimSpace(*run.DockerCmd), " ")
		p.Container = then(p.Container, func(to *map[string]any) {
			*to = object(*to) // a copy, which is never nil
			(*to)["image"], (*to)["arguments"] = image, strings.TrimSpace(arguments)
		})
	}
	if run.Model != nil {
		p.Models = then(p.Models, func(m *task.Models) { m.Input = h.oneLink(m.Input, "Input Model", *run.Model, 0) })
	}
	if in.Output != nil && in.Output.Model != nil {
		p.Models = then(p.Models, func(m *task.Models) {
			m.Output = h.oneLink(m.Output, "Output Model", *in.Output.Model, len(m.Output)-1)
		})
	}
}

// withoutLinksAndImages leaves out what means nothing from 2.13 on.
func withoutLinksAndImages(in api.TaskFields) api.TaskFields {
	in.Output = nil
	if in.Execution != nil {
		run := *in.Execution
		run.Model, run.DockerCmd = nil, nil
		in.Execution = &run
	}
	return in
}

// then does one change after another, which may be nil.
func then[T any](first, second func(*T)) func(*T) {
	return func(to *T) {
		if first != nil {
			first(to)
		}
		second(to)
	}
}

// oneLink puts a model in place of the link that stands for all of them in old
// shapes. No id takes that link away.
func (h *handlers) oneLink(links []task.ModelLink, name, model string, at int) []task.ModelLink {
	links = slices.Clone(links)
	switch l := (task.ModelLink{Name: name, Model: model, Updated: h.Now()}); {
	case model == "" && len(links) == 0:
		return links
	case model == "":
		return slices.Delete(links, at, at+1)
	case len(links) == 0:
		return []task.ModelLink{l}
	default:
		l.Name = links[at].Name
		links[at] = l
		return links
	}
}

// mergeLegacyParams puts parameters of the old form in place of the earlier
// ones of that form; others stay.
func mergeLegacyParams(to *task.Params, given api.Fields) {
	out := make(task.Params)
	for section, items := range *to {
		kept := maps.Clone(items)
		maps.DeleteFunc(kept, func(_ string, p task.Param) bool { return p.Type == legacy })
		if len(kept) > 0 || len(items) == 0 {
			out[section] = kept
		}
	}
	for name, value := range given {
		section := argsSection
		if rest, ok := strings.CutPrefix(name, tfSection+"/"); ok {
			section, name = tfSection, rest
		}
		if out[section] == nil {
			out[section] = make(map[string]task.Param)
		}
		out[section][name] = task.Param{Section: section, Name: name, Value: text(value), Type: legacy}
	}
	*to = out
}

func mergeLegacyConfiguration(to *map[string]task.ConfigItem, given api.Fields) {
	out := make(map[string]task.ConfigItem)
	for name, it := range *to {
		if it.Type != legacy {
			out[name] = it
		}
	}
	for name, value := range given {
		out[name] = task.ConfigItem{Name: name, Value: text(value), Type: legacy}
	}
	*to = out
}
