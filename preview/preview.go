package preview

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/codec"
	"github.com/coffer-ml/coffer/internal/fault"
)

// The reasons of this package.
var (
	ErrQuery    = fault.Reason{Kind: fault.Invalid, Name: "preview.bad_query"}
	ErrNoMember = fault.Reason{Kind: fault.NotFound, Name: "preview.no_member"}
	ErrNoImage  = fault.Reason{Kind: fault.NotFound, Name: "preview.no_image"}
	ErrBusy     = fault.Reason{Kind: fault.Unavailable, Name: "preview.busy"}
)

// The bounds of one preview. All of them together keep it below 64 MiB of
// memory.
const (
	// maxValues is what one decoded value may take: a cell is there twice while
	// it is turned into what is sent.
	maxValues = 24 << 20
	// maxRead is how much of a file is read for one preview.
	maxRead = 64 << 20
	// maxHead is how much is read of a file whose beginning is to tell what is
	// in it: a table, a text, a tree.
	maxHead = 8 << 20
	// maxUnpacked is how much is unpacked: what compression makes of maxHead at
	// the rates that real files have.
	maxUnpacked = 64 << 20
	// patience is how long a preview may take. Reads end it, and nothing is
	// computed for long without one.
	patience = 10 * time.Second
	// queueing is how long a preview waits for others to end.
	queueing = 20 * time.Second
)

// Content is a file's bytes.
type Content interface {
	io.ReaderAt
	io.Closer
}

// Source is the file that is looked at.
type Source struct {
	Digest blob.Digest
	// Name is the last part of its path. It chooses between kinds of text.
	Name string
	Size int64
	// Open opens the bytes. It is called again by a job, later on, with
	// another context.
	Open func(ctx context.Context) (Content, error)
}

// Config is what the service needs; the zero value keeps nothing.
type Config struct {
	// Dir holds previews that were made; "" keeps none.
	Dir string
	// DirBytes bounds it; 0 means DefaultDirBytes.
	DirBytes int64
	// Parallel is how many previews are made at once; 0 means two for each
	// processor, at most 8.
	Parallel int
	// Log, if set, is told what was wrong with a file, and of failing disks.
	Log func(message string, err error)
}

// Service makes previews.
type Service struct {
	cfg   Config
	slots *semaphore.Weighted
	cache *cache
	jobs  *jobs
}

// maxParallel bounds the memory of all previews together.
const maxParallel = 8

// New returns the service.
func New(cfg Config) *Service {
	if cfg.Parallel <= 0 {
		cfg.Parallel = min(2*runtime.GOMAXPROCS(0), maxParallel)
	}
	if cfg.Log == nil {
		cfg.Log = func(string, error) {}
	}
	s := &Service{cfg: cfg, slots: semaphore.NewWeighted(int64(cfg.Parallel))}
	s.cache = newCache(cfg.Dir, cfg.DirBytes, cfg.Log)
	s.jobs = newJobs(s)
	return s
}

// enter waits for a slot and returns the context of one preview.
func (s *Service) enter(ctx context.Context) (context.Context, func(), error) {
	waiting, stop := context.WithTimeout(ctx, queueing)
	defer stop()
	if err := s.slots.Acquire(waiting, 1); err != nil {
		return nil, nil, ErrBusy.Errorf("too many previews are being made; try again in a moment")
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	return ctx, func() { cancel(); s.slots.Release(1) }, nil
}

// Show returns the preview as JSON, and whether the reply will ever change:
// complete ones depend on digest and query alone.
func (s *Service) Show(ctx context.Context, src Source, q Query) (reply []byte, final bool, err error) {
	if err := q.check(); err != nil {
		return nil, false, err
	}
	key := cacheKey(src, q)
	if reply, ok := s.cache.get(key); ok {
		return reply, true, nil
	}
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return nil, false, err
	}
	defer leave()
	in, done, err := open(ctx, src)
	if err != nil {
		return nil, false, err
	}
	defer done()
	v := &view{service: s, source: src, query: q, in: in}
	p, err := v.show()
	if err != nil {
		return nil, false, err
	}
	if reply, err = encode(p); err != nil {
		return nil, false, fmt.Errorf("encode preview: %w", err)
	}
	if !v.changing {
		s.cache.put(key, reply)
	}
	return reply, !v.changing, nil
}

// open opens the source for one preview.
func open(ctx context.Context, src Source) (*input, func(), error) {
	content, err := src.Open(ctx)
	if err != nil {
		return nil, nil, err
	}
	return newInput(ctx, content, src.Size), func() { _ = content.Close() }, nil
}

// view is one preview while it is made.
type view struct {
	service *Service
	source  Source
	query   Query
	in      *input
	// changing says that a later reply to the same query will be another one.
	changing bool
	// inner says that what is shown came out of a gzip file, where no job looks.
	inner bool
}

// show walks to the member that is asked for and shows it.
func (v *view) show() (*Preview, error) {
	f, err := v.find()
	if err != nil {
		return nil, err
	}
	p, err := v.present(f)
	if err != nil {
		return nil, err
	}
	// What failed below us is no trait of the file.
	if err := v.in.failed(); err != nil {
		return nil, err
	}
	p.Digest, p.Members, p.Read = string(v.source.Digest), v.query.Members, v.in.taken()
	return p, nil
}

// piece is a file, or a member of one.
type piece struct {
	name string
	size int64
	io.ReaderAt
}

// present shows a piece by its kind; where that fails, its bytes and why. Only
// a query that fits no such piece is an error.
func (v *view) present(f piece) (*Preview, error) {
	kind := sniff(f)
	as := v.query.As
	if as == "" {
		as = kind.show
	}
	p := &Preview{Name: f.name, Size: f.size, Kind: as, Media: kind.media, Modes: kind.modes()}
	if err := v.fill(p, f, as, kind); err != nil {
		if v.in.failed() != nil {
			return p, nil
		}
		if errors.Is(err, ErrQuery) || errors.Is(err, ErrNoMember) {
			return nil, err
		}
		*p = Preview{Name: f.name, Size: f.size, Kind: kind.fallback(as), Media: kind.media, Modes: kind.modes(), Title: p.Title, Facts: p.Facts, Problem: problem(err)}
		v.service.cfg.Log("a preview shows bytes: "+as, err)
		if err := v.fill(p, f, p.Kind, kind); err != nil && v.in.failed() == nil {
			p.Kind, p.Problem = Hex, problem(err)
			_ = v.fill(p, f, Hex, kind) // bytes can always be shown
		}
	}
	return p, nil
}

// fill shows a piece as one kind.
func (v *view) fill(p *Preview, f piece, as string, kind kind) (err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("%w: reading it failed: %.200v", codec.ErrFormat, broken)
		}
	}()
	switch as {
	case Empty:
		p.Title = "Empty file"
		return nil
	case Array:
		return v.array(p, f)
	case Table:
		return v.table(p, f, kind)
	case Image:
		return v.image(p, f, kind)
	case Tree:
		return v.tree(p, f, kind)
	case Text:
		return v.text(p, f)
	case Page:
		return v.page(p, f)
	case Audio, Video:
		return v.media(p, f, kind)
	case Archive:
		return v.archive(p, f, kind)
	case Pickle:
		return v.pickle(p, f)
	case Tensors:
		return v.tensors(p, f)
	case Packed:
		return v.packed(p, f)
	case Hex:
		return v.hex(p, f)
	}
	return ErrQuery.Errorf("as: no such kind: %.40q", as)
}

// problem is what people are told of content that cannot be shown.
func problem(err error) string {
	text := err.Error()
	for _, known := range []error{codec.ErrFormat, codec.ErrTooLarge, codec.ErrUnsafe, codec.ErrType} {
		if errors.Is(err, known) {
			return strings.ToUpper(text[:1]) + clip(text[1:], 400)
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "Looking at it took too long"
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "It ends too early"
	}
	return "It cannot be read: " + clip(text, 400)
}

func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", codec.ErrFormat, fmt.Sprintf(format, args...))
}

func tooLarge(format string, args ...any) error {
	return fmt.Errorf("%w: %s", codec.ErrTooLarge, fmt.Sprintf(format, args...))
}
