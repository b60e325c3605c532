package codec

import (
	"io"
	"strconv"
	"strings"
)

// pickleMachine is the part of Python's unpickler that builds the graph.
type pickleMachine struct {
	in    *pickleReader
	l     Limits
	used  int64 // bytes of memory, estimated
	stack []any
	marks []int
	memo  map[int64]any
}

// What the parts of a graph take, roughly.
const (
	objectBytes = 64
	slotBytes   = 16
	memoBytes   = 48
)

// loadPickle builds the graph of a pickle.
func loadPickle(r io.ReaderAt, size int64, l Limits) (any, error) {
	if err := l.bytes(size); err != nil {
		return nil, err
	}
	m := &pickleMachine{in: newPickleReader(r, size), l: l, memo: map[int64]any{}}
	for {
		at, code, op, arg, err := m.in.op()
		if err != nil {
			return nil, err
		}
		if code == '.' {
			return m.pop()
		}
		if err := m.step(code, arg); err != nil {
			return nil, malformed("%s at byte %d: %w", op.name, at, err)
		}
	}
}

func (m *pickleMachine) charge(n int64) error {
	m.used += n
	return m.l.bytes(m.used)
}

func (m *pickleMachine) push(v any) error {
	m.stack = append(m.stack, v)
	return m.charge(slotBytes)
}

// made pushes a new object.
func (m *pickleMachine) made(v any) error {
	if err := m.charge(objectBytes); err != nil {
		return err
	}
	return m.push(v)
}

func (m *pickleMachine) floor() int {
	if len(m.marks) == 0 {
		return 0
	}
	return m.marks[len(m.marks)-1]
}

func (m *pickleMachine) pop() (any, error) {
	if len(m.stack) <= m.floor() {
		return nil, malformed("nothing on the stack")
	}
	v := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return v, nil
}

func (m *pickleMachine) popN(n int) ([]any, error) {
	if len(m.stack)-n < m.floor() {
		return nil, malformed("fewer than %d values on the stack", n)
	}
	out := append([]any(nil), m.stack[len(m.stack)-n:]...)
	m.stack = m.stack[:len(m.stack)-n]
	return out, nil
}

// popMark takes everything above the last mark, and the mark.
func (m *pickleMachine) popMark() ([]any, error) {
	if len(m.marks) == 0 {
		return nil, malformed("no mark on the stack")
	}
	from := m.floor()
	m.marks = m.marks[:len(m.marks)-1]
	out := append([]any(nil), m.stack[from:]...)
	m.stack = m.stack[:from]
	return out, m.charge(int64(len(out)) * slotBytes)
}

func (m *pickleMachine) top() (any, error) {
	if len(m.stack) <= m.floor() {
		return nil, malformed("nothing on the stack")
	}
	return m.stack[len(m.stack)-1], nil
}

// step runs one opcode.
func (m *pickleMachine) step(code byte, arg any) error {
	switch code {
	case '\x80', '\x95', '\x98': // PROTO, FRAME, READONLY_BUFFER
		return nil
	case '(':
		m.marks = append(m.marks, len(m.stack))
		return m.charge(slotBytes)
	case '0':
		// POP takes a mark when there is nothing above it.
		if len(m.marks) > 0 && len(m.stack) == m.floor() {
			m.marks = m.marks[:len(m.marks)-1]
			return nil
		}
		_, err := m.pop()
		return err
	case '1':
		_, err := m.popMark()
		return err
	case '2':
		v, err := m.top()
		if err != nil {
			return err
		}
		return m.push(v)
	case 'N':
		return m.push(nil)
	case '\x88', '\x89':
		return m.push(code == '\x88')
	case 'J', 'K', 'M', 'G', '\x8a', '\x8b':
		return m.made(arg)
	}
	if handled, err := m.text(code, arg); handled {
		return err
	}
	if handled, err := m.container(code); handled {
		return err
	}
	if handled, err := m.memory(code, arg); handled {
		return err
	}
	return m.object(code, arg)
}

// container makes and fills lists, tuples, dicts and sets.
func (m *pickleMachine) container(code byte) (bool, error) {
	switch code {
	case ']':
		return true, m.made(&pyList{})
	case ')':
		return true, m.made(&pyTuple{})
	case '}':
		return true, m.made(&pyDict{})
	case '\x8f':
		return true, m.made(&pySet{})
	case '\x85', '\x86', '\x87':
		items, err := m.popN(int(code-'\x85') + 1)
		if err != nil {
			return true, err
		}
		return true, m.made(&pyTuple{items})
	case 'l', 't', '\x91', 'd':
		items, err := m.popMark()
		if err != nil {
			return true, err
		}
		switch code {
		case 'l':
			return true, m.made(&pyList{items})
		case 't':
			return true, m.made(&pyTuple{items})
		case '\x91':
			return true, m.made(&pySet{items})
		}
		pairs, err := paired(items)
		if err != nil {
			return true, err
		}
		return true, m.made(&pyDict{pairs})
	case 'a', 's':
		items, err := m.popN(map[byte]int{'a': 1, 's': 2}[code])
		if err != nil {
			return true, err
		}
		return true, m.fill(items, code == 's')
	case 'e', 'u', '\x90':
		items, err := m.popMark()
		if err != nil {
			return true, err
		}
		return true, m.fill(items, code == 'u')
	}
	return false, nil
}

func paired(items []any) (pyPairs, error) {
	if len(items)%2 != 0 {
		return nil, malformed("a key without a value")
	}
	pairs := make(pyPairs, len(items)/2)
	for i := range pairs {
		pairs[i] = [2]any{items[2*i], items[2*i+1]}
	}
	return pairs, nil
}

// fill adds items to the container on top of the stack.
func (m *pickleMachine) fill(items []any, pairs bool) error {
	to, err := m.top()
	if err != nil {
		return err
	}
	if err := m.charge(int64(len(items)) * slotBytes); err != nil {
		return err
	}
	if pairs {
		p, err := paired(items)
		if err != nil {
			return err
		}
		switch to := to.(type) {
		case *pyDict:
			to.pairs = append(to.pairs, p...)
			return nil
		case *pyCall:
			to.pairs = append(to.pairs, p...)
			return nil
		}
		return malformed("items for a %T", to)
	}
	switch to := to.(type) {
	case *pyList:
		to.items = append(to.items, items...)
	case *pySet:
		to.items = append(to.items, items...)
	case *pyCall:
		to.items = append(to.items, items...)
	default:
		return malformed("values for a %T", to)
	}
	return nil
}

// memory puts values into the memo and takes them out.
func (m *pickleMachine) memory(code byte, arg any) (bool, error) {
	index, _ := arg.(int64)
	switch code {
	case 'g', 'p':
		n, err := strconv.ParseInt(strings.TrimSpace(arg.(string)), 10, 64)
		if err != nil || n < 0 {
			return true, malformed("no place in the memo: %.30q", arg)
		}
		index = n
	case 'h', 'j', 'q', 'r':
	case '\x94':
		index = int64(len(m.memo))
	default:
		return false, nil
	}
	if code == 'g' || code == 'h' || code == 'j' {
		v, ok := m.memo[index]
		if !ok {
			return true, malformed("nothing at place %d of the memo", index)
		}
		return true, m.push(v)
	}
	v, err := m.top()
	if err != nil {
		return true, err
	}
	m.memo[index] = v
	return true, m.charge(memoBytes)
}

// object notes the calls that Python would make.
func (m *pickleMachine) object(code byte, arg any) error {
	switch code {
	case 'c':
		names := arg.([2]string)
		return m.made(&pyGlobal{names[0], names[1]})
	case '\x93':
		names, err := m.popN(2)
		if err != nil {
			return err
		}
		module, ok := names[0].(string)
		name, also := names[1].(string)
		if !ok || !also {
			return malformed("a name that is no text")
		}
		return m.made(&pyGlobal{module, name})
	case 'R', '\x81', '\x92':
		n := 2
		if code == '\x92' {
			n = 3
		}
		parts, err := m.popN(n)
		if err != nil {
			return err
		}
		args, ok := parts[1].(*pyTuple)
		if !ok {
			return malformed("arguments that are no tuple")
		}
		call := &pyCall{callable: parts[0], args: args.items}
		if n == 3 {
			call.keywords = parts[2]
		}
		return m.made(call)
	case 'o', 'i':
		items, err := m.popMark()
		if err != nil {
			return err
		}
		if code == 'i' {
			names := arg.([2]string)
			return m.made(&pyCall{callable: &pyGlobal{names[0], names[1]}, args: items})
		}
		if len(items) == 0 {
			return malformed("no class")
		}
		return m.made(&pyCall{callable: items[0], args: items[1:]})
	case 'b':
		state, err := m.pop()
		if err != nil {
			return err
		}
		to, err := m.top()
		if err != nil {
			return err
		}
		call, ok := to.(*pyCall)
		if !ok {
			return malformed("a state for a %T", to)
		}
		call.states = append(call.states, state)
		return m.charge(slotBytes)
	case 'P':
		return m.made(&pyPersistent{arg})
	case 'Q':
		id, err := m.pop()
		if err != nil {
			return err
		}
		return m.made(&pyPersistent{id})
	case '\x82', '\x83', '\x84':
		return unsafely("an extension of number %v, which only the writer knows", arg)
	case '\x97':
		return mistyped("a buffer that is kept outside of the pickle")
	}
	return malformed("an opcode without meaning")
}
