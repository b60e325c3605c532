package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/coffer-ml/coffer/client"
)

// showJSON prints a value; lists are arrays, also empty ones.
func showJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// table prints rows below their titles.
func table(w io.Writer, titles string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, titles) // Flush tells errors
	for _, r := range rows {
		for i := range r {
			r[i] = strings.Map(func(c rune) rune {
				if c < ' ' {
					return ' '
				}
				return c
			}, r[i])
		}
		_, _ = fmt.Fprintln(t, strings.Join(r, "\t"))
	}
	return t.Flush()
}

// fields prints names with their values, one a line.
func fields(w io.Writer, rows [][2]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		if r[1] != "" {
			_, _ = fmt.Fprintf(t, "%s\t%s\n", r[0], strings.ReplaceAll(r[1], "\n", "\n\t"))
		}
	}
	return t.Flush()
}

func timeText(t time.Time) string {
	if t.IsZero() || t.Unix() == 0 {
		return ""
	}
	return t.Local().Format(time.DateTime)
}

// artifactJSON is an artifact as --json prints it.
type artifactJSON struct {
	Task        string            `json:"task"`
	Name        string            `json:"name"`
	Mode        string            `json:"mode"`
	Type        string            `json:"type"`
	ContentType string            `json:"content_type,omitempty"`
	State       string            `json:"state"`
	Version     int               `json:"version"`
	URI         string            `json:"uri"`
	Size        *int64            `json:"size"`
	SHA256      string            `json:"sha256"`
	Timestamp   time.Time         `json:"timestamp"`
	Metadata    map[string]string `json:"metadata"`
	Preview     string            `json:"preview,omitempty"`
}

func artifactOut(a *client.Artifact) artifactJSON {
	out := artifactJSON{
		Task: a.Task, Name: a.Name, Mode: string(a.Mode), Type: a.Type, ContentType: a.ContentType, State: string(a.State), Version: a.Version,
		URI: a.URI, SHA256: a.SHA256, Timestamp: a.Timestamp.UTC(), Metadata: a.Metadata, Preview: a.Preview,
	}
	if a.Size >= 0 {
		out.Size = &a.Size
	}
	if out.Metadata == nil {
		out.Metadata = map[string]string{}
	}
	return out
}

const artifactTitles = "NAME\tTYPE\tSTATE\tSIZE\tVERSION\tLOGGED"

func artifactRow(a *client.Artifact) []string {
	return []string{a.Name, a.Type, string(a.State), sizeText(a.Size), fmt.Sprint(a.Version), timeText(a.Timestamp)}
}

// taskJSON is a task as --json prints it.
type taskJSON struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Project   string    `json:"project"`
	Type      string    `json:"type"`
	Status    string    `json:"status"`
	Message   string    `json:"status_message,omitempty"`
	Comment   string    `json:"comment,omitempty"`
	Tags      []string  `json:"tags"`
	Parent    string    `json:"parent,omitempty"`
	User      string    `json:"user"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	Iteration int64     `json:"iteration"`
}

func taskOut(t *client.Task) taskJSON {
	return taskJSON{
		ID: t.ID, Name: t.Name, Project: t.Project, Type: string(t.Type), Status: string(t.Status), Message: t.StatusMessage, Comment: t.Comment,
		Tags: append([]string{}, t.Tags...), Parent: t.Parent, User: t.User, Created: t.Created, Updated: t.Updated, Iteration: t.Iteration,
	}
}

const taskTitles = "ID\tTASK\tTYPE\tSTATUS\tUPDATED\tTAGS"

func taskRow(t *client.Task) []string {
	name := t.Name
	if t.Project != "" {
		name = t.Project + "/" + t.Name
	}
	return []string{t.ID, name, string(t.Type), string(t.Status), timeText(t.Updated), strings.Join(t.Tags, ", ")}
}
