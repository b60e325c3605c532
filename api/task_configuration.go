package api

// ConfigIn is a configuration object as sent.
type ConfigIn struct {
	Name        string  `json:"name"`
	Value       *string `json:"value"`
	Type        string  `json:"type"`
	Description string  `json:"description"`
}

// TasksConfigurationsRequest asks for configuration objects.
type TasksConfigurationsRequest struct {
	TasksListRequest
	Names []string `json:"names"`
}

// TasksConfigurationsResponse lists configuration objects by task.
type TasksConfigurationsResponse struct {
	Configurations []TaskConfiguration `json:"configurations"`
}

// TaskConfiguration are the configuration objects of one task, by name.
type TaskConfiguration struct {
	Task          string   `json:"task"`
	Configuration []Fields `json:"configuration"`
}

// TasksConfigurationNamesRequest asks for the names of configuration objects.
type TasksConfigurationNamesRequest struct {
	TasksListRequest
	SkipEmpty *bool `json:"skip_empty"`
}

// TasksConfigurationNamesResponse lists them by task.
type TasksConfigurationNamesResponse struct {
	Configurations []TaskConfigurationNames `json:"configurations"`
}

// TaskConfigurationNames are the names of one task, sorted.
type TaskConfigurationNames struct {
	Task  string   `json:"task"`
	Names []string `json:"names"`
}

// TasksEditConfigurationRequest sets configuration objects.
type TasksEditConfigurationRequest struct {
	TaskID
	Configuration []ConfigIn `json:"configuration" need:"12"`
	Replace       bool       `json:"replace_configuration"`
	Force         bool       `json:"force"`
}

// TasksDeleteConfigurationRequest removes configuration objects.
type TasksDeleteConfigurationRequest struct {
	TaskID
	Configuration []string `json:"configuration" need:"12"`
	Force         bool     `json:"force"`
}
