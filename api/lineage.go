package api

// Lineage is a graph of what led to something and what came of it.
type Lineage struct {
	Nodes []LineageNode `json:"nodes"` // the nearest first
	Edges []LineageEdge `json:"edges"`
	Limit int           `json:"limit"` // of nodes
	Cut   bool          `json:"cut"`   // the limit left something out
}

// LineageNode is one thing in it.
type LineageNode struct {
	Kind    string `json:"kind"` // task, model, artifact, file, bytes
	ID      string `json:"id"`   // of a task or model; a path, a digest; absent for artifacts
	Task    string `json:"task,omitempty"`
	Key     string `json:"key,omitempty"`     // of an artifact, within its task
	Mode    string `json:"mode,omitempty"`    // of an artifact
	Name    string `json:"name"`              // as people know it
	Status  string `json:"status,omitempty"`  // of a task
	Ready   bool   `json:"ready,omitempty"`   // of a model
	Version int    `json:"version,omitempty"` // that holds the bytes asked for
	More    bool   `json:"more,omitempty"`    // what is behind it was left out
}

// LineageEdge says how one node led to another, by their places among the
// nodes.
type LineageEdge struct {
	From int    `json:"from"`
	To   int    `json:"to"`
	How  string `json:"how"` // made, used, derived, held
}
