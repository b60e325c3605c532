package instance

import (
	"os"
	"path/filepath"
	"strings"
)

// Environment is that of a process that uses the server with a key pair: its
// own home, which exists, so that neither configuration nor cache of the caller
// is touched, and nothing of another server.
func (k Keys) Environment(home string) []string {
	return append(Clean(),
		"HOME="+home,
		"TMPDIR="+home, // the SDK leaves temporary files behind
		"CLEARML_CONFIG_FILE="+filepath.Join(home, "clearml.conf"),
		"CLEARML_API_HOST="+k.API,
		"CLEARML_WEB_HOST="+k.Web,
		"CLEARML_FILES_HOST="+k.Files,
		"CLEARML_API_ACCESS_KEY="+k.Access,
		"CLEARML_API_SECRET_KEY="+k.Secret,
		"CI=1", // keeps the SDK from asking its maker for updates
		"NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1",
		"PYTHONDONTWRITEBYTECODE=1",
	)
}

// Clean is the environment of this process without settings of Coffer and of
// the ClearML SDK.
func Clean() []string {
	var kept []string
	for _, setting := range os.Environ() {
		if !strings.HasPrefix(setting, "CLEARML_") && !strings.HasPrefix(setting, "TRAINS_") && !strings.HasPrefix(setting, "COFFER_") {
			kept = append(kept, setting)
		}
	}
	return kept
}
