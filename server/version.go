package server

import (
	"runtime/debug"

	"github.com/coffer-ml/coffer/cli"
	"github.com/coffer-ml/coffer/user"
)

// Version is the version of this build, set by the linker.
var Version = "dev"

// Build tells what is running.
func Build() cli.Build {
	return cli.Build{Version: Version, Commit: commit(), API: user.APIVersion}
}

// commit returns the commit of this build; "" if it is not known.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}
