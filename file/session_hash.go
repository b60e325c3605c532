package file

import (
	"context"
	"crypto/sha256"
	"encoding"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"

	"github.com/coffer-ml/coffer/blob"
)

// prefixHash is the hash of the beginning of a session's file, as far as parts
// without a gap reach. Its state goes into the session's row now and then, so
// that neither a restart nor a late part makes the whole be hashed again.
type prefixHash struct {
	turn sync.Mutex // held by the one who hashes
	hash hash.Hash

	mu   sync.Mutex
	done Prefix // of what is hashed; the state is that of the last known call of settle
}

const (
	// hashedBeside bounds what the request for one part hashes of others, so
	// that none waits for long; the rest is left to those after it.
	hashedBeside = 64 << 20
	// hashedBetween is how much is hashed between two notes in the row.
	hashedBetween = 256 << 20
)

// known returns how far the hash is.
func (h *prefixHash) known() Prefix {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.done
}

// settle makes the state of the hash known.
func (h *prefixHash) settle(size, revision int64) error {
	state, err := h.hash.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		return fmt.Errorf("keep the state of a hash: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.done = Prefix{Size: size, State: state, Revision: revision}
	return nil
}

// back takes the hash back to its last known state.
func (h *prefixHash) back() error {
	h.hash = sha256.New()
	if known := h.known(); known.Size > 0 {
		if err := h.hash.(encoding.BinaryUnmarshaler).UnmarshalBinary(known.State); err != nil {
			return fmt.Errorf("take a hash back: %w", err)
		}
	}
	return nil
}

// adopt goes on from what the row knows, if that is more or of another
// revision.
func (h *prefixHash) adopt(row Prefix) error {
	own := h.known()
	if h.hash != nil && own.Revision == row.Revision && own.Size >= row.Size {
		return nil
	}
	h.hash = sha256.New()
	if row.Size > 0 {
		if err := h.hash.(encoding.BinaryUnmarshaler).UnmarshalBinary(row.State); err != nil {
			return fmt.Errorf("take up the state of a hash: %w", err)
		}
	}
	return h.settle(row.Size, row.Revision)
}

// hashBeside hashes on after a part came, unless somebody does already. The
// part is safe whatever comes of it.
func (s *Service) hashBeside(ctx context.Context, of Session, f *folder) {
	if !f.hash.turn.TryLock() {
		return
	}
	defer f.hash.turn.Unlock()
	if _, err := s.hashOn(ctx, of, f, hashedBeside); err != nil && ctx.Err() == nil {
		s.Logger.Warn("the file of an upload session was not hashed on", "session", of.ID, "error", err)
	}
}

// hashAll hashes a complete file to its end and returns its digest.
func (s *Service) hashAll(ctx context.Context, of Session, f *folder) (blob.Digest, error) {
	f.hash.turn.Lock()
	defer f.hash.turn.Unlock()
	for {
		n, err := s.hashOn(ctx, of, f, hashedBetween)
		if err != nil {
			return "", err
		}
		done := f.hash.known()
		if done.Size == of.Size {
			return blob.DigestOf([sha256.Size]byte(f.hash.hash.Sum(nil))), nil
		}
		if n == 0 {
			return "", fmt.Errorf("upload session %s: hashed %d of %d bytes, and no part follows", of.ID, done.Size, of.Size)
		}
		if err := s.Sessions.NoteHashed(ctx, of.ID, done); err != nil {
			return "", err
		}
	}
}

// partsAtOnce is how many rows hashing reads at a time.
const partsAtOnce = 256

// hashOn hashes the parts that follow what is hashed without a gap, up to about
// most bytes, and returns how many bytes those were.
func (s *Service) hashOn(ctx context.Context, of Session, f *folder, most int64) (int64, error) {
	if err := f.hash.adopt(of.Hashed); err != nil {
		return 0, err
	}
	drafts, err := s.drafts(ctx, of.Volume)
	if err != nil {
		return 0, err
	}
	begin := f.hash.known().Size
	parts, err := s.Sessions.Parts(ctx, of.ID, begin, partsAtOnce)
	if err != nil {
		return 0, err
	}
	end := begin
	for _, p := range parts {
		if p.Offset != end || end-begin >= most {
			break
		}
		end = p.End()
	}
	if end == begin {
		return 0, nil
	}
	r, err := drafts.OpenDraft(ctx, of.Key, begin, end-begin)
	if errors.Is(err, blob.ErrNotFound) {
		return 0, lostDraft(of, err)
	}
	if err != nil {
		return 0, err
	}
	defer func() { _ = r.Close() }()
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	n, err := io.CopyBuffer(f.hash.hash, struct{ io.Reader }{whileWanted{ctx, r}}, *buf)
	if begin+n < end { // within a part, where nothing can go on from
		if berr := f.hash.back(); berr != nil {
			return 0, berr
		}
	} else if serr := f.hash.settle(end, of.Hashed.Revision); serr != nil {
		return n, serr
	}
	if s.Hashed != nil {
		s.Hashed(n)
	}
	if err == nil && n < end-begin {
		return n, lostDraft(of, io.ErrUnexpectedEOF)
	}
	if err != nil {
		return n, fmt.Errorf("hash the draft of upload session %s from byte %d on: %w", of.ID, begin, err)
	}
	return n, nil
}

func lostDraft(of Session, cause error) error {
	return ErrLost.Wrap(cause, "bytes that the upload session %s received are no longer in the store; abort it and begin again", of.ID)
}

// buffers are those between a draft and its hash.
var buffers = sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }}

// whileWanted stops reading when the context ends.
type whileWanted struct {
	ctx context.Context
	r   io.Reader
}

func (w whileWanted) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.r.Read(p)
}
