package rpc

import (
	"context"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/user"
)

func (h *handlers) ping(_ context.Context, _ Call, _ api.Empty) (api.Fields, error) {
	return api.Fields{"msg": "Coffer is here"}, nil
}

func (h *handlers) serverInfo(ctx context.Context, _ Call, _ api.Empty) (api.ServerInfoResponse, error) {
	uid, err := h.Users.Installation(ctx)
	return api.ServerInfoResponse{UID: uid, Version: user.ServerVersion, Build: h.Build, Commit: h.Commit, APIVersion: user.APIVersion}, err
}

// serverConfig shows the configuration by its keys, without passwords.
func (h *handlers) serverConfig(_ context.Context, _ Call, req api.ServerConfigRequest) (api.Fields, error) {
	out := api.Fields{}
	for key, value := range h.Settings {
		if req.Path == "" || req.Path == key {
			out[key] = value
		}
	}
	if req.Path != "" && len(out) == 0 {
		return nil, ErrField.Errorf("path: there is no key %.100q in the configuration", req.Path).With("field", "path")
	}
	return out, nil
}

func (*handlers) serverEndpoints(_ context.Context, _ Call, _ api.Empty) (api.ServerEndpointsResponse, error) {
	all := Endpoints()
	out := api.ServerEndpointsResponse{Endpoints: make([]api.ServerEndpoint, len(all))}
	for i, e := range all {
		out.Endpoints[i] = api.ServerEndpoint{Name: e.Name, MinVersion: e.Since, Access: e.Access}
	}
	return out, nil
}

// reportStats tells that nothing is ever reported to anybody, whatever is asked
// for.
func (h *handlers) reportStats(_ context.Context, _ Call, _ api.ReportStatsRequest) (api.ReportStatsResponse, error) {
	return api.ReportStatsResponse{CurrentVersion: user.ServerVersion}, nil
}
