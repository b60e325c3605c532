package api

// ProjectsCreateRequest makes a project and its missing parents.
type ProjectsCreateRequest struct {
	Name                     string   `json:"name" need:"11"`
	Description              string   `json:"description"`
	Tags                     []string `json:"tags"`
	SystemTags               []string `json:"system_tags"`
	DefaultOutputDestination string   `json:"default_output_destination"`
}

// ProjectID names a project.
type ProjectID struct {
	Project string `json:"project" need:"12"`
}

// ProjectsUpdateRequest changes a project; an explicit null clears a field.
type ProjectsUpdateRequest struct {
	ProjectID
	Keys Fields `json:"*"`
}

// ProjectResponse is one project document.
type ProjectResponse struct {
	Project Fields `json:"project"`
}

// ProjectsResponse is a page of project documents.
type ProjectsResponse struct {
	Projects []Fields `json:"projects"`
	ScrollID string   `json:"scroll_id,omitempty"` // if the caller scrolls
}

// ProjectsDeleteRequest removes a project with all below it.
type ProjectsDeleteRequest struct {
	ProjectID
	Force                   bool  `json:"force"`
	DeleteContents          bool  `json:"delete_contents"`
	DeleteExternalArtifacts *bool `json:"delete_external_artifacts"`
}

// ProjectsDeleteResponse tells what went; URLs are null unless contents did.
type ProjectsDeleteResponse struct {
	Deleted       int    `json:"deleted"`
	Disassociated int    `json:"disassociated_tasks"`
	DeletedModels int    `json:"deleted_models"`
	DeletedTasks  int    `json:"deleted_tasks"`
	URLs          Fields `json:"urls"`
}

// ProjectsInsideResponse counts what lies in a project and below it.
type ProjectsInsideResponse struct {
	Tasks              int `json:"tasks"`
	NonArchivedTasks   int `json:"non_archived_tasks"`
	Models             int `json:"models"`
	NonArchivedModels  int `json:"non_archived_models"`
	Reports            int `json:"reports"`
	NonArchivedReports int `json:"non_archived_reports"`
	Pipelines          int `json:"pipelines"`
	Datasets           int `json:"datasets"`
}

// ProjectsMoveRequest hangs a project under the one of a name, "" being the
// root.
type ProjectsMoveRequest struct {
	ProjectID
	NewLocation *string `json:"new_location" need:"12"`
}

// ProjectsMoveResponse tells how many projects moved.
type ProjectsMoveResponse struct {
	Moved int `json:"moved"`
}

// ProjectsMergeRequest moves all that lies in a project into another; without
// one into the root.
type ProjectsMergeRequest struct {
	ProjectID
	Destination string `json:"destination_project"`
}

// ProjectsMergeResponse tells what moved.
type ProjectsMergeResponse struct {
	MovedEntities int `json:"moved_entities"`
	MovedProjects int `json:"moved_projects"`
}

// PlaceRequest names a project, nothing meaning everywhere.
type PlaceRequest struct {
	Project     string `json:"project"`
	Subprojects *bool  `json:"include_subprojects"`
}

// PlacesRequest names projects, null meaning the root and nothing everywhere.
type PlacesRequest struct {
	Projects    []*string `json:"projects"`
	Subprojects *bool     `json:"include_subprojects"`
}

// PageRequest is a part of a list.
type PageRequest struct {
	Page     *int64 `json:"page"`
	PageSize *int64 `json:"page_size"`
}

// MetricsRequest asks for the names of scalars.
type MetricsRequest struct {
	PlaceRequest
	IDs          []string `json:"ids"`
	ModelMetrics bool     `json:"model_metrics"`
}

// MetricNamesResponse lists them by metric and variant; hashes are MD5.
type MetricNamesResponse struct {
	Metrics []MetricName `json:"metrics"`
}

// MetricName is the name of a curve of scalars.
type MetricName struct {
	Metric      string `json:"metric"`
	MetricHash  string `json:"metric_hash"`
	Variant     string `json:"variant"`
	VariantHash string `json:"variant_hash"`
}

// ParamNamesRequest asks for the names of hyper-parameters.
type ParamNamesRequest struct {
	PlaceRequest
	PageRequest
}

// ParamNamesResponse is a page of them; Total is of all pages.
type ParamNamesResponse struct {
	Parameters []ParamName `json:"parameters"`
	Total      int         `json:"total"`
	Remaining  int         `json:"remaining"`
}

// ParamName is the name of a hyper-parameter.
type ParamName struct {
	Section string `json:"section"`
	Name    string `json:"name"`
}

// ParamValuesRequest asks for the values of a hyper-parameter that match a
// pattern.
type ParamValuesRequest struct {
	PlacesRequest
	PageRequest
	Section string `json:"section" need:"12"`
	Name    string `json:"name" need:"12"`
	Pattern string `json:"pattern"`
}

// ValuesResponse is a page of values; Total is of all pages.
type ValuesResponse struct {
	Total  int      `json:"total"`
	Values []string `json:"values"`
}

// MetadataKeysRequest asks for the keys of model metadata.
type MetadataKeysRequest struct {
	PlaceRequest
	PageRequest
}

// MetadataKeysResponse is a page of them; Total is of all pages.
type MetadataKeysResponse struct {
	Total     int      `json:"total"`
	Remaining int      `json:"remaining"`
	Keys      []string `json:"keys"`
}

// MetadataValuesRequest asks for the values under a key of model metadata.
type MetadataValuesRequest struct {
	PlacesRequest
	PageRequest
	Key string `json:"key" need:"12"`
}

// TagsInUseRequest asks for the tags of things that meet a filter on tags.
type TagsInUseRequest struct {
	Projects      []*string `json:"projects"`
	IncludeSystem bool      `json:"include_system"`
	Filter        Fields    `json:"filter"`
}

// TagsInUseResponse lists tags; SystemTags only if they were asked for.
type TagsInUseResponse struct {
	Tags       []string  `json:"tags"`
	SystemTags *[]string `json:"system_tags,omitempty"`
}

// ParentsRequest asks for the tasks that others stand on.
type ParentsRequest struct {
	PlacesRequest
	State string `json:"tasks_state" enum:"active archived"`
	Name  string `json:"task_name"`
}

// ParentsResponse lists them by name.
type ParentsResponse struct {
	Parents []Parent `json:"parents"`
}

// Parent is a task that others stand on; Project is empty in the root.
type Parent struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Project Fields `json:"project"`
}

// UserNamesRequest asks who has tasks or models in projects.
type UserNamesRequest struct {
	PlacesRequest
	Entity string `json:"entity" enum:"task model"`
}

// UserNamesResponse lists them by name.
type UserNamesResponse struct {
	Users []Reference `json:"users"`
}
