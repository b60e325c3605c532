package codec

import (
	"errors"
	"fmt"
)

// What can be wrong with an input. Errors of this package wrap one of these, or
// the error of the reader or writer they were given.
var (
	// ErrFormat: the bytes are not what their format demands.
	ErrFormat = errors.New("malformed")
	// ErrTooLarge: a limit of Limits would be passed; the text names it.
	ErrTooLarge = errors.New("over the limit")
	// ErrUnsafe: reading would need running code or writing outside of the
	// target folder; the text names the type or the member.
	ErrUnsafe = errors.New("unsafe")
	// ErrType: the value is of another type than the one asked for, or of one
	// that the format cannot hold; the text names it.
	ErrType = errors.New("unexpected type")
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrFormat, fmt.Errorf(format, args...))
}

func tooLarge(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrTooLarge, fmt.Errorf(format, args...))
}

func unsafely(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrUnsafe, fmt.Errorf(format, args...))
}

func mistyped(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrType, fmt.Errorf(format, args...))
}

// rescue turns the panic of a library that met hostile bytes into an error.
// Running out of memory and other faults of the runtime cannot be caught; the
// limits are there to keep them away.
func rescue(format string, err *error) {
	switch p := recover(); p := p.(type) {
	case nil:
	case error:
		if errors.Is(p, ErrTooLarge) {
			*err = p
			return
		}
		*err = malformed("%s: %w", format, p)
	default:
		*err = malformed("%s: %v", format, p)
	}
}
