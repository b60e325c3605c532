package local_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/blob/blobtest"
	"github.com/coffer-ml/coffer/blob/local"
)

func TestPiecesAreSyncedBeforeTheyAreAcknowledged(t *testing.T) {
	var steps []string
	s := open(t, local.Config{Trace: func(step local.Step, path string) {
		text := string(step)
		if step == local.SyncedDir {
			text += " " + filepath.Base(path)
		}
		steps = append(steps, text)
	}})
	key := blob.Key(strings.Repeat("ab", 16))
	for _, c := range []struct {
		expectation string
		do          func() error
		want        []string
	}{
		{"the first piece makes the draft's entry durable, too", func() error {
			_, err := s.WriteDraft(t.Context(), key, 5, strings.NewReader("world"))
			return err
		}, []string{"write", "sync", "syncdir drafts"}},
		{"later pieces need no more than themselves", func() error {
			_, err := s.WriteDraft(t.Context(), key, 0, strings.NewReader("hello"))
			return err
		}, []string{"write", "sync"}},
		{"the whole is linked when it is on disk", func() error {
			return s.FinishDraft(t.Context(), key, 10)
		}, []string{"sync", "link", "syncdir ab", "unlink"}},
		{"finishing again makes sure", func() error {
			return s.FinishDraft(t.Context(), key, 10)
		}, []string{"syncdir ab"}},
	} {
		steps = nil
		if err := c.do(); err != nil {
			t.Fatalf("%s: %v", c.expectation, err)
		}
		if !slices.Equal(steps, c.want) {
			t.Errorf("%s: %v, want %v", c.expectation, steps, c.want)
		}
	}
}

// What was acknowledged is there for the next process, and a crash between
// linking and removing leaves a draft that finishing again removes.
func TestDraftsSurviveReopening(t *testing.T) {
	dir := t.TempDir()
	content := blobtest.Bytes(200_000, 1)
	key := blob.NewKey()
	if _, err := open(t, local.Config{Dir: dir}).WriteDraft(t.Context(), key, 100_000, bytes.NewReader(content[100_000:])); err != nil {
		t.Fatal(err)
	}
	s := open(t, local.Config{Dir: dir})
	if _, err := s.WriteDraft(t.Context(), key, 0, bytes.NewReader(content[:100_000])); err != nil {
		t.Fatal(err)
	}
	draft := filepath.Join(dir, "drafts", string(key))
	if err := os.Link(draft, draft+".crashed"); err != nil {
		t.Fatal(err)
	}
	if err := s.FinishDraft(t.Context(), key, 200_000); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(draft+".crashed", draft); err != nil {
		t.Fatal(err)
	}
	if err := open(t, local.Config{Dir: dir}).FinishDraft(t.Context(), key, 200_000); err != nil {
		t.Fatal(err)
	}
	object := filepath.Join(dir, "objects", string(key[:2]), string(key))
	if left := files(t, dir); !slices.Equal(left, []string{object}) {
		t.Errorf("left: %v", left)
	}
	if got, err := os.ReadFile(object); err != nil || !bytes.Equal(got, content) {
		t.Errorf("other bytes, %v", err)
	}
}
