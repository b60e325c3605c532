package api

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
