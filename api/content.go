package api

// Blob tells where bytes are used.
type Blob struct {
	SHA256    string          `json:"sha256"`
	Size      int64           `json:"size"`
	Created   string          `json:"created"` // when the oldest file that is listed got them
	Files     []BlobFile      `json:"files"`
	Artifacts []FoundArtifact `json:"artifacts"` // also earlier versions
	Models    []BlobModel     `json:"models"`
	// Limit is how many of each are listed at most.
	Limit int `json:"limit"`
}

// BlobFile is a file that has, or had, the bytes.
type BlobFile struct {
	Path    string `json:"path"`
	URL     string `json:"url"`
	Version int    `json:"version"`
	Created string `json:"created"`
	User    string `json:"user"`
}

// BlobModel is a model with a version that has the bytes.
type BlobModel struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version int    `json:"version"`
}

// Usage is how much is kept.
type Usage struct {
	Blobs    Sum    `json:"blobs"`   // contents, each once
	Waiting  Sum    `json:"waiting"` // of those, what is deleted and can still be brought back
	Failed   Sum    `json:"failed"`  // contents that were lost
	Files    Sum    `json:"files"`   // as if no two files shared their bytes
	Earlier  Sum    `json:"earlier"` // what newer uploads took the place of
	Measured string `json:"measured"`
}

// Sum is a number of things and their bytes.
type Sum struct {
	Count int64 `json:"count"`
	Bytes int64 `json:"bytes"`
}

// Hits are what a search for anything found, a few of each kind.
type Hits struct {
	Projects  []Hit           `json:"projects"`
	Tasks     []Hit           `json:"tasks"`
	Models    []Hit           `json:"models"`
	Artifacts []FoundArtifact `json:"artifacts"`
	// More names the kinds of which there is more.
	More []string `json:"more"`
}

// Hit is one of them.
type Hit struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Project string `json:"project,omitempty"`
	Status  string `json:"status,omitempty"` // of a task
	Type    string `json:"type,omitempty"`   // of a task
	Updated string `json:"updated,omitempty"`
}

// DeletePlanRequest names what is to be deleted together.
type DeletePlanRequest struct {
	Tasks     []string      `json:"tasks"`
	Models    []string      `json:"models"`
	Artifacts []ArtifactRef `json:"artifacts"`
	Force     bool          `json:"force"`
	// Files says that the bytes are to go, too.
	Files bool `json:"files"`
}

// ArtifactRef names an artifact.
type ArtifactRef struct {
	Task string `json:"task"`
	Key  string `json:"key"`
	Mode string `json:"mode"`
}

// DeletePlan is what a deletion would do.
type DeletePlan struct {
	Removed int           `json:"removed"` // of the things that were named
	Models  int           `json:"models"`  // that would go with their tasks
	Named   Sum           `json:"named"`   // contents that the things name, whoever else has them
	Freed   Sum           `json:"freed"`   // contents that nothing would refer to any more
	Blocked []DeleteBlock `json:"blocked"`
}

// DeleteBlock is a thing that would not be deleted.
type DeleteBlock struct {
	Kind    string `json:"kind"` // task, model or artifact
	ID      string `json:"id"`   // of an artifact that of its task
	Key     string `json:"key,omitempty"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}
