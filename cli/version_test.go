package cli_test

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/coffer-ml/coffer/cli"
)

func TestVersionTellsWhatIsRunning(t *testing.T) {
	for _, c := range []struct {
		expectation string
		build       cli.Build
		want        []string
	}{
		{"everything that is known", cli.Build{Version: "v1.2.3", Commit: "abc123", API: "2.34"}, []string{"coffer v1.2.3", "API 2.34", "commit abc123", runtime.Version()}},
		{"and what is not", cli.Build{Version: "dev", API: "2.34"}, []string{"coffer dev", "commit unknown"}},
	} {
		t.Run(c.expectation, func(t *testing.T) {
			var out bytes.Buffer
			root := &cobra.Command{Use: "coffer"}
			root.AddCommand(cli.Commands(c.build)...)
			root.SetOut(&out)
			root.SetArgs([]string{"version"})
			if err := root.ExecuteContext(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, text := range c.want {
				if !strings.Contains(out.String(), text) {
					t.Errorf("%q lacks %q", out.String(), text)
				}
			}
			if strings.Count(out.String(), "\n") != 1 {
				t.Errorf("%q is not one line", out.String())
			}
		})
	}
}
