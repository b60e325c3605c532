package client

import (
	"context"
	"crypto/rand"
	"strings"
)

// Destinations beside folders and addresses.
const (
	// ToServer is the server, whatever the project and clearml.conf say.
	ToServer = "server:"
	// NoUpload leaves the weights of models where they are: their local address is
	// registered. Artifacts go to the server.
	NoUpload = "none:"
)

// destination is where what a task produces goes: what the call, the task, its
// project and the configuration say, in this order, else the server.
func (t *Task) destination(call string) string {
	for _, d := range []string{call, t.Destination, t.projectDefault, t.c.conn.set.Destination} {
		switch d {
		case "":
			continue
		case ToServer, NoUpload:
			return t.c.conn.set.Files
		}
		if !strings.Contains(d, "://") {
			d = "file://" + expand(d, t.c.conn.set.Env)
		}
		return strings.TrimRight(d, "/")
	}
	return t.c.conn.set.Files
}

// writable tries whether what the task produces can be stored where it goes. Of
// the server that is known: it took the credentials.
func (t *Task) writable(ctx context.Context) error {
	d := t.destination("")
	if strings.HasPrefix(d, "http://") || strings.HasPrefix(d, "https://") {
		return nil
	}
	s, err := t.c.store(ctx, d)
	if err == nil {
		at := d + "/.coffer-" + rand.Text() + ".test"
		if err = s.Put(ctx, at, strings.NewReader("coffer"), int64(len("coffer")), PutOptions{}); err == nil {
			err = s.Delete(ctx, at)
		}
	}
	if err != nil {
		return &Error{Kind: KindOf(err), Op: "try the destination", Host: hostOf(d), Object: d, Message: "what the task produces cannot be stored there: " + err.Error(), Err: err}
	}
	return nil
}

// address is where a file of the task goes.
func (t *Task) address(destination, section, name, file string) (string, error) {
	d := t.destination(destination)
	p := joinPath(taskFolder(t.Project, t.ProjectID, t.Name, t.ID), section, segment(name), segment(file))
	if segment(file) == "" {
		return "", invalid("upload", file, "the file has no name")
	}
	return quotedAddress(d, p), nil
}
