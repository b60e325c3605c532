package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/coffer-ml/coffer/file"
)

func gcCommand() *cobra.Command {
	var grace string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "gc",
		Short: "Free what deleted and replaced files hold",
		Long: "Removes files that were deleted, and contents that were replaced and belong to no record, longer ago than the\n" +
			"grace period, and frees their bytes and what interrupted uploads left. The server does so by itself every hour;\n" +
			"with --grace 0 it is done at once, and nothing that was deleted can be brought back.\n\n" +
			"Works through the running server of the data directory, or on the directory itself while none runs. Uploads\n" +
			"may go on meanwhile.",
		Example: "  coffer gc --grace 0",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := Load(cmd.Flags(), os.Getenv)
			if err != nil {
				return err
			}
			period, err := parseGrace(grace)
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			var r file.Report
			err = askServer(ctx, cfg.Data, http.MethodPost, "/admin/gc?"+url.Values{"grace": {grace}}.Encode(), &r)
			if errors.Is(err, errNoServer) {
				err = withServices(ctx, cfg, cmd.ErrOrStderr(), func(s *services) (err error) {
					r, err = s.files.Collect(ctx, period)
					return err
				})
			}
			if err != nil {
				return err
			}
			return showReport(cmd.OutOrStdout(), r, asJSON)
		},
	}
	flagsShowing(cmd.Flags(), "data", dbKey, "blobs")
	cmd.Flags().StringVar(&grace, "grace", file.DefaultGrace.String(), "how long ago something must have been deleted or replaced")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	return cmd
}

// parseGrace reads a grace period.
func parseGrace(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, ErrUsage.Errorf("grace: %q is not valid: expected a duration such as 24h, or 0", text)
	}
	return d, nil
}

func showReport(w io.Writer, r file.Report, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(r)
	}
	_, err := fmt.Fprintf(w, "freed %d bytes: %d contents, %d of them left by interrupted uploads\n"+
		"removed %d deleted files, %d replaced versions, %d unfinished writes\n",
		r.Bytes, r.Blobs, r.Orphans, r.Files, r.Generations, r.Temporary)
	return err
}
