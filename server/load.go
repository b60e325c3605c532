package server

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// environment returns the name of a key's environment variable.
func environment(key string) string {
	return "COFFER_" + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
}

// Flags adds a flag for each key, and one for the configuration file.
func Flags(f *pflag.FlagSet) {
	for _, s := range settings {
		f.String(s.key, s.fallback, s.usage)
	}
	f.String(configKey, "", "YAML file with any of these keys; flags and environment win over it")
}

// flagsShowing is Flags for commands to which only some of the keys matter:
// help leaves out the others.
func flagsShowing(f *pflag.FlagSet, keys ...string) {
	Flags(f)
	for _, s := range settings {
		if !slices.Contains(keys, s.key) {
			_ = f.MarkHidden(s.key)
		}
	}
}

// configKey is the flag of the configuration file itself.
const configKey = "config"

// Load reads the configuration: a flag that was given wins over its
// environment variable, that over the file, that over the default. Errors name
// the key and where its value came from.
func Load(f *pflag.FlagSet, getenv func(string) string) (Config, error) {
	path, err := f.GetString(configKey)
	if err != nil {
		return Config{}, err
	}
	if path == "" {
		path = getenv(environment(configKey))
	}
	fromFile, err := readFile(path)
	if err != nil {
		return Config{}, usage(err)
	}
	c := Config{Settings: make(map[string]string, len(settings))}
	var errs []error
	for _, s := range settings {
		value, source := s.fallback, "default"
		if v, ok := fromFile[s.key]; ok {
			value, source = v, path
		}
		if v := getenv(environment(s.key)); v != "" {
			value, source = v, "environment variable "+environment(s.key)
		}
		if flag := f.Lookup(s.key); flag != nil && flag.Changed {
			value, source = flag.Value.String(), "flag --"+s.key
		}
		c.Settings[s.key] = shown(s.key, value)
		if err := s.set(&c, value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %q is not valid: %w (from %s)", s.key, shown(s.key, value), err, source))
		}
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		errs = append(errs, errors.New("tls-cert, tls-key: both are needed, only one is given"))
	}
	if c.Blobs == "" {
		c.Blobs = filepath.Join(c.Data, "blobs")
	}
	return c, usage(errors.Join(errs...))
}

// readFile reads a configuration file: keys with plain values. Unknown keys
// are refused by name.
func readFile(path string) (map[string]string, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	var raw map[string]yaml.Node
	if err := yaml.Unmarshal(text, &raw); err != nil {
		return nil, fmt.Errorf("configuration file %s: %w", path, err)
	}
	out := make(map[string]string, len(raw))
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		node := raw[key]
		if !slices.ContainsFunc(settings, func(s setting) bool { return s.key == key }) {
			return nil, fmt.Errorf("configuration file %s, line %d: there is no key %q", path, node.Line, key)
		}
		switch {
		case node.Tag == "!!null": // a key without a value is not set
		case node.Kind == yaml.ScalarNode:
			out[key] = node.Value
		case node.Kind == yaml.SequenceNode:
			var list []string
			if err := node.Decode(&list); err != nil {
				return nil, fmt.Errorf("configuration file %s, line %d: %s: expected a list of texts", path, node.Line, key)
			}
			out[key] = strings.Join(list, ",")
		default:
			return nil, fmt.Errorf("configuration file %s, line %d: %s: expected a plain value", path, node.Line, key)
		}
	}
	return out, nil
}
