package api

// Section is a section of hyper-parameters by name.
type Section = map[string]ParamIn

// ParamIn is a hyper-parameter as sent.
type ParamIn struct {
	Section     string  `json:"section"`
	Name        string  `json:"name"`
	Value       *string `json:"value"`
	Type        string  `json:"type"`
	Description string  `json:"description"`
}

// TasksParamsResponse lists hyper-parameters by task.
type TasksParamsResponse struct {
	Params []TaskParams `json:"params"`
}

// TaskParams are the hyper-parameters of one task, by section and name.
type TaskParams struct {
	Task        string   `json:"task"`
	Hyperparams []Fields `json:"hyperparams"`
}

// TasksEditParamsRequest sets hyper-parameters.
type TasksEditParamsRequest struct {
	TaskID
	Hyperparams []ParamIn `json:"hyperparams" need:"12"`
	Replace     *string   `json:"replace_hyperparams" enum:"none section all"`
	Force       bool      `json:"force"`
}

// TasksDeleteParamsRequest removes hyper-parameters.
type TasksDeleteParamsRequest struct {
	TaskID
	Hyperparams []ParamID `json:"hyperparams" need:"12"`
	Force       bool      `json:"force"`
}

// ParamID names a hyper-parameter, or without a name a whole section.
type ParamID struct {
	Section string `json:"section" need:"12"`
	Name    string `json:"name"`
}
