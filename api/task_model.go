package api

// ModelsIn are model links as sent; a list that is given replaces the stored
// one.
type ModelsIn struct {
	Input  *[]ModelLinkIn `json:"input"`
	Output *[]ModelLinkIn `json:"output"`
}

// ModelLinkIn names a model.
type ModelLinkIn struct {
	Name  string `json:"name" need:"12"`
	Model string `json:"model" need:"12"`
}

// TasksAddModelRequest links a model to a task.
type TasksAddModelRequest struct {
	TaskID
	Name      string `json:"name" need:"12"`
	Model     string `json:"model" need:"12"`
	Type      string `json:"type" need:"12" enum:"input output"`
	Iteration *int64 `json:"iteration"`
}

// TasksDeleteModelsRequest takes links to models off a task.
type TasksDeleteModelsRequest struct {
	TaskID
	Models []TaskModelID `json:"models" need:"12"`
}

// TaskModelID names a link to a model within its task.
type TaskModelID struct {
	Name string `json:"name" need:"12"`
	Type string `json:"type" need:"12" enum:"input output"`
}
