package user

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/coffer-ml/coffer/internal/fault"
)

// Bounds on preferences: the web app of the protocol keeps a few kilobytes.
const (
	maxPreferences     = 256 << 10 // bytes of JSON
	maxPreferenceDepth = 50        // objects in each other
)

// preferences loads what an account keeps.
func (s *Service) preferences(ctx context.Context, of ID) (map[string]any, error) {
	text, err := s.Store.Preferences(ctx, of)
	if err != nil {
		return nil, err
	}
	all := make(map[string]any)
	if text == "" {
		return all, nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber() // numbers come back as they were sent
	return all, d.Decode(&all)
}

func encodePreferences(all map[string]any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(all); err != nil {
		return "", fault.ErrInvalid.Wrap(err, "preferences: this cannot be kept as JSON").With("field", "preferences")
	}
	if b.Len() > maxPreferences {
		return "", fault.ErrInvalid.Errorf("preferences: together they would have %d bytes, at most %d are kept", b.Len(), maxPreferences).With("field", "preferences")
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// setPaths sets each value at its dotted path. Paths are set in the order of
// their texts, so that what a path replaces does not depend on chance.
func setPaths(all, set map[string]any) error {
	for _, path := range slices.Sorted(maps.Keys(set)) {
		steps := strings.Split(path, ".")
		for _, step := range steps {
			if err := checkPreferenceKey(path, step); err != nil {
				return err
			}
		}
		if err := checkPreference(path, set[path], maxPreferenceDepth-len(steps)); err != nil {
			return err
		}
		at := all
		for i, step := range steps[:len(steps)-1] {
			next, there := at[step]
			object, isObject := next.(map[string]any)
			if there && !isObject {
				return ErrPreferencePath.Errorf("preferences: %q is no object, so that nothing can be set below it", strings.Join(steps[:i+1], ".")).With("field", path)
			}
			if !there {
				object = make(map[string]any)
				at[step] = object
			}
			at = object
		}
		at[steps[len(steps)-1]] = set[path]
	}
	return nil
}

// checkPreference checks the keys of a value.
func checkPreference(path string, value any, depth int) error {
	if depth < 0 {
		return ErrPreferenceKey.Errorf("preferences: %.100q is more than %d objects deep", path, maxPreferenceDepth).With("field", path)
	}
	switch v := value.(type) {
	case map[string]any:
		for key, item := range v {
			if strings.Contains(key, ".") {
				return ErrPreferenceKey.Errorf("preferences: the key %.100q within %.100q holds a dot", key, path).With("field", path)
			}
			if err := checkPreferenceKey(path, key); err != nil {
				return err
			}
			if err := checkPreference(path, item, depth-1); err != nil {
				return err
			}
		}
	case []any:
		for _, item := range v {
			if err := checkPreference(path, item, depth-1); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkPreferenceKey(path, key string) error {
	if key == "" || strings.HasPrefix(key, "$") {
		return ErrPreferenceKey.Errorf("preferences: in %.100q a key is empty or begins with a dollar sign", path).With("field", path)
	}
	return nil
}
