package file_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/blobtest"
	"github.com/coffer-ml/coffer/blob/local"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/test/postgres"
	"github.com/coffer-ml/coffer/user"
)

var ana = user.Identity{User: "ana", Name: "ana", Role: user.Member}

// disk is a data directory; start is a process that begins to serve it.
type disk struct {
	dir    string
	db     *sqlstore.DB
	now    time.Time
	hashed atomic.Int64 // bytes
	failTx error        // what the next transactions end with
}

// onEach runs a test on an empty disk with each kind of database.
func onEach(t *testing.T, test func(t *testing.T, d *disk)) {
	t.Run("sqlite", func(t *testing.T) { test(t, newDisk(t, sqlstore.Config{})) })
	t.Run("postgres", func(t *testing.T) { test(t, newDisk(t, sqlstore.Config{URL: postgres.Database(t)})) })
}

func newDisk(t *testing.T, cfg sqlstore.Config) *disk {
	t.Helper()
	d := &disk{dir: t.TempDir(), now: time.Now()}
	if cfg.URL == "" {
		cfg.Path = filepath.Join(d.dir, "coffer.db")
	}
	var err error
	if d.db, err = sqlstore.Open(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.db.Close() })
	return d
}

func (d *disk) start(t *testing.T) *file.Service {
	t.Helper()
	blobs, err := local.Open(local.Config{Dir: filepath.Join(d.dir, "blobs")})
	if err != nil {
		t.Fatal(err)
	}
	s := file.New(file.Config{
		Store: d.db.Files(), Sessions: d.db.Sessions(), Blobs: blobs, After: d.db.After, Logger: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return d.now }, Hashed: func(n int64) { d.hashed.Add(n) },
		Tx: func(ctx context.Context, fn func(context.Context) error) error {
			return d.db.Tx(ctx, func(ctx context.Context) error { return errors.Join(fn(ctx), d.failTx) })
		},
	})
	if err := s.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// drafts are the files of unfinished uploads.
func (d *disk) drafts(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(d.dir, "blobs", "drafts", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func open(t *testing.T, s *file.Service, path file.Path, content []byte) file.Progress {
	t.Helper()
	p, _, err := s.OpenSession(t.Context(), ana, file.SessionSpec{Path: path, Size: int64(len(content)), Digest: digestOf(content)})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func send(t *testing.T, s *file.Service, id file.SessionID, content []byte, spans ...file.Span) {
	t.Helper()
	for _, at := range spans {
		if _, err := s.PutPart(t.Context(), ana, id, at, bytes.NewReader(content[at.Offset:at.End()]), ""); err != nil {
			t.Fatal(err)
		}
	}
}

// cut divides a file into parts of one size.
func cut(content []byte, size int64) (out []file.Span) {
	for at := int64(0); at < int64(len(content)); at += size {
		out = append(out, file.Span{Offset: at, Size: min(size, int64(len(content))-at)})
	}
	return out
}

func wantStored(t *testing.T, s *file.Service, path file.Path, content []byte) {
	t.Helper()
	g, err := s.Stat(t.Context(), ana, path, file.Want{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(t.Context(), ana, g)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%s holds other bytes, %v", path, err)
	}
}

func TestAnUploadGoesOnAfterARestart(t *testing.T) {
	onEach(t, func(t *testing.T, d *disk) {
		content := blobtest.Bytes(20<<20, 1)
		parts := cut(content, 1<<20)
		first := d.start(t)
		begun := open(t, first, "f", content)
		send(t, first, begun.ID, content, parts[:12]...)
		send(t, first, begun.ID, content, parts[15:17]...)

		second := d.start(t)
		found := open(t, second, "f", content)
		if found.ID != begun.ID || found.Received != 14<<20 || len(found.Missing) != 2 {
			t.Fatalf("found again: %+v", found)
		}
		send(t, second, begun.ID, content, parts[12:15]...)
		send(t, second, begun.ID, content, parts[17:]...)
		if _, err := second.CommitSession(t.Context(), ana, begun.ID, ""); err != nil {
			t.Fatal(err)
		}
		wantStored(t, second, "f", content)
		// What was hashed before the restart is hashed again only as far as it was
		// not noted: one part.
		if n, most := d.hashed.Load(), int64(21<<20); n > most || n < 20<<20 {
			t.Errorf("hashed %d bytes of 20 MiB, expected at most %d", n, most)
		}
		if left := d.drafts(t); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
	})
}

func TestPartsInParallel(t *testing.T) {
	onEach(t, func(t *testing.T, d *disk) {
		s := d.start(t)
		content := blobtest.Bytes(4<<20, 7)
		id := open(t, s, "f", content).ID
		todo := make(chan file.Span)
		var clients sync.WaitGroup
		for range 8 {
			clients.Go(func() {
				for at := range todo {
					if _, err := s.PutPart(t.Context(), ana, id, at, bytes.NewReader(content[at.Offset:at.End()]), ""); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for _, at := range cut(content, 20_000) {
			todo <- at
		}
		close(todo)
		clients.Wait()
		if _, err := s.CommitSession(t.Context(), ana, id, ""); err != nil {
			t.Fatal(err)
		}
		wantStored(t, s, "f", content)
	})
}

// Parts that come before those in front of them are hashed when the gap closes.
func TestEachByteIsHashedOnceForTheWhole(t *testing.T) {
	onEach(t, func(t *testing.T, d *disk) {
		s := d.start(t)
		content := blobtest.Bytes(5<<20+7, 2)
		parts := cut(content, 300_000)
		id := open(t, s, "f", content).ID
		for i := len(parts) - 1; i >= 0; i-- {
			send(t, s, id, content, parts[i])
		}
		if n := d.hashed.Load(); n != int64(len(content)) {
			t.Errorf("%d of %d bytes are hashed when the last part has come", n, len(content))
		}
		if _, err := s.CommitSession(t.Context(), ana, id, digestOf(content)); err != nil {
			t.Fatal(err)
		}
		if n := d.hashed.Load(); n != int64(len(content)) {
			t.Errorf("%d bytes of %d were hashed", n, len(content))
		}
		wantStored(t, s, "f", content)
	})
}

// The object is there, the database refused: nothing is visible, no sweep
// takes the object away, and the next commit succeeds, in whichever process.
func TestACommitThatTheDatabaseRefused(t *testing.T) {
	onEach(t, func(t *testing.T, d *disk) {
		s := d.start(t)
		content := blobtest.Bytes(100_000, 3)
		id := open(t, s, "f", content).ID
		send(t, s, id, content, cut(content, 40_000)...)
		broken := errors.New("the database is gone")
		d.failTx = broken
		if _, err := s.CommitSession(t.Context(), ana, id, ""); !errors.Is(err, broken) {
			t.Fatalf("%v", err)
		}
		d.failTx = nil
		if _, err := s.Stat(t.Context(), ana, "f", file.Want{}); !errors.Is(err, file.ErrNotFound) {
			t.Errorf("visible: %v", err)
		}
		d.now = d.now.Add(2 * file.DefaultGrace)
		s = d.start(t)
		if r, err := s.Collect(t.Context(), s.Grace); err != nil || r.Orphans != 0 || r.Sessions != 0 {
			t.Errorf("collected %+v, %v", r, err)
		}
		for range 2 {
			if done, err := s.CommitSession(t.Context(), ana, id, ""); err != nil || done.Version != 1 {
				t.Fatalf("%+v, %v", done, err)
			}
		}
		wantStored(t, s, "f", content)
	})
}

func TestWhatNobodyGoesOnWithIsCollected(t *testing.T) {
	onEach(t, func(t *testing.T, d *disk) {
		s := d.start(t)
		content := blobtest.Bytes(100_000, 4)
		unfinished, refused, done := open(t, s, "unfinished", content), open(t, s, "refused", content[1:]), open(t, s, "done", content[2:])
		send(t, s, unfinished.ID, content, file.Span{Size: 1000})
		send(t, s, refused.ID, content[1:], file.Span{Size: 99_999})
		send(t, s, done.ID, content[2:], file.Span{Size: 99_998})
		d.failTx = errors.New("no")
		if _, err := s.CommitSession(t.Context(), ana, refused.ID, ""); err == nil {
			t.Fatal("the commit went through")
		}
		d.failTx = nil
		if _, err := s.CommitSession(t.Context(), ana, done.ID, ""); err != nil {
			t.Fatal(err)
		}
		lost := filepath.Join(d.dir, "blobs", "drafts", string(blob.NewKey()))
		if err := os.WriteFile(lost, []byte("of a session whose row was never written"), 0o600); err != nil {
			t.Fatal(err)
		}

		d.now = d.now.Add(file.CommittedLife + time.Hour)
		if r, err := s.Collect(t.Context(), s.Grace); err != nil || r.Sessions != 0 || r.Drafts != 1 || r.Orphans != 0 {
			t.Errorf("after a day: %+v, %v", r, err)
		}
		if _, err := s.Session(t.Context(), ana, done.ID); !errors.Is(err, file.ErrNoSession) {
			t.Errorf("the committed one is still remembered: %v", err)
		}
		if p, err := s.Session(t.Context(), ana, unfinished.ID); err != nil || p.Received != 1000 {
			t.Errorf("the unfinished one: %+v, %v", p, err)
		}
		d.now = d.now.Add(file.SessionLife)
		if r, err := s.Collect(t.Context(), s.Grace); err != nil || r.Sessions != 2 || r.Drafts != 0 {
			t.Errorf("after a week: %+v, %v", r, err)
		}
		if left := d.drafts(t); len(left) != 0 {
			t.Errorf("drafts left: %v", left)
		}
		objects, err := filepath.Glob(filepath.Join(d.dir, "blobs", "objects", "*", "*"))
		if err != nil || len(objects) != 1 {
			t.Errorf("objects left: %v, %v", objects, err)
		}
		wantStored(t, s, "done", content[2:])
	})
}

// Sessions whose bytes did not survive are dropped at the start, and no others.
func TestRecovery(t *testing.T) {
	onEach(t, func(t *testing.T, d *disk) {
		s := d.start(t)
		content := blobtest.Bytes(100_000, 5)
		keys := map[string]file.Progress{}
		for i, name := range []string{"whole", "gone", "short", "new"} {
			keys[name] = open(t, s, file.Path(name), content[i:])
			if name != "new" {
				send(t, s, keys[name].ID, content[i:], file.Span{Offset: 0, Size: 1000}, file.Span{Offset: 5000, Size: 1000})
			}
		}
		draft := func(name string) string { return filepath.Join(d.dir, "blobs", "drafts", string(keys[name].Key)) }
		if err := errors.Join(os.Remove(draft("gone")), os.Truncate(draft("short"), 5999)); err != nil {
			t.Fatal(err)
		}
		s = d.start(t)
		for name, p := range keys {
			_, err := s.Session(t.Context(), ana, p.ID)
			if dropped := errors.Is(err, file.ErrNoSession); dropped != (name == "gone" || name == "short") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if left := d.drafts(t); len(left) != 1 || left[0] != draft("whole") {
			t.Errorf("drafts left: %v", left)
		}
	})
}

// A part whose bytes vanish under a running server is never committed.
func TestLostBytesAreNotCommitted(t *testing.T) {
	onEach(t, func(t *testing.T, d *disk) {
		s := d.start(t)
		content := blobtest.Bytes(10_000, 6)
		p := open(t, s, "f", content)
		send(t, s, p.ID, content, file.Span{Offset: 5000, Size: 5000})
		if err := os.Remove(d.drafts(t)[0]); err != nil {
			t.Fatal(err)
		}
		send(t, s, p.ID, content, file.Span{Offset: 0, Size: 5000})
		if _, err := s.CommitSession(t.Context(), ana, p.ID, ""); !errors.Is(err, file.ErrLost) {
			t.Errorf("%v", err)
		}
		if _, err := s.Stat(t.Context(), ana, "f", file.Want{}); !errors.Is(err, file.ErrNotFound) {
			t.Errorf("visible: %v", err)
		}
	})
}

// The largest number of parts, with a gap after each, is told in pages and is
// the largest. It is the service that counts, whatever the database.
func TestTheNumberOfPartsIsBounded(t *testing.T) {
	d := newDisk(t, sqlstore.Config{})
	s := d.start(t)
	p, _, err := s.OpenSession(t.Context(), ana, file.SessionSpec{Path: "f", Size: 2*file.MaxParts + 2})
	if err != nil {
		t.Fatal(err)
	}
	err = d.db.Tx(t.Context(), func(ctx context.Context) error {
		for i := range int64(file.MaxParts) {
			part := file.Part{Span: file.Span{Offset: 2 * i, Size: 1}, Digest: blob.EmptyDigest}
			if err := d.db.Sessions().AddPart(ctx, p.ID, part, file.Prefix{}, d.now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	at := file.Span{Offset: 2 * file.MaxParts, Size: 2}
	if _, err := s.PutPart(t.Context(), ana, p.ID, at, bytes.NewReader([]byte("ab")), ""); !errors.Is(err, file.ErrPart) {
		t.Errorf("one part more: %v", err)
	}
	if p, err = s.Session(t.Context(), ana, p.ID); err != nil || p.Received != file.MaxParts || len(p.Missing) != file.MaxListed {
		t.Errorf("%d bytes received, %d gaps listed, %v", p.Received, len(p.Missing), err)
	}
	seen := 0
	for from := int64(0); ; {
		page, err := s.Parts(t.Context(), p.Session, from)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		seen += len(page)
		from = page[len(page)-1].End()
	}
	if seen != file.MaxParts {
		t.Errorf("%d parts are listed", seen)
	}
}
