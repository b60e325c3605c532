package api

// QueryRequest is a list request: filters by field name beside the paging
// keys, all of them in Keys.
type QueryRequest struct {
	Keys Fields `json:"*"`
}

// IDResponse names what was made.
type IDResponse struct {
	ID string `json:"id"`
}

// Reference is an id with its name.
type Reference struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// UpdatedResponse tells how many rows were changed.
type UpdatedResponse struct {
	Updated int `json:"updated"`
}

// FieldsResponse tells what an update wrote, by dotted path.
type FieldsResponse struct {
	Updated int    `json:"updated"`
	Fields  Fields `json:"fields"`
}

// DeletedCountResponse tells how many rows were removed.
type DeletedCountResponse struct {
	Deleted int `json:"deleted"`
}

// IDsRequest names entities.
type IDsRequest struct {
	IDs []string `json:"ids" need:"12"`
}

// ManyResponse tells what became of each.
type ManyResponse struct {
	Succeeded []Fields `json:"succeeded"`
	Failed    []Fields `json:"failed"`
}

// TagsRequest adds and removes tags.
type TagsRequest struct {
	IDsRequest
	AddTags    []string `json:"add_tags"`
	RemoveTags []string `json:"remove_tags"`
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
