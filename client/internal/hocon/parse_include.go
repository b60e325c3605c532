package hocon

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// maxIncludes of files in each other. A file that includes itself ends here.
const maxIncludes = 10

// include reads an include into o, if there is one.
func (p *parser) include(o *object) (bool, error) {
	begin := p.pos
	if !p.take("include") || !isBlank(p.peek()) {
		p.pos = begin
		return false, nil
	}
	p.inline()
	required, closing := false, 0
	for opened := true; opened; {
		opened = false
		for _, word := range []string{"required", "file", "classpath", "url"} {
			if strings.HasPrefix(p.text[p.pos:], word+"(") {
				if word == "classpath" || word == "url" {
					return false, p.errorf("include %s(...) is not possible: only files are included", word)
				}
				p.pos += len(word) + 1
				required = required || word == "required"
				closing++
				opened = true
				p.inline()
			}
		}
	}
	if p.peek() != '"' {
		if closing > 0 {
			return false, p.errorf("%q was not expected here: expected the name of a file in quotes", p.rest())
		}
		p.pos = begin // a key that is called include
		return false, nil
	}
	name, err := p.quoted()
	if err != nil {
		return false, err
	}
	for range closing {
		p.inline()
		if !p.take(")") {
			return false, p.errorf("%q was not expected here: expected )", p.rest())
		}
	}
	text, file, err := p.open(name)
	if errors.Is(err, fs.ErrNotExist) && !required {
		return true, nil
	}
	if err != nil {
		return false, p.errorf("include %q: %v", name, err)
	}
	if p.includes >= maxIncludes {
		return false, p.errorf("include %q: more than %d files include each other", name, maxIncludes)
	}
	return true, parse(file, text, p.opts, o, slices.Clone(p.path), p.shadow, p.includes+1)
}

// open reads an included file; its suffix may be left out.
func (p *parser) open(name string) (text []byte, file string, err error) {
	if p.opts.Read == nil {
		return nil, "", fs.ErrNotExist
	}
	file = name
	if !filepath.IsAbs(name) {
		file = filepath.Join(filepath.Dir(p.file), name)
	}
	for _, suffix := range []string{"", ".conf", ".json"} {
		text, err = p.opts.Read(file + suffix)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return text, file + suffix, err
		}
	}
	return nil, file, err
}
