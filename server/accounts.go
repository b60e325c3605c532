package server

import (
	"errors"
	"fmt"
	"os"

	"go.yaml.in/yaml/v3"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/user"
)

// accountEntry is an account as the file of fixed accounts has it.
type accountEntry struct {
	Name         string `yaml:"name"`
	Role         string `yaml:"role"`
	Password     string `yaml:"password"`
	PasswordHash string `yaml:"password_hash"`
}

// readAccounts reads the file of fixed accounts; "" is none. Errors name the
// file, the line and the account, and never a password.
func readAccounts(path string) ([]user.Fixed, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, ErrUsage.Errorf("%s: %s", usersFileKey, err)
	}
	var entries []yaml.Node
	var file map[string]yaml.Node
	if err := yaml.Unmarshal(text, &file); err != nil {
		// The parser's own words may repeat a line of the file.
		return nil, ErrUsage.Errorf("%s %s: expected YAML with a list of accounts under the key users", usersFileKey, path)
	}
	for key, node := range file {
		if key != "users" {
			return nil, ErrUsage.Errorf("%s %s, line %d: there is no key %q; expected users", usersFileKey, path, node.Line, key)
		}
		if err := node.Decode(&entries); err != nil {
			return nil, ErrUsage.Errorf("%s %s, line %d: expected a list of accounts", usersFileKey, path, node.Line)
		}
	}
	out := make([]user.Fixed, len(entries))
	lines := make(map[string]int)
	var errs []error
	for i, node := range entries {
		f, err := readAccount(node)
		name := query.Fold(f.Name)
		if line := lines[name]; err == nil && line > 0 {
			err = fmt.Errorf("line %d has an account of that name already", line)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s %s, line %d, account %q: %w", usersFileKey, path, node.Line, f.Name, err))
		}
		out[i], lines[name] = f, node.Line
	}
	return out, usage(errors.Join(errs...))
}

func readAccount(node yaml.Node) (f user.Fixed, err error) {
	e := accountEntry{Role: string(user.Member)}
	if node.Kind != yaml.MappingNode || node.Decode(&e) != nil {
		return f, errors.New("expected name, role, and password or password_hash")
	}
	f = user.Fixed{Name: e.Name, Role: user.Role(e.Role), Password: e.Password, Hash: e.PasswordHash}
	for i := 0; i < len(node.Content); i += 2 {
		switch key := node.Content[i].Value; key {
		case "name", "role", "password", "password_hash":
		default:
			return f, fmt.Errorf("there is no key %q; expected name, role, and password or password_hash", key)
		}
	}
	if err := f.Check(); err != nil {
		return f, errors.New(fault.Of(err).Message)
	}
	return f, nil
}
