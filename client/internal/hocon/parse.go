package hocon

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// maxFile is far above any clearml.conf: the one that clearml-init writes
	// has 12 kB.
	maxFile = 1 << 20
	// maxDepth of sections and lists in each other; parsing recurses.
	maxDepth = 100
)

// Options say where things outside of the text are. The zero value finds
// nothing outside.
type Options struct {
	// Env looks up a variable that a substitution names and the file does not.
	Env func(string) (string, bool)
	// Read reads an included file. The name is relative to that of the including
	// one; nil means that there are no such files.
	Read func(name string) ([]byte, error)
}

// Load reads a file with what it includes.
func Load(file string, env func(string) (string, bool)) (*Object, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return Parse(file, text, Options{Env: env, Read: os.ReadFile})
}

// Parse reads a text; file is its name in messages and what includes are
// relative to.
func Parse(file string, text []byte, o Options) (*Object, error) {
	root := newObject()
	if err := parse(file, text, o, root, nil, nil, 0); err != nil {
		return nil, err
	}
	return resolve(root, o)
}

// parser reads one file. At the root it is at path nil, in an include at the
// path of the section that includes it.
type parser struct {
	file     string
	text     string
	pos      int
	opts     Options
	base     []string // where an include stands
	path     []string // of the section that is being read, base included
	shadow   []node   // what lies below that section once it is merged, the newest first
	depth    int
	includes int
}

// parse reads a file into the section at base.
func parse(file string, text []byte, o Options, into *object, base []string, shadow []node, includes int) error {
	if len(text) > maxFile {
		return fmt.Errorf("%s: the file has %d bytes, at most %d are read", file, len(text), maxFile)
	}
	if !utf8.Valid(text) {
		return fmt.Errorf("%s: the file is not UTF-8", file)
	}
	p := &parser{
		file: file, text: strings.TrimPrefix(string(text), "\ufeff"), opts: o,
		base: base, path: slices.Clone(base), shadow: shadow, includes: includes,
	}
	p.blank()
	braced := p.take("{")
	if err := p.fields(into, braced); err != nil {
		return err
	}
	p.blank()
	if p.pos < len(p.text) {
		return p.errorf("%q was not expected here", p.rest())
	}
	return nil
}
