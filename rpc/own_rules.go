package rpc

import (
	"context"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/user"
)

func (h *handlers) ownRules(ctx context.Context, _ Call) (any, error) {
	r, err := h.Users.Rules(ctx)
	return api.Rules{BlockScripts: r.BlockScripts}, err
}

func (h *handlers) ownSetRules(ctx context.Context, c Call) (any, error) {
	var req api.Rules
	if err := c.body(&req); err != nil {
		return nil, err
	}
	return req, h.Users.SetRules(ctx, c.Who, user.Rules{BlockScripts: req.BlockScripts})
}

// scriptsAllowed refuses to run scripts of HTML artifacts if the rules forbid it.
func (h *handlers) scriptsAllowed(ctx context.Context) error {
	r, err := h.Users.Rules(ctx)
	if err == nil && r.BlockScripts {
		err = user.ErrScriptsBlocked.Errorf("an administrator blocks scripts of HTML artifacts for everybody")
	}
	return err
}
