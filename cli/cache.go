package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/client/cache"
)

func cacheCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "cache",
		Short:   "Look after what was downloaded",
		Example: "  coffer cache du\n  coffer cache prune --older 720h\n  coffer cache verify",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(cacheDuCommand(), cachePruneCommand(), cacheVerifyCommand())
	return cmd
}

// cached are the flags of commands that need no server.
type cached struct {
	file, dir string
	json      bool
}

func (f *cached) add(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVar(&f.file, "conf", "", "configuration `file` (default $CLEARML_CONFIG_FILE, else ~/clearml.conf)")
	cmd.Flags().StringVar(&f.dir, "dir", "", "`folder` of the cache, in place of the configured one")
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

func (f *cached) run(fn func(*cache.Cache) error) error {
	c, err := client.OpenCache(client.Config{File: f.file, CacheDir: f.dir})
	if err != nil {
		return err
	}
	err = fn(c)
	if closed := c.Close(); err == nil {
		err = closed
	}
	return err
}

func cacheDuCommand() *cobra.Command {
	var f cached
	return f.add(&cobra.Command{
		Use:     "du",
		Short:   "Show how much the cache holds",
		Example: "  coffer cache du --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(func(c *cache.Cache) error {
				u, err := c.Usage()
				if err != nil {
					return err
				}
				if f.json {
					return showJSON(cmd.OutOrStdout(), map[string]any{
						"dir": u.Dir, "entries": u.Entries, "bytes": u.Bytes, "in_use": u.InUse, "max_bytes": u.MaxBytes, "min_free": u.MinFree, "free": u.Free,
					})
				}
				limit := "no limit"
				if u.MaxBytes >= 0 {
					limit = sizeText(u.MaxBytes)
				}
				return fields(cmd.OutOrStdout(), [][2]string{
					{"folder", u.Dir},
					{"entries", fmt.Sprintf("%d, %d of them in use", u.Entries, u.InUse)},
					{"size", sizeText(u.Bytes)},
					{"limit", limit},
					{"free", sizeText(u.Free)},
					{"stays free", sizeText(u.MinFree)},
				})
			})
		},
	})
}

func cachePruneCommand() *cobra.Command {
	var f cached
	var older time.Duration
	var task string
	cmd := &cobra.Command{
		Use:     "prune",
		Short:   "Remove what nobody uses: all, by age, or of one task",
		Example: "  coffer cache prune --older 720h\n  coffer cache prune --task 1f0c...",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(func(c *cache.Cache) error {
				before := time.Now().Add(-older)
				entries, bytes, err := c.Prune(func(i cache.Info) bool {
					return i.Used.Before(before) && (task == "" || strings.HasPrefix(i.Source, task+":"))
				})
				if err != nil {
					return err
				}
				if f.json {
					return showJSON(cmd.OutOrStdout(), map[string]any{"entries": entries, "bytes": bytes})
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "removed %d entries, %s\n", entries, sizeText(bytes))
				return err
			})
		},
	}
	cmd.Flags().DurationVar(&older, "older", 0, "only what was not used for so long")
	cmd.Flags().StringVar(&task, "task", "", "only what belongs to the task with this `id`")
	return f.add(cmd)
}

func cacheVerifyCommand() *cobra.Command {
	var f cached
	return f.add(&cobra.Command{
		Use:     "verify",
		Short:   "Read everything and remove what is not what was downloaded",
		Example: "  coffer cache verify",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(func(c *cache.Cache) error {
				sound, spoiled, err := c.Verify(context.WithoutCancel(cmd.Context()))
				if err != nil {
					return err
				}
				paths := []string{}
				for _, s := range spoiled {
					paths = append(paths, s.Path)
				}
				if f.json {
					return showJSON(cmd.OutOrStdout(), map[string]any{"sound": sound, "spoiled": paths})
				}
				for _, p := range paths {
					if _, err := fmt.Fprintln(cmd.OutOrStdout(), "removed", p); err != nil {
						return err
					}
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d entries are sound, %d were not\n", sound, len(paths))
				return err
			})
		},
	})
}
