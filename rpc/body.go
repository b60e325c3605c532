package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"golang.org/x/sync/semaphore"

	"github.com/coffer-ml/coffer/internal/fault"
)

// Bounds on what a body decodes to, beside its length.
const (
	// maxDepth bounds how deep arguments nest: deeper is no task document, and
	// converting it recursively must not exhaust the stack.
	maxDepth = 64
	// maxWeight bounds what a body becomes in memory, where two bytes of JSON
	// may take forty. The largest batch of the Python SDK, 15,728,640 bytes of
	// scalars, weighs 2.3 million; at this weight it is a few hundred MiB.
	maxWeight = 4 << 20
	// maxText is the longest single text, and the longest element of a list or
	// object at the top: what the decoder must hold at once. Previews have
	// 64 KiB, the longest scripts and configurations some MiB.
	maxText = 32 << 20
	// sharedBodies is how many bytes of large bodies may be in memory at once;
	// whatever would go beyond waits for others to end. Each call has its first
	// ownBody bytes of its own, so that ordinary calls never wait.
	sharedBodies = 512 << 20
	ownBody      = smallBody
)

// body reads the body of one call. It stops with a fault at the first byte
// beyond a limit, so that nothing larger is ever held.
type body struct {
	ctx    context.Context
	r      io.Reader
	limit  int64
	json   bool // not a form
	lines  bool // each line stands for itself
	shared *semaphore.Weighted

	held    int64        // bytes taken of shared
	read    int64        // bytes read so far
	decoded func() int64 // how far the decoder is; nil while nothing decodes

	depth, weight   int
	quoted, escaped bool
}

// open starts reading the body of a request. It must be released when nothing
// of it is needed any more.
func (m *mux) open(w http.ResponseWriter, r *http.Request, limit int64) *body {
	return &body{ctx: r.Context(), r: http.MaxBytesReader(w, r.Body, limit), limit: limit, shared: m.bodies}
}

func (b *body) release() {
	if b.held > 0 {
		b.shared.Release(b.held)
		b.held = 0
	}
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if b.decoded != nil && b.read-b.decoded() > maxText {
		return 0, ErrBodyLimit.Errorf("a single value in the body of this call may have at most %d bytes", maxText)
	}
	n, err := b.r.Read(p)
	b.read += int64(n)
	if b.json {
		if ferr := b.weigh(p[:n]); ferr != nil {
			return 0, ferr
		}
	}
	if ferr := b.share(); ferr != nil {
		return 0, ferr
	}
	var limit *http.MaxBytesError
	if errors.As(err, &limit) {
		err = ErrBodyLimit.Wrap(err, "the body of this call may have at most %d bytes", b.limit)
	}
	return n, err
}

// share takes what was read beyond ownBody out of what all calls share.
func (b *body) share() error {
	const step = 1 << 20
	for b.read > ownBody+b.held {
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		err := b.shared.Acquire(ctx, step)
		cancel()
		if err != nil {
			return fault.ErrUnavailable.Wrap(err, "the server is busy with other large bodies; this call waited %s", patience)
		}
		b.held += step
	}
	return nil
}

// weigh follows the outline of JSON: how deep it nests and how many values it
// holds. Whether it is JSON at all is for the decoder to say.
func (b *body) weigh(p []byte) error {
	depth, weight, quoted, escaped, lines := b.depth, b.weight, b.quoted, b.escaped, b.lines // which stay in registers
	for _, c := range p {
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case c == '\n' && lines:
			depth, quoted = 0, false
			weight++
		case quoted:
		case c == ',', c == ':':
			weight++
		case c == '{': // an empty map takes as much as eight numbers
			depth++
			weight += 8
		case c == '[':
			depth++
			weight += 2
		case c == '}', c == ']':
			depth--
		}
		if depth > maxDepth && !lines { // one line must not spoil the others
			return ErrBody.Errorf("the body nests deeper than %d levels", maxDepth)
		}
	}
	b.depth, b.weight, b.quoted, b.escaped = depth, weight, quoted, escaped
	if weight > maxWeight {
		return ErrBodyLimit.Errorf("the body of this call holds too many values; send it in parts")
	}
	return nil
}

// readObject decodes a JSON body, whatever its content type says, element by
// element as it streams in. No body, null and an empty list count as no
// arguments.
func readObject(b *body, into map[string]any) error {
	dec := json.NewDecoder(b)
	dec.UseNumber()
	b.json, b.decoded = true, dec.InputOffset
	first, err := dec.Token()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return badJSON(err)
	case first == json.Delim('{'):
		if err := members(dec, into, streamed); err != nil {
			return badJSON(err)
		}
	case first == json.Delim('['):
		if dec.More() {
			return ErrField.Errorf("the body is a JSON list; expected an object")
		}
		if _, err := dec.Token(); err != nil {
			return badJSON(err)
		}
	case first != nil:
		return ErrField.Errorf("the body is a JSON %s; expected an object", kindOf(first))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		if err == nil {
			return ErrBody.Errorf("the body holds more than one JSON value")
		}
		return badJSON(err)
	}
	return nil
}

// streamed is how many levels of a body are read element by element: a list of
// artifacts, and the entries of a section, are decoded one at a time.
const streamed = 1

// members decodes what an object holds up to its closing brace.
func members(dec *json.Decoder, into map[string]any, levels int) error {
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		v, err := element(dec, levels)
		if err != nil {
			return err
		}
		into[key.(string)] = v // an object has no other keys
	}
	_, err := dec.Token()
	return err
}

// element decodes the next value, its own elements one at a time if levels are
// left.
func element(dec *json.Decoder, levels int) (any, error) {
	if levels == 0 {
		var v any
		err := dec.Decode(&v)
		return v, err
	}
	first, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch first {
	case json.Delim('{'):
		object := make(map[string]any)
		return object, members(dec, object, levels-1)
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			v, err := element(dec, levels-1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := dec.Token()
		return list, err
	}
	return first, nil
}

// badJSON tells why a body could not be decoded. What the reader had to say
// goes before what the decoder makes of it.
func badJSON(err error) error {
	var f *fault.Error
	if errors.As(err, &f) {
		return f
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return ErrBody.Wrap(err, "the body is no JSON: it ends too early")
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return ErrBody.Wrap(err, "the body is no JSON: error at byte %d", syntax.Offset)
	}
	return ErrBody.Wrap(err, "the body could not be read")
}
