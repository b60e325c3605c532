package hocon

// node is a value before substitutions are filled in.
type node interface{}

type (
	// scalar is a text; null is the absence of one. A bare one, not in quotes,
	// keeps what stands around it when values are put together.
	scalar struct {
		text string
		null bool
	}
	array  struct{ items []node }
	object struct {
		keys   []string
		fields map[string]node
	}
	// joined is values beside each other on one line. between[i] is the blank
	// before parts[i].
	joined struct {
		parts   []node
		between []string
	}
	// reference is ${path} or ${?path}.
	reference struct {
		paths    [][]string // the first that is there counts: seen from the include, then from the root
		env      string     // the path as written, for the environment
		optional bool
		own      bool // it means the field that it stands in: what that was before
		before   node
		in       *parser // where it stands, for messages
		pos      int
	}
	// override is a value on top of an older one that may show through: either
	// cannot be merged before substitutions are filled in.
	override struct{ older, newer node }
	// inside is what lies at a path below a node that is not known yet.
	inside struct {
		of   node
		path []string
	}
)

func newObject() *object { return &object{fields: map[string]node{}} }

func (o *object) set(key string, n node) {
	if _, ok := o.fields[key]; !ok {
		o.keys = append(o.keys, key)
	}
	o.fields[key] = n
}

// merge lays a newer value over an older one.
func merge(older, newer node) node {
	if older == nil {
		return newer
	}
	switch n := newer.(type) {
	case *object:
		o, ok := older.(*object)
		if !ok {
			if _, plain := older.(*scalar); plain {
				return newer
			}
			if _, plain := older.(*array); plain {
				return newer
			}
			return &override{older, newer}
		}
		for _, key := range n.keys {
			o.set(key, merge(o.fields[key], n.fields[key]))
		}
		return o
	case *scalar, *array:
		return newer
	}
	return &override{older, newer}
}
