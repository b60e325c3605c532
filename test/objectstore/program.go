package objectstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// root is the folder of the repository, in which tests and their programs run.
func root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "tools", "servers.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("this is not run within the repository")
		}
		dir = up
	}
}

// tool returns the program of one of the tools in tools/servers.mod, which Go builds
// unless it is in its cache.
func tool(ctx context.Context, name string) (string, error) {
	top, err := root()
	if err != nil {
		return "", err
	}
	command := exec.CommandContext(ctx, "go", "tool", "-modfile=tools/servers.mod", "-n", name)
	command.Dir = top
	var problems strings.Builder
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", name, err, problems.String())
	}
	return strings.TrimSpace(string(out)), nil
}

// azurite returns the script of azurite's blob service.
func azurite() (string, error) {
	top, err := root()
	if err != nil {
		return "", err
	}
	script := filepath.Join(top, "test/objectstore/azurite/node_modules/azurite/dist/src/blob/main.js")
	if _, err := os.Stat(script); err != nil {
		return "", errors.New("azurite is not installed; make packages does it")
	}
	return script, nil
}
