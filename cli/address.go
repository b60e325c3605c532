package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/coffer-ml/coffer/client"
)

// address is what people name on the command line: project/task:artifact@2, or
// the id of a task in place of its path.
type address struct {
	project, task string // task alone may be an id
	artifact      string // "" for none
	version       int    // 0 for the newest
}

// addressHelp tells how addresses are written, for the help of commands.
const addressHelp = `An address is PROJECT/TASK:ARTIFACT, or PROJECT/TASK:ARTIFACT@VERSION for an
earlier version. The id of a task may stand in place of PROJECT/TASK, and must
where names hold a colon. Of several tasks of one name the latest is meant.`

// parseAddress reads an address; the artifact may be left out.
func parseAddress(s string) (address, error) {
	path, artifact, named := strings.Cut(s, ":")
	var a address
	if i := strings.LastIndex(path, "/"); i >= 0 {
		a.project, a.task = path[:i], path[i+1:]
	} else {
		a.task = path
	}
	if a.task == "" {
		return a, usagef("%q is not valid: expected PROJECT/TASK:ARTIFACT", s)
	}
	if !named {
		return a, nil
	}
	if i := strings.LastIndex(artifact, "@"); i >= 0 {
		if n, err := strconv.Atoi(artifact[i+1:]); err == nil {
			if n < 1 {
				return a, usagef("%q is not valid: versions are counted from 1", s)
			}
			a.version, artifact = n, artifact[:i]
		}
	}
	a.artifact = artifact
	return a, nil
}

// parseArtifact reads an address that names an artifact.
func parseArtifact(s string) (address, error) {
	a, err := parseAddress(s)
	if err == nil && a.artifact == "" {
		err = usagef("%q is not valid: expected PROJECT/TASK:ARTIFACT", s)
	}
	return a, err
}

// usagef is a mistake of whoever typed the command.
func usagef(format string, args ...any) error {
	return &client.Error{Kind: client.KindInvalid, Op: "read the command", Message: fmt.Sprintf(format, args...)}
}

// isID reports whether s has the form of an id.
func isID(s string) bool { return len(s) == 32 && strings.Trim(s, "0123456789abcdef") == "" }

// find returns the task of an address.
func (a address) find(ctx context.Context, c *client.Client) (*client.Task, error) {
	if a.project == "" && isID(a.task) {
		return c.Task(ctx, a.task)
	}
	return c.FindTask(ctx, client.TaskQuery{Project: a.project, Name: a.task, Hidden: true})
}

// open returns the artifact of an address.
func (a address) open(ctx context.Context, c *client.Client) (*client.Artifact, error) {
	t, err := a.find(ctx, c)
	if err != nil {
		return nil, err
	}
	return t.Artifact(ctx, a.artifact, client.Which{Version: a.version})
}
