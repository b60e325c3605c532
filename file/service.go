package file

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/user"
)

// DefaultGrace is how long deleted bytes can be brought back.
const DefaultGrace = 24 * time.Hour

// Config is what the service needs. Fields without a default are required.
type Config struct {
	Store    Store
	Sessions SessionStore
	// Blobs is where new bytes go, Volume the number under which rows name it,
	// and Volumes finds the other stores that rows name; nil if there are none.
	Blobs   blob.Store
	Volume  VolumeID
	Volumes *Volumes
	Tx      func(ctx context.Context, fn func(context.Context) error) error
	After   func(ctx context.Context, fn func())
	Now     func() time.Time
	Logger  *slog.Logger
	// MaxSize bounds one file in bytes; 0 means no limit.
	MaxSize int64
	// Grace is how long deleted files and superseded generations are kept;
	// 0 means DefaultGrace.
	Grace time.Duration
	// Room, if set, is asked before bytes are taken; its error refuses them.
	// size is how many there will be, 0 if that is not known.
	Room func(ctx context.Context, size int64) error
	// Hashed, if set, is told how many bytes were hashed.
	Hashed func(bytes int64)
}

// Service is the file noun.
type Service struct {
	Config
	landings []Landing
	desk     desk
	arriving sync.Map // keys of objects that are written and not yet committed

	measuring sync.Mutex
	usage     Usage // as it was last measured
}

// New returns the service. Join it with the nouns that name paths before its
// first use.
func New(cfg Config) *Service {
	if cfg.Grace == 0 {
		cfg.Grace = DefaultGrace
	}
	return &Service{Config: cfg}
}

// Join says which nouns' records name paths. It is called once, before the
// first request.
func (s *Service) Join(landings ...Landing) { s.landings = landings }

// references sums what all nouns say about a path.
func (s *Service) references(ctx context.Context, p Path) (References, error) {
	var all References
	for _, l := range s.landings {
		r, err := l.References(ctx, p)
		if err != nil {
			return References{}, err
		}
		all.Count += r.Count
		if all.FrozenBy == "" {
			all.FrozenBy = r.FrozenBy
		}
	}
	return all, nil
}

// thaw refuses a path that something published names.
func (s *Service) thaw(ctx context.Context, p Path) error {
	r, err := s.references(ctx, p)
	if err == nil && r.FrozenBy != "" {
		return ErrFrozen.Errorf("the file %q belongs to %s, which is published: it can neither be replaced nor deleted", shorten(string(p)), r.FrozenBy)
	}
	return err
}

// Stat returns a generation of a live path.
func (s *Service) Stat(ctx context.Context, who user.Identity, p Path, w Want) (Generation, error) {
	if err := who.Require(user.Guest); err != nil {
		return Generation{}, err
	}
	return s.Store.Generation(ctx, p, w)
}

// ByDigest returns a generation of a live path that has the digest; which one
// does not matter to its bytes.
func (s *Service) ByDigest(ctx context.Context, who user.Identity, d blob.Digest) (Generation, error) {
	if err := who.Require(user.Guest); err != nil {
		return Generation{}, err
	}
	found, err := s.Store.Holding(ctx, d, 1)
	if err != nil {
		return Generation{}, err
	}
	if len(found) == 0 {
		return Generation{}, ErrNotFound.Errorf("no file has the SHA-256 %s", d)
	}
	return found[0], nil
}

// Content are the bytes of one generation. It is an *os.File where the store
// has local files.
type Content interface {
	io.ReadSeeker
	io.ReaderAt
	io.Closer
}

// Open opens the bytes of a generation. If they are not in the store any more
// that is noted, and the reason is ErrLost.
func (s *Service) Open(ctx context.Context, who user.Identity, g Generation) (Content, error) {
	if err := who.Require(user.Guest); err != nil {
		return nil, err
	}
	for {
		c, err := s.open(ctx, g)
		if !errors.Is(err, blob.ErrNotFound) {
			return c, err
		}
		// They may have been moved since the caller asked.
		now, serr := s.Store.Generation(ctx, g.Path, Want{Number: g.Number})
		if serr != nil || now.ID != g.ID || now.Key == g.Key {
			return nil, s.lost(ctx, g, err)
		}
		g = now
	}
}

func (s *Service) open(ctx context.Context, g Generation) (Content, error) {
	store, err := s.store(ctx, g.Volume)
	if err != nil {
		return nil, err
	}
	if local, ok := blob.As[blob.FileOpener](store); ok {
		f, err := local.OpenFile(ctx, g.Key)
		if err != nil {
			return nil, err
		}
		return f, nil
	}
	if _, err := store.Stat(ctx, g.Key); err != nil {
		return nil, err
	}
	return &ranges{ctx: ctx, store: store, key: g.Key, size: g.Size}, nil
}

// store returns the store of a volume.
func (s *Service) store(ctx context.Context, id VolumeID) (blob.Store, error) {
	switch {
	case id == s.Volume:
		return s.Blobs, nil
	case s.Volumes == nil:
		return nil, ErrNoVolume.Errorf("there is no store with the number %d", id)
	}
	return s.Volumes.Find(ctx, id)
}

// stores returns all stores that are open, by volume.
func (s *Service) stores() map[VolumeID]blob.Store {
	all := map[VolumeID]blob.Store{}
	if s.Volumes != nil {
		all = s.Volumes.Attached()
	}
	all[s.Volume] = s.Blobs
	return all
}

// lost notes that bytes are gone.
func (s *Service) lost(ctx context.Context, g Generation, cause error) error {
	err := s.lose(ctx, g.Key)
	return errors.Join(ErrLost.Wrap(cause, "the bytes of %q (version %d, SHA-256 %s) are no longer in the store", shorten(string(g.Path)), g.Number, g.Digest), err)
}

// lose marks the blob under the key as failed and tells the nouns.
func (s *Service) lose(ctx context.Context, key blob.Key) error {
	return s.Tx(ctx, func(ctx context.Context) error {
		d, err := s.Store.Lose(ctx, key)
		if err != nil || d == "" {
			return err
		}
		for _, l := range s.landings {
			if err := l.Lost(ctx, d); err != nil {
				return err
			}
		}
		return nil
	})
}

// Signer is a capability of contents whose store lets others read them
// directly.
type Signer interface {
	// Sign returns an address of the content; false if the store has none.
	Sign(ctx context.Context, o blob.SignOptions) (signed blob.Signed, ok bool, err error)
}

// Sign implements Signer.
func (r *ranges) Sign(ctx context.Context, o blob.SignOptions) (blob.Signed, bool, error) {
	s, ok := blob.As[blob.Signer](r.store)
	if !ok {
		return blob.Signed{}, false, nil
	}
	signed, err := s.SignGet(ctx, r.key, o)
	return signed, true, err
}

// ranges reads an object of a store without local files, by ranges from where
// the reader stands.
type ranges struct {
	ctx   context.Context
	store blob.Store
	key   blob.Key
	size  int64
	at    int64
	open  io.ReadCloser
}

// Read implements io.Reader.
func (r *ranges) Read(p []byte) (int, error) {
	if r.at >= r.size {
		return 0, io.EOF
	}
	if r.open == nil {
		var err error
		if r.open, err = r.store.Open(r.ctx, r.key, r.at, -1); err != nil {
			return 0, err
		}
	}
	n, err := r.open.Read(p)
	r.at += int64(n)
	return n, err
}

// Seek implements io.Seeker.
func (r *ranges) Seek(offset int64, whence int) (int64, error) {
	to := offset
	switch whence {
	case io.SeekCurrent:
		to += r.at
	case io.SeekEnd:
		to += r.size
	}
	if to < 0 {
		return 0, errors.New("seek before the beginning")
	}
	if to != r.at {
		_ = r.Close()
		r.at = to
	}
	return to, nil
}

// ReadAt implements io.ReaderAt: each call is a request of its own.
func (r *ranges) ReadAt(p []byte, off int64) (int, error) {
	want := min(int64(len(p)), r.size-off)
	if off < 0 || want <= 0 {
		return 0, io.EOF
	}
	part, err := r.store.Open(r.ctx, r.key, off, want)
	if err != nil {
		return 0, err
	}
	n, err := io.ReadFull(part, p[:want])
	if cerr := part.Close(); err == nil {
		err = cerr
	}
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// Close implements io.Closer.
func (r *ranges) Close() error {
	if r.open == nil {
		return nil
	}
	err := r.open.Close()
	r.open = nil
	return err
}
