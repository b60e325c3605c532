package user

import (
	"context"
	"strconv"

	"github.com/coffer-ml/coffer/internal/fault"
)

// Rules are what administrators decide for everybody.
type Rules struct {
	BlockScripts bool // those of HTML artifacts, which else run in a sandbox
}

const settingBlockScripts = "rules.block_scripts"

// ErrScriptsBlocked says that the rules forbid to run scripts.
var ErrScriptsBlocked = fault.Reason{Kind: fault.Forbidden, Name: "user.scripts_blocked"}

// Rules returns those in force.
func (s *Service) Rules(ctx context.Context) (Rules, error) {
	blocked, err := s.Store.Setting(ctx, settingBlockScripts)
	return Rules{BlockScripts: blocked == strconv.FormatBool(true)}, err
}

// SetRules puts rules in force, on all servers of the installation.
func (s *Service) SetRules(ctx context.Context, who Identity, r Rules) error {
	if err := who.Require(Admin); err != nil {
		return err
	}
	return s.Tx(ctx, func(ctx context.Context) error {
		Note(ctx, RulesObject, settingBlockScripts, "")
		return s.Store.SetSetting(ctx, settingBlockScripts, strconv.FormatBool(r.BlockScripts))
	})
}
