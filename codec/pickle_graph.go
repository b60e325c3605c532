package codec

// A pickle is a program that builds objects. It is run here as far as building
// a graph goes and no further: a call stays a call, with its callable by name.
// What the names mean is decided afterwards, by pickle_value.go, for those that
// are data.

// pyGlobal is a class or function by name. It is never looked up.
type pyGlobal struct{ module, name string }

func (g *pyGlobal) String() string { return g.module + "." + g.name }

// pyCall is an object that a callable would make of arguments, and what would
// be done to it afterwards.
type pyCall struct {
	callable any // *pyGlobal, or what another call would return
	args     []any
	keywords any     // of NEWOBJ_EX
	states   []any   // of BUILD
	items    []any   // of APPEND
	pairs    pyPairs // of SETITEM
}

type (
	pyList  struct{ items []any }
	pyTuple struct{ items []any }
	pySet   struct{ items []any }
	pyDict  struct{ pairs pyPairs }
	// pyBytes2 is a str of Python 2: bytes or a text.
	pyBytes2 []byte
	// pyPersistent is what the pickler left to its reader.
	pyPersistent struct{ id any }
)

type pyPairs [][2]any
