package api

// Artifact is an artifact as our own endpoints show it.
type Artifact struct {
	Task        string            `json:"task"`
	Key         string            `json:"key"`
	Mode        string            `json:"mode"`
	Type        string            `json:"type"`
	State       string            `json:"state"` // stored, pending, mismatched, external, missing
	Version     int               `json:"version"`
	Versions    int               `json:"versions,omitempty"`
	URI         string            `json:"uri"`
	FileVersion int               `json:"file_version,omitempty"` // for ?version= of its address
	Size        *int64            `json:"size"`
	SHA256      string            `json:"sha256"`
	ContentType string            `json:"content_type"`
	DataHash    string            `json:"data_hash,omitempty"`
	Timestamp   int64             `json:"timestamp"` // seconds since 1970
	Metadata    map[string]string `json:"metadata"`
	Registered  string            `json:"registered"`
	User        string            `json:"user"`
	Preview     *string           `json:"preview,omitempty"`
}

// ArtifactList is a task's artifacts, sorted by key and mode.
type ArtifactList struct {
	Artifacts []Artifact `json:"artifacts"`
	Next      string     `json:"next,omitempty"` // for ?after= of the next page; absent on the last one
}

// ArtifactVersions are the versions of one artifact, the newest first.
type ArtifactVersions struct {
	Versions []Artifact `json:"versions"`
}

// ArtifactPatch is what is changed of an artifact by hand.
type ArtifactPatch struct {
	Key   string            `json:"key"`
	Set   map[string]string `json:"set"`
	Unset []string          `json:"unset"`
}

// FoundArtifact is an artifact that a search across tasks found.
type FoundArtifact struct {
	Artifact
	TaskName    string `json:"task_name"`
	Project     string `json:"project"`
	ProjectName string `json:"project_name"`
}

// ArtifactSearch is a page of a search, the latest registration first.
type ArtifactSearch struct {
	Artifacts []FoundArtifact `json:"artifacts"`
	Next      string          `json:"next,omitempty"` // for the page behind this one, which may be empty
}

// Problem is how our own endpoints and the file server tell an error.
type Problem struct {
	Error ProblemDetail `json:"error"`
}

// ProblemDetail says what went wrong.
type ProblemDetail struct {
	Kind      string `json:"kind"`
	Reason    string `json:"reason"`
	Message   string `json:"message"`
	RequestID string `json:"request_id"`
}
