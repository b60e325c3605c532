package sqlstore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/user"
)

// acting returns a context in which somebody does something.
func acting(who user.ID, action string) context.Context {
	return user.WithAct(context.Background(), user.Act{Who: user.Identity{User: who}, Action: action})
}

func auditOf(t *testing.T, db *sqlstore.DB, q user.AuditQuery) []user.Entry {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 1000
	}
	got, err := db.Users().Audit(context.Background(), q)
	must(t, err)
	return got
}

func TestTheAuditIsWrittenWithItsTransaction(t *testing.T) {
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		ctx := acting("u1", "make")
		err := db.Tx(ctx, func(ctx context.Context) error {
			must(t, db.Users().SetSetting(ctx, "never", "kept"))
			user.Note(ctx, user.TaskObject, "never", "")
			return errOops
		})
		wantIs(t, err, errOops)
		if got := auditOf(t, db, user.AuditQuery{}); len(got) != 0 {
			t.Errorf("what was taken back is told: %+v", got)
		}
		must(t, db.Tx(ctx, func(ctx context.Context) error {
			user.Note(ctx, user.TaskObject, "t1", "")
			user.Note(ctx, user.TaskObject, "t1", "")
			user.Note(ctx, user.TaskObject, "t2", "output artifact a")
			return nil
		}))
		got := auditOf(t, db, user.AuditQuery{})
		if len(got) != 2 || got[1].Object != "t1" || got[0].Object != "t2" || got[0].Part != "output artifact a" || got[0].User != "u1" || got[0].Action != "make" {
			t.Errorf("%+v", got)
		}
		must(t, db.Users().SetSetting(ctx, "a", "b"))
		if got := auditOf(t, db, user.AuditQuery{}); len(got) != 3 || got[0].Kind != "" {
			t.Errorf("a change of which nobody said what it changes: %+v", got)
		}
		must(t, db.Users().SetSetting(context.Background(), "a", "c"))
		must(t, db.Users().SetSetting(user.WithAct(ctx, user.Act{Who: user.Server, Action: "sweep"}), "a", "d"))
		if got := auditOf(t, db, user.AuditQuery{}); len(got) != 3 {
			t.Errorf("what nobody asked for is told: %+v", got)
		}
	})
}

func TestObjectsWithEndlessNamesAreFoundInTheAudit(t *testing.T) {
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		long := strings.Repeat("ä", 4000)
		for _, id := range []string{long + "1", long + "2"} {
			must(t, db.Tx(acting("u1", "upload"), func(ctx context.Context) error {
				user.Note(ctx, user.FileObject, id, "")
				return nil
			}))
		}
		if got := auditOf(t, db, user.AuditQuery{Object: long + "2"}); len(got) != 1 || !strings.HasPrefix(got[0].Object, "ää") {
			t.Errorf("%+v", got)
		}
	})
}

func TestTheAuditIsPrunedFromItsBeginning(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		for i := range 10 {
			sqlstore.SetNow(db, func() time.Time { return at(i) })
			must(t, db.Tx(acting("u1", fmt.Sprint(i)), func(ctx context.Context) error {
				user.Note(ctx, user.TaskObject, "t", "")
				return nil
			}))
		}
		n, err := db.Users().DropAudit(ctx, at(6), 4)
		must(t, err)
		if got := auditOf(t, db, user.AuditQuery{}); n != 4 || len(got) != 6 || got[5].Action != "4" {
			t.Errorf("%d removed, left %+v", n, got)
		}
		n, err = db.Users().DropAudit(ctx, at(6), 4)
		must(t, err)
		if n != 2 {
			t.Errorf("%d removed", n)
		}
	})
}

func TestTheAuditIsReadByItsIndexes(t *testing.T) {
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		for name, q := range map[string]user.AuditQuery{
			"all":          {},
			"a page":       {After: &user.AuditPlace{At: at(5), ID: 7}},
			"of an object": {Object: "t", Kind: user.TaskObject},
			"by somebody":  {User: "u1"},
			"in a name":    {As: "u1"},
			"in a time":    {Since: at(1), Until: at(2)},
		} {
			t.Run(name, func(t *testing.T) { wantNoScan(t, db, func() { auditOf(t, db, q) }) })
		}
	})
}
