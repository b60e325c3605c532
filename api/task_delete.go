package api

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
