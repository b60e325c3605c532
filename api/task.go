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

// IDResponse names what was made.
type IDResponse struct {
	ID string `json:"id"`
}

// UpdatedResponse tells how many rows were changed.
type UpdatedResponse struct {
	Updated int `json:"updated"`
}

// DeletedCountResponse tells how many rows were removed.
type DeletedCountResponse struct {
	Deleted int `json:"deleted"`
}

// FieldsResponse tells what an update wrote, by dotted path.
type FieldsResponse struct {
	Updated int    `json:"updated"`
	Fields  Fields `json:"fields"`
}

// StartedResponse is the reply of tasks.started.
type StartedResponse struct {
	Updated int    `json:"updated"`
	Started int    `json:"started"`
	Fields  Fields `json:"fields"`
}

// CompletedResponse is the reply of tasks.completed.
type CompletedResponse struct {
	Updated   int    `json:"updated"`
	Published int    `json:"published"`
	Fields    Fields `json:"fields"`
}

// QueryRequest is a list request: filters by field name beside the paging
// keys, all of them in Keys.
type QueryRequest struct {
	Keys Fields `json:"*"`
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

// ConfigIn is a configuration object as sent.
type ConfigIn struct {
	Name        string  `json:"name"`
	Value       *string `json:"value"`
	Type        string  `json:"type"`
	Description string  `json:"description"`
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

// ArtifactIn is an artifact as sent.
type ArtifactIn struct {
	Key         string           `json:"key" need:"12"`
	Type        string           `json:"type" need:"12"`
	Mode        *string          `json:"mode" enum:"input output"`
	URI         string           `json:"uri"`
	Hash        string           `json:"hash"`
	ContentSize *int64           `json:"content_size"`
	Timestamp   int64            `json:"timestamp"`
	TypeData    ArtifactTypeData `json:"type_data"`
	DisplayData [][]string       `json:"display_data"`
}

// ArtifactTypeData is what a client says of an artifact's content.
type ArtifactTypeData struct {
	Preview     string `json:"preview"`
	ContentType string `json:"content_type"`
	DataHash    string `json:"data_hash"`
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

// TasksStatusRequest changes the status of a task.
type TasksStatusRequest struct {
	TaskID
	StatusReason  string `json:"status_reason"`
	StatusMessage string `json:"status_message"`
	Force         bool   `json:"force"`
	Publish       bool   `json:"publish"`                // of tasks.completed
	PublishModel  *bool  `json:"publish_model"`          // of tasks.publish
	Steps         bool   `json:"include_pipeline_steps"` // of tasks.stop
}

// TasksRequirementsRequest replaces the requirements of a script.
type TasksRequirementsRequest struct {
	TaskID
	Requirements Fields `json:"requirements" need:"12"`
}

// TasksAddArtifactsRequest adds or replaces artifacts.
type TasksAddArtifactsRequest struct {
	TaskID
	Artifacts []ArtifactIn `json:"artifacts" need:"12"`
}

// TasksDeleteArtifactsRequest removes artifacts.
type TasksDeleteArtifactsRequest struct {
	TaskID
	Artifacts []ArtifactID `json:"artifacts" need:"12"`
}

// ArtifactID names an artifact of a task.
type ArtifactID struct {
	Key  string  `json:"key" need:"12"`
	Mode *string `json:"mode" enum:"input output"`
}

// ResetOptions say how tasks are taken back to created.
type ResetOptions struct {
	Force                   bool  `json:"force"`
	ClearAll                bool  `json:"clear_all"`
	ReturnFileURLs          bool  `json:"return_file_urls"`
	DeleteOutputModels      *bool `json:"delete_output_models"`
	DeleteExternalArtifacts *bool `json:"delete_external_artifacts"`
}

// TasksResetRequest takes a task back to created.
type TasksResetRequest struct {
	TaskID
	ResetOptions
}

// TasksResetManyRequest takes tasks back to created.
type TasksResetManyRequest struct {
	IDsRequest
	ResetOptions
}

// TasksResetResponse is the reply of tasks.reset.
type TasksResetResponse struct {
	Updated       int    `json:"updated"`
	Fields        Fields `json:"fields"`
	DeletedModels int    `json:"deleted_models"`
	Dequeued      Fields `json:"dequeued"`
	Events        Fields `json:"events"`
	URLs          Fields `json:"urls"`
}

// DeleteOptions say how tasks are deleted.
type DeleteOptions struct {
	Force                   bool  `json:"force"`
	ReturnFileURLs          bool  `json:"return_file_urls"`
	DeleteOutputModels      *bool `json:"delete_output_models"`
	DeleteExternalArtifacts *bool `json:"delete_external_artifacts"`
	Steps                   bool  `json:"include_pipeline_steps"`
}

// TasksDeleteRequest deletes a task.
type TasksDeleteRequest struct {
	TaskID
	DeleteOptions
}

// TasksDeleteManyRequest deletes tasks.
type TasksDeleteManyRequest struct {
	IDsRequest
	DeleteOptions
}

// TasksDeleteResponse is the reply of tasks.delete.
type TasksDeleteResponse struct {
	Deleted         bool   `json:"deleted"`
	UpdatedChildren int    `json:"updated_children"`
	UpdatedModels   int    `json:"updated_models"`
	DeletedModels   int    `json:"deleted_models"`
	URLs            Fields `json:"urls"` // null unless asked for
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

// Reference is an id with its name.
type Reference struct {
	ID   string `json:"id"`
	Name string `json:"name"`
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

// TasksListRequest names tasks.
type TasksListRequest struct {
	Tasks []string `json:"tasks" need:"12"`
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

// TasksConfigurationsRequest asks for configuration objects.
type TasksConfigurationsRequest struct {
	TasksListRequest
	Names []string `json:"names"`
}

// TasksConfigurationsResponse lists configuration objects by task.
type TasksConfigurationsResponse struct {
	Configurations []TaskConfiguration `json:"configurations"`
}

// TaskConfiguration are the configuration objects of one task, by name.
type TaskConfiguration struct {
	Task          string   `json:"task"`
	Configuration []Fields `json:"configuration"`
}

// TasksConfigurationNamesRequest asks for the names of configuration objects.
type TasksConfigurationNamesRequest struct {
	TasksListRequest
	SkipEmpty *bool `json:"skip_empty"`
}

// TasksConfigurationNamesResponse lists them by task.
type TasksConfigurationNamesResponse struct {
	Configurations []TaskConfigurationNames `json:"configurations"`
}

// TaskConfigurationNames are the names of one task, sorted.
type TaskConfigurationNames struct {
	Task  string   `json:"task"`
	Names []string `json:"names"`
}

// TasksEditConfigurationRequest sets configuration objects.
type TasksEditConfigurationRequest struct {
	TaskID
	Configuration []ConfigIn `json:"configuration" need:"12"`
	Replace       bool       `json:"replace_configuration"`
	Force         bool       `json:"force"`
}

// TasksDeleteConfigurationRequest removes configuration objects.
type TasksDeleteConfigurationRequest struct {
	TaskID
	Configuration []string `json:"configuration" need:"12"`
	Force         bool     `json:"force"`
}

// TasksEditRuntimeRequest sets and removes runtime properties.
type TasksEditRuntimeRequest struct {
	TaskID
	AddOrUpdate Fields   `json:"add_or_update"`
	Remove      []string `json:"remove"`
}

// IDsRequest names entities.
type IDsRequest struct {
	IDs []string `json:"ids" need:"12"`
}

// TagsRequest adds and removes tags.
type TagsRequest struct {
	IDsRequest
	AddTags    []string `json:"add_tags"`
	RemoveTags []string `json:"remove_tags"`
}

// TasksArchiveRequest hides tasks away.
type TasksArchiveRequest struct {
	Tasks         []string `json:"tasks" need:"12"`
	StatusReason  string   `json:"status_reason"`
	StatusMessage string   `json:"status_message"`
	Steps         bool     `json:"include_pipeline_steps"`
}

// ArchivedResponse tells how many were archived.
type ArchivedResponse struct {
	Archived int `json:"archived"`
}

// ManyRequest runs a change over many tasks.
type ManyRequest struct {
	IDsRequest
	StatusReason  string `json:"status_reason"`
	StatusMessage string `json:"status_message"`
	Force         bool   `json:"force"`
	PublishModel  *bool  `json:"publish_model"` // of tasks.publish_many
	Steps         bool   `json:"include_pipeline_steps"`
}

// ManyResponse tells what became of each.
type ManyResponse struct {
	Succeeded []Fields `json:"succeeded"`
	Failed    []Fields `json:"failed"`
}

// EnqueueOptions say where tasks shall wait; without a queue in the default
// one.
type EnqueueOptions struct {
	Queue              string `json:"queue"`
	QueueName          string `json:"queue_name"`
	StatusReason       string `json:"status_reason"`
	StatusMessage      string `json:"status_message"`
	VerifyWatchedQueue bool   `json:"verify_watched_queue"`
}

// TasksEnqueueRequest puts a task in a queue.
type TasksEnqueueRequest struct {
	TaskID
	EnqueueOptions
	Force                bool  `json:"force"`
	UpdateExecutionQueue *bool `json:"update_execution_queue"`
}

// TasksEnqueueResponse is the reply of tasks.enqueue.
type TasksEnqueueResponse struct {
	Queued       int    `json:"queued"`
	Updated      int    `json:"updated"`
	Fields       Fields `json:"fields"`
	QueueWatched *bool  `json:"queue_watched,omitempty"`
}

// TasksEnqueueManyRequest puts tasks in a queue.
type TasksEnqueueManyRequest struct {
	IDsRequest
	EnqueueOptions
	ValidateTasks bool `json:"validate_tasks"`
}

// TasksEnqueueManyResponse tells what became of each.
type TasksEnqueueManyResponse struct {
	ManyResponse
	QueueWatched *bool `json:"queue_watched,omitempty"`
}

// DequeueOptions say how tasks shall stop waiting.
type DequeueOptions struct {
	RemoveFromAllQueues bool   `json:"remove_from_all_queues"`
	NewStatus           string `json:"new_status"`
	StatusReason        string `json:"status_reason"`
	StatusMessage       string `json:"status_message"`
}

// TasksDequeueRequest takes a task out of its queue.
type TasksDequeueRequest struct {
	TaskID
	DequeueOptions
}

// TasksDequeueResponse is the reply of tasks.dequeue.
type TasksDequeueResponse struct {
	Dequeued int    `json:"dequeued"`
	Updated  int    `json:"updated"`
	Fields   Fields `json:"fields"`
}

// TasksDequeueManyRequest takes tasks out of their queues.
type TasksDequeueManyRequest struct {
	IDsRequest
	DequeueOptions
}

// MoveRequest files entities under a project; of the two the id counts.
type MoveRequest struct {
	IDsRequest
	Keys Fields `json:"*"`
}

// MoveResponse names the project; null is the root.
type MoveResponse struct {
	ProjectID *string `json:"project_id"`
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

// TypesRequest asks which types are in use.
type TypesRequest struct {
	Projects []string `json:"projects"`
}

// TypesResponse lists them.
type TypesResponse struct {
	Types []string `json:"types"`
}
