package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind is the class of a fault. The set is closed: every door maps each kind.
type Kind uint8

// The kinds. The zero value is Internal, so that a forgotten kind is never
// shown to a caller as his own mistake.
const (
	Internal        Kind = iota // everything that has no better kind
	Invalid                     // malformed or out of limits; the message names the field
	Unauthenticated             // no credentials, or bad ones
	Forbidden                   // known caller, not allowed
	NotFound                    // absent, or not visible to the caller
	Conflict                    // name taken, digest differs, frozen, lost compare-and-set
	State                       // the life cycle forbids it
	TooLarge                    // body, page or file over its limit
	Unsupported                 // endpoint or version not offered
	Unavailable                 // database or store failing for the moment; a retry can help
)

var kindNames = [...]string{
	Internal: "internal", Invalid: "invalid", Unauthenticated: "unauthenticated", Forbidden: "forbidden",
	NotFound: "not found", Conflict: "conflict", State: "state", TooLarge: "too large",
	Unsupported: "unsupported", Unavailable: "unavailable",
}

// String returns the kind's name in lower case.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "internal"
}

// Kinds lists every kind, for tables that must cover all of them.
func Kinds() []Kind {
	kinds := make([]Kind, len(kindNames))
	for i := range kinds {
		kinds[i] = Kind(i)
	}
	return kinds
}

// Reason is why something failed. Nouns declare theirs as package variables
// named Err...; the name is stable and unique, "noun.what".
type Reason struct {
	Kind Kind
	Name string
}

// Error lets a reason be the target of errors.Is and be returned bare.
func (r Reason) Error() string { return r.Name }

// Errorf makes a fault with a public message. The message must be fit for the
// caller: it names what is wrong and what was expected.
func (r Reason) Errorf(format string, args ...any) *Error {
	return &Error{Reason: r, Message: message(format, args)}
}

// Wrap makes a fault with a public message and a private cause. The cause is
// logged and never shown.
func (r Reason) Wrap(cause error, format string, args ...any) *Error {
	return &Error{Reason: r, Message: message(format, args), cause: cause}
}

// maxMessage bounds a public message, in bytes: it may quote what a caller
// sent, and must not send megabytes back to him.
const maxMessage = 1000

func message(format string, args []any) string {
	s := fmt.Sprintf(format, args...)
	if len(s) > maxMessage {
		s = strings.ToValidUTF8(s[:maxMessage], "") + "..."
	}
	return s
}

// Error is one failure: a reason, a public message, details by field and a
// private cause.
type Error struct {
	Reason  Reason
	Message string
	Data    map[string]any // public details, such as the offending field; may be nil

	cause error
}

// Error returns the message followed by the private cause; it is for logs.
func (e *Error) Error() string {
	if e.cause == nil {
		return e.Message
	}
	return e.Message + ": " + e.cause.Error()
}

// Unwrap returns the private cause.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is the reason of this fault.
func (e *Error) Is(target error) bool {
	r, ok := target.(Reason)
	return ok && r == e.Reason
}

// With adds one public detail and returns e.
func (e *Error) With(key string, value any) *Error {
	if e.Data == nil {
		e.Data = make(map[string]any)
	}
	e.Data[key] = value
	return e
}

// ErrInternal is the reason of everything that declares none.
var ErrInternal = Reason{Internal, "internal"}

// ErrInvalid is the reason of malformed input that needs none of its own.
var ErrInvalid = Reason{Invalid, "invalid"}

// ErrUnavailable says that a store or database fails for the moment.
var ErrUnavailable = Reason{Unavailable, "unavailable"}

// ErrUncertain says that it is not known whether a change was kept: the answer
// got lost. What it may refer to must not be cleared away.
var ErrUncertain = Reason{Unavailable, "uncertain"}

// ErrFull says that a disk or a quota is used up: a retry helps only after
// somebody has made room.
var ErrFull = Reason{Unavailable, "full"}

// Of returns the fault inside err, whether wrapped or a bare Reason. An error
// that is none becomes an Internal fault with err as its cause. Of(nil) is nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var r Reason
	if errors.As(err, &r) {
		return &Error{Reason: r, Message: r.Name, cause: err}
	}
	return &Error{Reason: ErrInternal, Message: "internal error", cause: err}
}

// KindOf returns the kind of err; Internal if err is no fault.
func KindOf(err error) Kind { return Of(err).Reason.Kind }
