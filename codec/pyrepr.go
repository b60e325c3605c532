package codec

import (
	"fmt"
)

// PyRepr is what Python's repr() prints of a plain value.
func PyRepr(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case string:
		return pyRepr(v)
	case []byte:
		return pyBytes(v)
	case float64:
		return pyFloat(v)
	case complex128:
		return pyComplex(v)
	}
	return fmt.Sprint(v)
}
