package client

import (
	"context"
	"fmt"
	"strings"

	"github.com/coffer-ml/coffer/api"
)

// generalSection is where parameters go that name no section, as in Python.
const generalSection = "General"

// Parameters returns the hyper-parameters by "section/name". All values are
// texts in this protocol.
func (t *Task) Parameters(ctx context.Context) (map[string]string, error) {
	var reply struct {
		Params []struct {
			Hyperparams []api.ParamIn `json:"hyperparams"`
		} `json:"params"`
	}
	if err := t.c.conn.call(ctx, "tasks.get_hyper_params", t.ID, again, api.TasksListRequest{Tasks: []string{t.ID}}, &reply); err != nil {
		return nil, err
	}
	all := map[string]string{}
	for _, p := range reply.Params {
		for _, h := range p.Hyperparams {
			value := ""
			if h.Value != nil {
				value = *h.Value
			}
			all[h.Section+"/"+h.Name] = value
		}
	}
	return all, nil
}

// SetParameters sets hyper-parameters by "section/name", or by name alone in
// the section General; others stay. Values are shown as fmt.Sprint shows them,
// truth values as Python writes them. Section "properties" holds the user
// properties, which can be set until the task is published.
func (t *Task) SetParameters(ctx context.Context, values map[string]any) error {
	none := "none" // of the others is replaced
	req := api.TasksEditParamsRequest{TaskID: api.TaskID{Task: t.ID}, Replace: &none, Force: true}
	for key, value := range values {
		section, name := parameterName(key)
		text := parameterText(value)
		req.Hyperparams = append(req.Hyperparams, api.ParamIn{Section: section, Name: name, Value: &text, Type: parameterType(value)})
	}
	if len(req.Hyperparams) == 0 {
		return nil
	}
	return t.c.conn.call(ctx, "tasks.edit_hyper_params", t.ID, again, req, nil)
}

// DeleteParameters removes hyper-parameters by "section/name".
func (t *Task) DeleteParameters(ctx context.Context, names ...string) error {
	req := api.TasksDeleteParamsRequest{TaskID: api.TaskID{Task: t.ID}, Force: true}
	for _, key := range names {
		section, name := parameterName(key)
		req.Hyperparams = append(req.Hyperparams, api.ParamID{Section: section, Name: name})
	}
	if len(req.Hyperparams) == 0 {
		return nil
	}
	return t.c.conn.call(ctx, "tasks.delete_hyper_params", t.ID, again, req, nil)
}

func parameterName(key string) (section, name string) {
	section, name, ok := strings.Cut(key, "/")
	if !ok {
		return generalSection, key
	}
	return section, name
}

func parameterText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return "True"
		}
		return "False"
	}
	return fmt.Sprint(value)
}

// parameterType names the type as Python would, "" if it has no name for it.
func parameterType(value any) string {
	switch value.(type) {
	case bool:
		return "bool"
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return "int"
	case float32, float64:
		return "float"
	case string:
		return "str"
	}
	return ""
}

// Configuration returns the text of a configuration object; [ErrNotFound] if
// there is none of the name.
func (t *Task) Configuration(ctx context.Context, name string) (string, error) {
	var reply struct {
		Configurations []struct {
			Configuration []api.ConfigIn `json:"configuration"`
		} `json:"configurations"`
	}
	err := t.c.conn.call(ctx, "tasks.get_configurations", t.ID, again, map[string]any{"tasks": []string{t.ID}, "names": []string{name}}, &reply)
	if err != nil {
		return "", err
	}
	for _, c := range reply.Configurations {
		for _, object := range c.Configuration {
			if object.Value != nil {
				return *object.Value, nil
			}
		}
	}
	return "", absent("read a configuration", t.c.conn.host, name, "task "+t.ID+" has no such configuration")
}

// SetConfiguration stores a text as a configuration object; kind is "json",
// "yaml" or whatever else it is.
func (t *Task) SetConfiguration(ctx context.Context, name, kind, text string) error {
	return t.c.conn.call(ctx, "tasks.edit_configuration", t.ID, again, api.TasksEditConfigurationRequest{
		TaskID: api.TaskID{Task: t.ID}, Force: true,
		Configuration: []api.ConfigIn{{Name: name, Type: kind, Value: &text}},
	}, nil)
}
