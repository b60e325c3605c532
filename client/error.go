package client

import (
	"errors"
	"strings"
)

// Kind is the class of an error.
type Kind string

// The kinds of errors.
const (
	KindInternal    Kind = "internal"    // a fault of the server, or nothing better is known
	KindInvalid     Kind = "invalid"     // malformed or out of limits; the message names the field
	KindDenied      Kind = "denied"      // no credentials, bad ones, or a role that is not enough
	KindNotFound    Kind = "not found"   // absent, or not visible
	KindConflict    Kind = "conflict"    // a name is taken, or something else is in the way
	KindState       Kind = "state"       // the life cycle forbids it, such as any change of what is published
	KindPending     Kind = "pending"     // the bytes have not arrived yet
	KindMismatch    Kind = "mismatch"    // other bytes than those that were registered
	KindUnsafe      Kind = "unsafe"      // reading it would run code, or write outside of its folder
	KindType        Kind = "type"        // something else than what was asked for
	KindTooLarge    Kind = "too large"   // over a limit
	KindUnsupported Kind = "unsupported" // the server, or this program as it was built, does not offer it
	KindUnavailable Kind = "unavailable" // failing for the moment, or not to be reached
)

// What errors.Is compares an [*Error] with.
var (
	ErrInternal    = errors.New("internal error")
	ErrInvalid     = errors.New("invalid")
	ErrDenied      = errors.New("denied")
	ErrNotFound    = errors.New("not found")
	ErrConflict    = errors.New("conflict")
	ErrState       = errors.New("not possible in this state")
	ErrPending     = errors.New("the bytes have not arrived yet")
	ErrMismatch    = errors.New("the bytes are not those that were registered")
	ErrUnsafe      = errors.New("unsafe to read")
	ErrType        = errors.New("of another type")
	ErrTooLarge    = errors.New("too large")
	ErrUnsupported = errors.New("not supported")
	ErrUnavailable = errors.New("not available for the moment")
)

var sentinels = map[Kind]error{
	KindInternal: ErrInternal, KindInvalid: ErrInvalid, KindDenied: ErrDenied, KindNotFound: ErrNotFound,
	KindConflict: ErrConflict, KindState: ErrState, KindPending: ErrPending, KindMismatch: ErrMismatch,
	KindUnsafe: ErrUnsafe, KindType: ErrType, KindTooLarge: ErrTooLarge, KindUnsupported: ErrUnsupported,
	KindUnavailable: ErrUnavailable,
}

// Error says what failed, where, and of what kind that is.
type Error struct {
	Kind      Kind
	Op        string // what was done, such as "tasks.get_by_id" or "upload"
	Host      string // whom it was done with, such as "localhost:8008"; "" for something local
	Object    string // what it was done to: an id, a name, an address
	Retryable bool   // to try the same again later may help
	Message   string // what the server or the store said, or what is wrong
	RequestID string // under which the server's log has more; "" if it told none
	Err       error  // the cause, if there is one
}

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Object != "" {
		b.WriteString(" " + e.Object)
	}
	if e.Host != "" {
		b.WriteString(" at " + e.Host)
	}
	b.WriteString(": ")
	switch {
	case e.Message != "":
		b.WriteString(e.Message)
	case e.Err != nil:
		b.WriteString(e.Err.Error())
	default:
		b.WriteString(string(e.Kind))
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is the error of e's kind, such as ErrNotFound.
func (e *Error) Is(target error) bool { return sentinels[e.Kind] == target }

// KindOf returns the kind of the first *Error in err's chain, or KindInternal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindInternal
}

// invalid is a mistake that needs no server to be seen.
func invalid(op, object, message string) error {
	return &Error{Kind: KindInvalid, Op: op, Object: object, Message: message}
}

// absent says that there is no such thing.
func absent(op, host, object, message string) error {
	return &Error{Kind: KindNotFound, Op: op, Host: host, Object: object, Message: message}
}
