package preview

import (
	"bytes"
	"context"
	"errors"
	"io"
)

// Part is a file, or a member of one, to be sent as it is.
type Part struct {
	*io.SectionReader
	Name  string
	Media string
	// Inline says that a browser may show it in place: it is a picture, a sound
	// or a film.
	Inline bool
	// Whole says that any range of it is near; of a compressed member only what
	// lies ahead is.
	Whole bool

	done func()
}

// Close gives back what the part is read from.
func (p *Part) Close() error {
	p.done()
	return nil
}

// Open opens a file or a member for sending. It takes as long as its reader
// takes, and no slot: it costs no memory.
func (s *Service) Open(ctx context.Context, src Source, q Query) (*Part, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	in, done, err := open(ctx, src)
	if err != nil {
		return nil, err
	}
	v := &view{service: s, source: src, query: q, in: in}
	f, err := v.find()
	if err == nil {
		err = in.failed()
	}
	if err != nil {
		done()
		return nil, err
	}
	k := sniff(f)
	in.unbounded()
	_, compressed := f.ReaderAt.(*stream)
	inline := k.show == Image && inlineFormats[k.format] || k.show == Audio || k.show == Video
	return &Part{SectionReader: f.from(0), Name: f.name, Media: k.media, Inline: inline, Whole: !compressed, done: done}, nil
}

// Page returns an HTML page, to be shown in a sandbox. The reason is
// ErrNoMember where there is none.
func (s *Service) Page(ctx context.Context, src Source, q Query) ([]byte, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	in, done, err := open(ctx, src)
	if err != nil {
		return nil, err
	}
	defer done()
	v := &view{service: s, source: src, query: q, in: in}
	f, err := v.find()
	if err != nil {
		return nil, err
	}
	if k := sniff(f); in.failed() == nil && (k.show != Page || f.size > MaxPage) {
		return nil, ErrNoMember.Errorf("%.200q is no HTML page of at most %d MiB", f.name, MaxPage>>20)
	}
	b, err := f.head(MaxPage)
	if broken := in.failed(); broken != nil {
		return nil, broken
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, ErrNoMember.Wrap(err, "%.200q cannot be read: %s", f.name, problem(err))
	}
	return bytes.ToValidUTF8(b, []byte("\uFFFD")), nil
}
