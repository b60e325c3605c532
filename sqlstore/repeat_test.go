package sqlstore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/blob/mem"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/user"
)

// The Python SDK sends all artifacts of a task with every upload: of two
// thousand with long previews only the new one may cause writes, as many as
// when it is sent alone.
func TestOnlyWhatIsNewIsWritten(t *testing.T) {
	const (
		many    = 2000
		preview = 64 << 10 // the most that the SDK keeps
		atOnce  = 200
	)
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		clock := func() time.Time { return at(0) }
		n := nounsOn(db, &mem.Store{Now: clock}, clock, time.Hour)
		of := n.newTask(t, "train")
		logged := func(i int) artifact.Spec {
			v := aVersion(int64(1 + i))
			v.Preview = strings.Repeat(fmt.Sprintf("%016d", i), preview/16)
			return artifact.Spec{Ref: output(fmt.Sprintf("artifact %04d", i)), Version: v}
		}
		all := make([]artifact.Spec, many)
		for i := range all {
			all[i] = logged(i)
		}
		for i := 0; i < many; i += atOnce {
			added, err := n.artifacts.Register(ctx, user.Operator, of, all[i:i+atOnce])
			if err != nil || added != atOnce {
				t.Fatalf("%d added, %v", added, err)
			}
		}
		counted := db.CountWrites()
		writes := func(what string, specs []artifact.Spec, added int) int64 {
			t.Helper()
			counted.Store(0)
			if got, err := n.artifacts.Register(ctx, user.Operator, of, specs); err != nil || got != added {
				t.Fatalf("%s: %d added, %v", what, got, err)
			}
			return counted.Load()
		}
		alone := writes("one new item", []artifact.Spec{logged(many)}, 1)
		all = append(all, logged(many), logged(many+1))
		whole := writes("the whole list with one new item", all, 1)
		if alone == 0 || whole != alone {
			t.Errorf("the whole list caused %d writes, its new item alone causes %d", whole, alone)
		}
		if again := writes("the whole list again", all, 0); again != 0 {
			t.Errorf("a list without anything new caused %d writes", again)
		}
	})
}
