package api

// ServerInfoResponse tells what is running.
type ServerInfoResponse struct {
	UID        string `json:"uid"`
	Version    string `json:"version"`
	Build      string `json:"build"`
	Commit     string `json:"commit"`
	APIVersion string `json:"api_version"`
}

// ServerConfigRequest asks for one key of the configuration, or for all.
type ServerConfigRequest struct {
	Path string `json:"path"`
}

// ServerEndpointsResponse lists what is served.
type ServerEndpointsResponse struct {
	Endpoints []ServerEndpoint `json:"endpoints"`
}

// ServerEndpoint is one endpoint from a version on.
type ServerEndpoint struct {
	Name       string `json:"name"`
	MinVersion string `json:"min_version"`
	Access     string `json:"access"`
}

// ReportStatsRequest would switch statistics for somebody else on or off.
type ReportStatsRequest struct {
	Enabled *bool `json:"enabled"`
}

// ReportStatsResponse tells that there are none.
type ReportStatsResponse struct {
	Supported      bool   `json:"supported"`
	Enabled        bool   `json:"enabled"`
	CurrentVersion string `json:"current_version"`
}
