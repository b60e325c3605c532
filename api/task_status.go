package api

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

// ManyRequest runs a change over many tasks.
type ManyRequest struct {
	IDsRequest
	StatusReason  string `json:"status_reason"`
	StatusMessage string `json:"status_message"`
	Force         bool   `json:"force"`
	PublishModel  *bool  `json:"publish_model"` // of tasks.publish_many
	Steps         bool   `json:"include_pipeline_steps"`
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
