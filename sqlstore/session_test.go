package sqlstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/ident"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/user"
)

func aSession(path file.Path, size int64) file.Session {
	return file.Session{
		ID: file.SessionID(ident.New()), Owner: "u1", Path: path, Size: size, Digest: blob.EmptyDigest, Key: blob.NewKey(),
		Created: at(0), Touched: at(0),
	}
}

func aPart(offset, size int64) file.Part {
	return file.Part{Span: file.Span{Offset: offset, Size: size}, Digest: blob.EmptyDigest}
}

func addParts(t *testing.T, db *sqlstore.DB, id file.SessionID, parts ...file.Part) {
	t.Helper()
	for i, p := range parts {
		must(t, db.Tx(context.Background(), func(ctx context.Context) error {
			return db.Sessions().AddPart(ctx, id, p, file.Prefix{}, at(i+1))
		}))
	}
}

func sessionNames(all []file.Session) []string {
	return ids(all, func(s file.Session) string { return string(s.Path) })
}

func TestUploadSessions(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		store := db.Sessions()
		mine, other, unpromised := aSession("mine", 100), aSession("other", 100), aSession("unpromised", 0)
		other.Owner, other.Created, unpromised.Digest, unpromised.Created = "u2", at(1), "", at(2)
		for _, s := range []file.Session{unpromised, other, mine} {
			must(t, store.Insert(ctx, s))
		}
		for _, want := range []file.Session{mine, other, unpromised} {
			got, err := store.Get(ctx, want.ID)
			must(t, err)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
		}
		_, err := store.Get(ctx, "none")
		wantIs(t, err, file.ErrNoSession)

		t.Run("are found by owner, path and age", func(t *testing.T) {
			for name, c := range map[string]struct {
				owner user.ID
				path  file.Path
				since time.Time
				want  []string
			}{
				"all":       {"u1", "", at(0), []string{"mine", "unpromised"}},
				"of a path": {"u1", "mine", at(0), []string{"mine"}},
				"too old":   {"u1", "", at(1), nil},
				"of others": {"u2", "mine", at(0), nil},
			} {
				got, err := store.Open(ctx, c.owner, c.path, c.since)
				must(t, err)
				if !slices.Equal(sessionNames(got), c.want) {
					t.Errorf("%s: %v", name, sessionNames(got))
				}
			}
		})
		t.Run("count what they receive, and forget what is taken back", func(t *testing.T) {
			s := aSession("counted", 100)
			must(t, store.Insert(ctx, s))
			must(t, store.AddPart(ctx, s.ID, aPart(0, 40), file.Prefix{}, at(3)))
			must(t, store.AddPart(ctx, s.ID, aPart(40, 10), file.Prefix{Size: 40, State: []byte("state")}, at(5)))
			s.Received, s.Parts, s.Touched, s.Hashed = 50, 2, at(5), file.Prefix{Size: 40, State: []byte("state")}
			same(t, store, s)
			must(t, store.NoteHashed(ctx, s.ID, file.Prefix{Size: 30, State: []byte("less")}))
			must(t, store.NoteHashed(ctx, s.ID, file.Prefix{Size: 50, State: []byte("of another revision"), Revision: 1}))
			same(t, store, s)
			must(t, store.RemovePart(ctx, s.ID, aPart(0, 40)))
			s.Received, s.Parts, s.Hashed = 10, 1, file.Prefix{Revision: 1}
			same(t, store, s)
			wantIs(t, store.RemovePart(ctx, s.ID, aPart(0, 40)), file.ErrNoPart)
			same(t, store, s)
		})
		t.Run("become a version once", func(t *testing.T) {
			s := aSession("committed", 10)
			must(t, store.Insert(ctx, s))
			addParts(t, db, s.ID, aPart(0, 10))
			s.Committed, s.Version, s.Digest = at(9), 3, blob.DigestOf([32]byte{1})
			must(t, store.Commit(ctx, s))
			wantIs(t, store.Commit(ctx, s), file.ErrNoSession)
			s.Received, s.Parts, s.Touched = 10, 1, at(1)
			same(t, store, s)
			if parts, err := store.Parts(ctx, s.ID, 0, 10); err != nil || len(parts) != 0 {
				t.Errorf("its parts are still there: %v, %v", parts, err)
			}
			if open, err := store.Open(ctx, "u1", "committed", at(0)); err != nil || len(open) != 0 {
				t.Errorf("it is still open: %v, %v", open, err)
			}
		})
		t.Run("go stale, open ones and committed ones each in their time", func(t *testing.T) {
			for _, c := range []struct {
				touched, committed int
				want               []string
			}{
				{0, 9, nil},
				{1, 9, []string{"mine", "other", "unpromised"}},
				{0, 10, []string{"committed"}},
				{100, 100, []string{"committed", "counted", "mine", "other", "unpromised"}},
			} {
				got, err := store.Stale(ctx, at(c.touched), at(c.committed), 10)
				must(t, err)
				names := sessionNames(got)
				slices.Sort(names)
				if !slices.Equal(names, c.want) {
					t.Errorf("before %d and %d: %v, expected %v", c.touched, c.committed, names, c.want)
				}
			}
			if got, err := store.Stale(ctx, at(100), at(100), 2); err != nil || len(got) != 2 {
				t.Errorf("%d of at most 2, %v", len(got), err)
			}
		})
		t.Run("hold their drafts, and their objects until they are committed", func(t *testing.T) {
			committed, err := store.Stale(ctx, at(0), at(10), 1)
			must(t, err)
			keys := []blob.Key{mine.Key, committed[0].Key, blob.NewKey()}
			for name, known := range map[string]func(context.Context, []blob.Key) ([]blob.Key, error){
				"drafts": store.Drafted, "objects": db.Files().Known,
			} {
				if got, err := known(ctx, keys); err != nil || !slices.Equal(got, keys[:1]) {
					t.Errorf("%s: %v, %v", name, got, err)
				}
			}
		})
		t.Run("are paged by id and removed with their parts", func(t *testing.T) {
			addParts(t, db, other.ID, aPart(0, 1), aPart(5, 1))
			var seen []file.SessionID
			for {
				after := file.SessionID("")
				if len(seen) > 0 {
					after = seen[len(seen)-1]
				}
				page, err := store.Page(ctx, after, 3)
				must(t, err)
				for _, s := range page {
					seen = append(seen, s.ID)
				}
				if len(page) < 3 {
					break
				}
			}
			if len(seen) != 4 || !slices.IsSorted(seen) {
				t.Errorf("paged %v", seen)
			}
			must(t, store.Remove(ctx, []file.SessionID{other.ID, mine.ID}))
			_, err := store.Get(ctx, other.ID)
			wantIs(t, err, file.ErrNoSession)
		})
	})
}

func same(t *testing.T, store file.SessionStore, want file.Session) {
	t.Helper()
	got, err := store.Get(context.Background(), want.ID)
	must(t, err)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// Parts are put at random where there is room, and what the store says of
// them is compared with a list of bytes.
func TestGapsAndOverlaps(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		store := db.Sessions()
		r := rand.New(rand.NewPCG(1, 2))
		for n := range 20 {
			size := int64(n * 3)
			s := aSession(file.Path(fmt.Sprint("f", n)), size)
			must(t, store.Insert(ctx, s))
			covered := make([]int64, size) // offset of the part + 1
			for range n {
				p := aPart(r.Int64N(size), 1+r.Int64N(4))
				if p.End() > size || slices.ContainsFunc(covered[p.Offset:p.End()], func(by int64) bool { return by != 0 }) {
					continue
				}
				addParts(t, db, s.ID, p)
				for i := p.Offset; i < p.End(); i++ {
					covered[i] = p.Offset + 1
				}
			}
			var want []file.Span
			for i, by := range covered {
				switch last := len(want) - 1; {
				case by != 0:
				case last >= 0 && want[last].End() == int64(i):
					want[last].Size++
				default:
					want = append(want, file.Span{Offset: int64(i), Size: 1})
				}
			}
			got, err := store.Gaps(ctx, s.ID, size, 1000)
			must(t, err)
			if !slices.Equal(got, want) {
				t.Errorf("%v: gaps %v, expected %v", covered, got, want)
			}
			if first, err := store.Gaps(ctx, s.ID, size, 1); err != nil || !slices.Equal(first, want[:min(1, len(want))]) {
				t.Errorf("%v: first gap %v, %v", covered, first, err)
			}
			for range 10 * n {
				at := file.Span{Offset: r.Int64N(size), Size: 1 + r.Int64N(6)}
				expected := int64(-1)
				for _, by := range covered[at.Offset:min(at.End(), size)] {
					if by != 0 {
						expected = by - 1
						break
					}
				}
				there, err := store.Overlapping(ctx, s.ID, at)
				must(t, err)
				if len(there) == 0 && expected >= 0 || len(there) > 0 && there[0].Offset != expected {
					t.Errorf("%v: %v overlaps %v, expected the part at %d", covered, at, there, expected)
				}
			}
		}
	})
}

func TestUploadSessionsAreReadByIndex(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		store := db.Sessions()
		s := aSession("a", 100)
		must(t, store.Insert(ctx, s))
		keys := []blob.Key{s.Key}
		for name, fn := range map[string]func() error{
			"lock": func() error {
				return db.Tx(ctx, func(ctx context.Context) error { _, err := store.Lock(ctx, s.ID); return err })
			},
			"open":        func() error { _, err := store.Open(ctx, "u1", "", at(0)); return err },
			"holds":       func() error { _, _, err := store.Holds(ctx, blob.EmptyDigest); return err },
			"parts":       func() error { _, err := store.Parts(ctx, s.ID, 0, 10); return err },
			"overlapping": func() error { _, err := store.Overlapping(ctx, s.ID, file.Span{Offset: 1, Size: 1}); return err },
			"add and remove a part": func() error {
				if err := store.AddPart(ctx, s.ID, aPart(0, 1), file.Prefix{Size: 1}, at(1)); err != nil {
					return err
				}
				return store.RemovePart(ctx, s.ID, aPart(0, 1))
			},
			"stale":   func() error { _, err := store.Stale(ctx, at(0), at(0), 10); return err },
			"drafted": func() error { _, err := store.Drafted(ctx, keys); return err },
			"known":   func() error { _, err := db.Files().Known(ctx, keys); return err },
			"remove":  func() error { return store.Remove(ctx, []file.SessionID{"none"}) },
		} {
			t.Run(name, func(t *testing.T) { wantNoScan(t, db, func() { must(t, fn()) }) })
		}
	})
}
