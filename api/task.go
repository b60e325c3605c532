package api

// TaskID names a task.
type TaskID struct {
	Task string `json:"task" need:"12"`
}

// TaskResponse is one task document.
type TaskResponse struct {
	Task Fields `json:"task"`
}

// TasksResponse is a page of task documents.
type TasksResponse struct {
	Tasks    []Fields `json:"tasks"`
	ScrollID string   `json:"scroll_id,omitempty"` // if the caller scrolls
}

// TasksListRequest names tasks.
type TasksListRequest struct {
	Tasks []string `json:"tasks" need:"12"`
}

// TypesRequest asks which types are in use.
type TypesRequest struct {
	Projects []string `json:"projects"`
}

// TypesResponse lists them.
type TypesResponse struct {
	Types []string `json:"types"`
}

// TaskFields are the parts of a task that create and edit accept.
type TaskFields struct {
	Name          *string              `json:"name"`
	Type          *string              `json:"type"`
	Comment       *string              `json:"comment"`
	Parent        *string              `json:"parent"`
	Project       *string              `json:"project"`
	Status        *string              `json:"status"`
	StatusMessage *string              `json:"status_message"`
	Tags          *[]string            `json:"tags"`
	SystemTags    *[]string            `json:"system_tags"`
	OutputDest    *string              `json:"output_dest"`
	OutputError   *string              `json:"output__error"`
	Output        *OutputIn            `json:"output"`
	Container     *Fields              `json:"container"`
	Runtime       *Fields              `json:"runtime"`
	Hyperparams   *map[string]Section  `json:"hyperparams"`
	Configuration *map[string]ConfigIn `json:"configuration"`
	Script        *ScriptIn            `json:"script"`
	Execution     *ExecutionIn         `json:"execution"`
	Models        *ModelsIn            `json:"models"`
}

// ScriptIn is a script as sent; what is given replaces what is stored.
type ScriptIn struct {
	Binary       *string `json:"binary"`
	Repository   *string `json:"repository"`
	Tag          *string `json:"tag"`
	Branch       *string `json:"branch"`
	VersionNum   *string `json:"version_num"`
	EntryPoint   *string `json:"entry_point"`
	WorkingDir   *string `json:"working_dir"`
	Requirements *Fields `json:"requirements"`
	Diff         *string `json:"diff"`
}

// ExecutionIn is the execution as sent; what is given replaces what is stored.
type ExecutionIn struct {
	Parameters  *Fields       `json:"parameters"` // hyper-parameters of old clients
	Model       *string       `json:"model"`      // the input model, before 2.13
	DockerCmd   *string       `json:"docker_cmd"` // image and arguments, before 2.13
	Queue       *string       `json:"queue"`
	Framework   *string       `json:"framework"`
	ModelDesc   *Fields       `json:"model_desc"`
	ModelLabels *Fields       `json:"model_labels"`
	TestSplit   *int64        `json:"test_split"`
	Artifacts   *[]ArtifactIn `json:"artifacts"`
}

// OutputIn is the output as clients before 2.13 send it.
type OutputIn struct {
	Model *string `json:"model"`
}

// TasksCreateRequest makes a task.
type TasksCreateRequest struct {
	TaskFields
}

// TasksEditRequest changes a task.
type TasksEditRequest struct {
	TaskID
	TaskFields
	Force bool `json:"force"`
}

// TasksRequirementsRequest replaces the requirements of a script.
type TasksRequirementsRequest struct {
	TaskID
	Requirements Fields `json:"requirements" need:"12"`
}

// TasksEditRuntimeRequest sets and removes runtime properties.
type TasksEditRuntimeRequest struct {
	TaskID
	AddOrUpdate Fields   `json:"add_or_update"`
	Remove      []string `json:"remove"`
}

// TasksCloneRequest makes a draft out of a task.
type TasksCloneRequest struct {
	TaskID
	Name               string              `json:"new_task_name"`
	Comment            string              `json:"new_task_comment"`
	Tags               []string            `json:"new_task_tags"`
	SystemTags         []string            `json:"new_task_system_tags"`
	Parent             string              `json:"new_task_parent"`
	Project            string              `json:"new_task_project"`
	ProjectName        string              `json:"new_project_name"`
	Hyperparams        map[string]Section  `json:"new_task_hyperparams"`
	Configuration      map[string]ConfigIn `json:"new_task_configuration"`
	Container          Fields              `json:"new_task_container"`
	InputModels        []ModelLinkIn       `json:"new_task_input_models"`
	ExecutionOverrides *ExecutionIn        `json:"execution_overrides"`
	ValidateReferences bool                `json:"validate_references"`
}

// TasksCloneResponse is the reply of tasks.clone.
type TasksCloneResponse struct {
	ID         string     `json:"id"`
	NewProject *Reference `json:"new_project,omitempty"`
}
