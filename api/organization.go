package api

// TagsEverywhereRequest asks for the tags of all tasks and models that meet a
// filter on tags.
type TagsEverywhereRequest struct {
	IncludeSystem bool   `json:"include_system"`
	Filter        Fields `json:"filter"`
}

// CountRequest asks how many things there are: under the name of each kind a
// list request.
type CountRequest struct {
	ActiveUsers  []string `json:"active_users"`
	SearchHidden bool     `json:"search_hidden"`
	AllowPublic  *bool    `json:"allow_public"`
	Limit        *int64   `json:"limit"`
	Keys         Fields   `json:"*"`
}

// CountResponse tells the number of each kind that was asked for, and under
// errors why one could not be counted.
type CountResponse map[string]any

// CompaniesResponse lists the tenants of the caller: there is one.
type CompaniesResponse struct {
	Companies []Company `json:"companies"`
}

// Company is a tenant; Allocated counts its accounts.
type Company struct {
	ID        string      `json:"id"`
	Name      string      `json:"name"`
	Allocated int         `json:"allocated"`
	Owners    []Reference `json:"owners"`
}

// PrepareRequest asks for a table: besides these keys it is a list request.
type PrepareRequest struct {
	EntityType string         `json:"entity_type" need:"12" enum:"task model"`
	OnlyFields []string       `json:"only_fields" need:"12"`
	Mappings   []FieldMapping `json:"field_mappings" need:"12"`
	Keys       Fields         `json:"*"`
}

// FieldMapping is a column: the path of its field and its heading. Values are
// written as others.
type FieldMapping struct {
	Field  string         `json:"field" need:"12"`
	Name   string         `json:"name" need:"12"`
	Values []ValueMapping `json:"values"`
}

// ValueMapping writes one value as another.
type ValueMapping struct {
	Key   any `json:"key" need:"12"`
	Value any `json:"value" need:"12"`
}

// PrepareResponse names a prepared table.
type PrepareResponse struct {
	PrepareID string `json:"prepare_id"`
}

// DownloadRequest asks for a prepared table.
type DownloadRequest struct {
	PrepareID string `json:"prepare_id" need:"12"`
}
