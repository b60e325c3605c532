package file

import (
	"context"
	"io"
	"slices"
	"sync"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/user"
)

// desk is what this process does with upload sessions at the moment.
type desk struct {
	mu       sync.Mutex
	sessions map[SessionID]*folder
}

// folder is one session on the desk. It stays there while the session is open,
// for the sake of its hash.
type folder struct {
	mu      sync.Mutex
	claimed []Span // being written, or being made an object
	hash    prefixHash
}

// at returns the folder of a session.
func (d *desk) at(id SessionID) *folder {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sessions == nil {
		d.sessions = make(map[SessionID]*folder)
	}
	f := d.sessions[id]
	if f == nil {
		f = &folder{}
		d.sessions[id] = f
	}
	return f
}

// leave clears a session that is no longer open from the desk.
func (d *desk) leave(id SessionID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.sessions, id)
}

// claim keeps others from writing to the span until release: bytes that were
// acknowledged are never written over, not even by the same bytes.
func (f *folder) claim(s Span) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := slices.IndexFunc(f.claimed, s.overlaps); i >= 0 {
		c := f.claimed[i]
		return ErrBusy.Errorf("bytes %d to %d are being worked on by another request; try again in a moment", c.Offset, c.End()-1)
	}
	f.claimed = append(f.claimed, s)
	return nil
}

func (f *folder) release(s Span) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := slices.Index(f.claimed, s); i >= 0 {
		f.claimed = slices.Delete(f.claimed, i, i+1)
	}
}

// within refuses a span that is no part of the session's file.
func (s Span) within(of Session) error {
	switch {
	case s.Offset < 0 || s.Offset >= of.Size:
		return ErrPart.Errorf("offset: the file has %d bytes, a part cannot begin at byte %d", of.Size, s.Offset)
	case s.Size < 1:
		return ErrPart.Errorf("a part has at least one byte")
	case s.Size > of.Size-s.Offset: // the sum might not fit
		return ErrPart.Errorf("the file has %d bytes, of which %d are left from byte %d on; the part has %d", of.Size, of.Size-s.Offset, s.Offset, s.Size)
	}
	return nil
}

// PutPart takes a part of a session's file: exactly as many bytes of r as the
// span has, with the promised digest ("" is none). When it returns nil they
// are durable. Parts may come in any order, in parallel and in any sizes, but
// may not overlap; the same one may come again and changes nothing. If r
// fails, or the bytes are not what was promised, nothing has changed.
func (s *Service) PutPart(ctx context.Context, who user.Identity, id SessionID, at Span, r io.Reader, promised blob.Digest) (Part, error) {
	of, err := s.underway(ctx, who, id)
	if err != nil {
		return Part{}, err
	}
	drafts, err := s.drafts(ctx, of.Volume)
	if err != nil {
		return Part{}, err
	}
	if err := at.within(of); err != nil {
		return Part{}, err
	}
	f := s.desk.at(id)
	if err := f.claim(at); err != nil {
		return Part{}, err
	}
	defer f.release(at)
	if there, found, err := s.received(ctx, of, at); err != nil {
		return Part{}, err
	} else if found {
		return there, same(there, r, promised)
	}
	if err := s.HasRoom(ctx, at.Size); err != nil {
		return Part{}, err
	}
	if of.Parts >= MaxParts {
		return Part{}, ErrPart.Errorf("the upload has %d parts, the limit: it can only be aborted and begun again with larger parts, such as %d bytes", of.Parts, of.PartSize())
	}
	digest, err := blob.PutPart(ctx, drafts, of.Key, at.Offset, at.Size, r, promised)
	if err != nil {
		return Part{}, err
	}
	part := Part{Span: at, Digest: digest}
	if err := s.addPart(ctx, of, part, f.hash.known()); err != nil {
		return Part{}, err
	}
	s.hashBeside(ctx, of, f)
	return part, nil
}

// received returns the part that is the span, if it came already; parts that
// overlap it otherwise are in its way.
func (s *Service) received(ctx context.Context, of Session, at Span) (Part, bool, error) {
	there, err := s.Sessions.Overlapping(ctx, of.ID, at)
	if err != nil || len(there) == 0 {
		return Part{}, false, err
	}
	if there[0].Span == at {
		return there[0], true, nil
	}
	return Part{}, false, ErrPartTaken.Errorf("%d bytes from byte %d on overlap the part of %d bytes from byte %d on, which is received", at.Size, at.Offset, there[0].Size, there[0].Offset)
}

// same refuses other bytes in the place of a part.
func same(there Part, r io.Reader, promised blob.Digest) error {
	d, err := blob.CheckPart(there.Size, r, promised)
	if err == nil && d != there.Digest {
		err = ErrPartTaken.Errorf("the part from byte %d on is received with SHA-256 %s, these bytes have %s; take the part back before you send another one", there.Offset, there.Digest, d)
	}
	return err
}

// addPart acknowledges a part, unless another server was quicker.
func (s *Service) addPart(ctx context.Context, of Session, p Part, hashed Prefix) error {
	return s.Tx(ctx, func(ctx context.Context) error {
		if err := s.lockOpen(ctx, of.ID); err != nil {
			return err
		}
		if there, found, err := s.received(ctx, of, p.Span); err != nil {
			return err
		} else if found && there.Digest == p.Digest {
			return nil
		} else if found {
			return ErrPartTaken.Errorf("the part from byte %d on is received with SHA-256 %s, these bytes have %s", p.Offset, there.Digest, p.Digest)
		}
		return s.Sessions.AddPart(ctx, of.ID, p, hashed, s.Now())
	})
}

// TakeBackPart makes the part that begins at the offset missing again.
func (s *Service) TakeBackPart(ctx context.Context, who user.Identity, id SessionID, offset int64) error {
	if _, err := s.underway(ctx, who, id); err != nil {
		return err
	}
	there, err := s.Sessions.Overlapping(ctx, id, Span{offset, 1})
	if err != nil {
		return err
	}
	if len(there) == 0 || there[0].Offset != offset {
		return ErrNoPart.Errorf("no received part begins at byte %d", offset)
	}
	f := s.desk.at(id)
	if err := f.claim(there[0].Span); err != nil {
		return err
	}
	defer f.release(there[0].Span)
	return s.Tx(ctx, func(ctx context.Context) error {
		if err := s.lockOpen(ctx, id); err != nil {
			return err
		}
		return s.Sessions.RemovePart(ctx, id, there[0])
	})
}
