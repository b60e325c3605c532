package api

// ModelID names a model.
type ModelID struct {
	Model string `json:"model" need:"12"`
}

// ModelResponse is one model document.
type ModelResponse struct {
	Model Fields `json:"model"`
}

// ModelsResponse is a page of model documents.
type ModelsResponse struct {
	Models   []Fields `json:"models"`
	ScrollID string   `json:"scroll_id,omitempty"` // if the caller scrolls
}

// ModelFields are the parts of a model that create, edit and update accept.
type ModelFields struct {
	Name       *string                `json:"name"`
	Comment    *string                `json:"comment"`
	URI        *string                `json:"uri"`
	Framework  *string                `json:"framework"`
	Design     *Fields                `json:"design"`
	Labels     *map[string]int64      `json:"labels"`
	Task       *string                `json:"task"`
	Parent     *string                `json:"parent"` // a model
	Project    *string                `json:"project"`
	Tags       *[]string              `json:"tags"`
	SystemTags *[]string              `json:"system_tags"`
	Metadata   *map[string]MetadataIn `json:"metadata"` // by key
	Ready      *bool                  `json:"ready"`
	UICache    *Fields                `json:"ui_cache"`
	Created    *string                `json:"created"` // of update
}

// MetadataIn is a piece of metadata as sent.
type MetadataIn struct {
	Key   *string `json:"key"`
	Type  *string `json:"type"`
	Value *string `json:"value"`
}

// ModelsCreateRequest makes a model; name and uri are required.
type ModelsCreateRequest struct {
	ModelFields
	Public bool `json:"public"`
}

// ModelsCreateResponse is the reply of models.create.
type ModelsCreateResponse struct {
	ID      string `json:"id"`
	Created bool   `json:"created"`
}

// ModelsEditRequest changes a model. The iteration is that of the task that
// made it.
type ModelsEditRequest struct {
	ModelID
	ModelFields
	Iteration *int64 `json:"iteration"`
}

// ModelsUpdateForTaskRequest changes the output model of a task, or makes one;
// exactly one of uri and override_model_id is given.
type ModelsUpdateForTaskRequest struct {
	TaskID
	URI        *string   `json:"uri"`
	Override   *string   `json:"override_model_id"`
	Name       *string   `json:"name"`
	Comment    *string   `json:"comment"`
	Tags       *[]string `json:"tags"`
	SystemTags *[]string `json:"system_tags"`
	Iteration  *int64    `json:"iteration"`
}

// ModelsUpdateForTaskResponse is the reply of models.update_for_task. What was
// written is told where a model was changed.
type ModelsUpdateForTaskResponse struct {
	ID      string `json:"id"`
	Created bool   `json:"created"`
	Updated *int   `json:"updated,omitempty"`
	Fields  Fields `json:"fields,omitempty"`
}

// PublishOptions say how models are published.
type PublishOptions struct {
	PublishTask      *bool `json:"publish_task"`
	PublishTasks     *bool `json:"publish_tasks"` // as the declared form of publish_many has it
	ForcePublishTask bool  `json:"force_publish_task"`
}

// ModelsSetReadyRequest publishes a model.
type ModelsSetReadyRequest struct {
	ModelID
	PublishOptions
}

// ModelsSetReadyResponse is the reply of models.set_ready.
type ModelsSetReadyResponse struct {
	Updated       int            `json:"updated"`
	Fields        Fields         `json:"fields"`
	PublishedTask *PublishedTask `json:"published_task,omitempty"`
}

// PublishedTask is a task that was published with its model.
type PublishedTask struct {
	ID   string         `json:"id"`
	Data FieldsResponse `json:"data"`
}

// ModelsPublishManyRequest publishes models.
type ModelsPublishManyRequest struct {
	IDsRequest
	PublishOptions
}

// ModelDeleteOptions say how models are deleted.
type ModelDeleteOptions struct {
	Force                   bool  `json:"force"`
	DeleteExternalArtifacts *bool `json:"delete_external_artifacts"`
}

// ModelsDeleteRequest deletes a model.
type ModelsDeleteRequest struct {
	ModelID
	ModelDeleteOptions
}

// ModelsDeleteManyRequest deletes models.
type ModelsDeleteManyRequest struct {
	IDsRequest
	ModelDeleteOptions
}

// ModelsDeleteResponse is the reply of models.delete.
type ModelsDeleteResponse struct {
	Deleted bool   `json:"deleted"`
	URL     string `json:"url"` // of the weights
}

// ModelsMetadataRequest sets metadata.
type ModelsMetadataRequest struct {
	ModelID
	Metadata []MetadataItem `json:"metadata" need:"12"`
	Replace  bool           `json:"replace_metadata"`
}

// MetadataItem is a piece of metadata that names its key.
type MetadataItem struct {
	Key   string `json:"key" need:"12"`
	Type  string `json:"type" need:"12"`
	Value string `json:"value" need:"12"`
}

// ModelsDeleteMetadataRequest removes metadata.
type ModelsDeleteMetadataRequest struct {
	ModelID
	Keys []string `json:"keys" need:"12"`
}

// ModelEventsRequest names the model whose events are to go.
type ModelEventsRequest struct {
	ModelID
	AllowLocked bool `json:"allow_locked"`
}

// FrameworksRequest asks which frameworks are in use.
type FrameworksRequest struct {
	Projects []string `json:"projects"`
}

// FrameworksResponse lists them, sorted.
type FrameworksResponse struct {
	Frameworks []string `json:"frameworks"`
}

// ModelsVersionsRequest asks for snapshots of a model; it is ours, the
// protocol has none.
type ModelsVersionsRequest struct {
	ModelID
	Page     *int64 `json:"page"`      // from 0 on
	PageSize *int64 `json:"page_size"` // 500 at most, and if absent
}

// ModelsVersionsResponse lists snapshots, the newest first.
type ModelsVersionsResponse struct {
	Versions []ModelVersion `json:"versions"`
}

// ModelVersion is one content of an address that a model named.
type ModelVersion struct {
	Version     int    `json:"version"`      // counted from 1
	Iteration   *int64 `json:"iteration"`    // null if nobody told
	State       string `json:"state"`        // stored, missing
	URI         string `json:"uri"`          // of the newest content there
	URL         string `json:"url"`          // of this content
	FileVersion int    `json:"file_version"` // for ?version= of the uri
	SHA256      string `json:"sha256"`
	Size        int64  `json:"size"` // bytes
	Created     string `json:"created"`
	User        string `json:"user"` // who uploaded it
}
