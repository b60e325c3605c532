package sqlstore_test

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/sqlstore"
)

func TestVolumes(t *testing.T) {
	ctx := context.Background()
	onEach(t, func(t *testing.T, db *sqlstore.DB) {
		store := db.Volumes()
		if all, err := store.All(ctx); err != nil || len(all) != 0 {
			t.Fatalf("%v, %v", all, err)
		}
		var made []file.Volume
		for _, mark := range []string{"b", "a"} {
			must(t, db.Tx(ctx, func(ctx context.Context) error {
				v, err := store.Add(ctx, file.Volume{Mark: mark, Location: "at " + mark, Created: at(1)})
				made = append(made, v)
				return err
			}))
		}
		made[1].Location, made[1].Marked = "moved", at(2)
		must(t, store.Note(ctx, made[1]))
		all, err := store.All(ctx)
		must(t, err)
		want := []file.Volume{{ID: 1, Mark: "b", Location: "at b", Created: at(1)}, {ID: 2, Mark: "a", Location: "moved", Created: at(1), Marked: at(2)}}
		if !reflect.DeepEqual(all, want) {
			t.Errorf("got %+v", all)
		}

		files := db.Files()
		add := func(in file.VolumeID, content string) (b file.Bytes) {
			must(t, db.Tx(ctx, func(ctx context.Context) (err error) {
				b, err = files.AddBlob(ctx, blob.Object{Key: blob.NewKey(), Digest: sumOf(content), Size: int64(len(content))}, in, at(0))
				return err
			}))
			return b
		}
		one, two, other := add(1, "one"), add(1, "three"), add(2, "of the other")
		failed := add(1, "failed")
		must(t, db.Tx(ctx, func(ctx context.Context) error {
			_, err := files.Lose(ctx, failed.Key)
			return err
		}))
		s := aSession("open", 10)
		s.Volume = 2
		must(t, db.Sessions().Insert(ctx, s))
		if got, err := db.Sessions().Get(ctx, s.ID); err != nil || got.Volume != 2 {
			t.Errorf("the session is in volume %d, %v", got.Volume, err)
		}
		movable := func(of file.VolumeID, after int64, limit int, want ...file.Bytes) {
			t.Helper()
			if got, err := files.Movable(ctx, of, after, limit); err != nil || !slices.Equal(got, want) {
				t.Errorf("movable from %d: %v, %v", of, got, err)
			}
		}
		movable(1, 0, 10, one, two)
		movable(1, 0, 1, one)
		movable(1, one.ID, 10, two)
		movable(2, 0, 10, other)
		movable(3, 0, 10)

		relocate := func(b file.Bytes, to file.VolumeID, key blob.Key, want bool) {
			t.Helper()
			must(t, db.Tx(ctx, func(ctx context.Context) error {
				got, err := files.Relocate(ctx, b, to, key, at(5))
				if got != want {
					t.Errorf("relocated: %v", got)
				}
				return err
			}))
		}
		relocate(one, 2, other.Key, false) // somebody has that key
		key := blob.NewKey()
		relocate(one, 2, key, true)
		relocate(one, 2, blob.NewKey(), false) // it is not there any more
		relocate(failed, 2, blob.NewKey(), false)
		moved := one
		moved.Volume, moved.Key = 2, key
		movable(1, 0, 10, two)
		movable(2, 0, 10, moved, other)
		if known, err := files.Known(ctx, []blob.Key{one.Key, key}); err != nil || len(known) != 2 {
			t.Errorf("known are %v, %v", known, err)
		}
		tally, err := store.Tally(ctx)
		must(t, err)
		if w := []file.Tally{
			{Volume: want[0], Blobs: 1, Bytes: 5, Left: 1, Failed: 1},
			{Volume: want[1], Blobs: 2, Bytes: 15, Uploads: 1},
		}; !reflect.DeepEqual(tally, w) {
			t.Errorf("got %+v", tally)
		}
		for want, before := range []int{5, 6} {
			var doomed []file.Bytes
			must(t, db.Tx(ctx, func(ctx context.Context) (err error) {
				doomed, err = files.Doom(ctx, at(before), 10)
				return err
			}))
			if len(doomed) != want || want == 1 && (doomed[0].Key != one.Key || doomed[0].Volume != 1) {
				t.Errorf("before %d: %+v", before, doomed)
			}
		}
	})
}
