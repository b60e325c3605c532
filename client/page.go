package client

import "encoding/json"

// listReply reads a page of a list: the rows under the noun's own key, the
// rest as it is.
type listReply[T any] struct {
	key  string
	rows *[]T
	rest *map[string]any
}

// UnmarshalJSON implements json.Unmarshaler.
func (l *listReply[T]) UnmarshalJSON(text []byte) error {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil {
		return err
	}
	*l.rest = map[string]any{}
	for key, part := range parts {
		if key == l.key {
			if err := json.Unmarshal(part, l.rows); err != nil {
				return err
			}
			continue
		}
		var value any
		if err := json.Unmarshal(part, &value); err != nil {
			return err
		}
		(*l.rest)[key] = value
	}
	return nil
}
