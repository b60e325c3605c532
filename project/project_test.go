package project_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/project"
)

func TestNormalise(t *testing.T) {
	for _, c := range []struct {
		in, want string
		err      fault.Reason
	}{
		{in: "vision", want: "vision"},
		{in: "a", want: "a"},
		{in: "/a//b/ c /", want: "a/b/c"},
		{in: "prüf #1/漢字", want: "prüf #1/漢字"},
		{in: "", err: project.ErrBadName},
		{in: " / / ", err: project.ErrBadName},
		{in: "a\x00b", err: project.ErrBadName},
		{in: "a\xffb", err: project.ErrBadName},
		{in: strings.Repeat("x", project.MaxElement), want: strings.Repeat("x", project.MaxElement)},
		{in: strings.Repeat("x", project.MaxElement+1), err: project.ErrBadName},
		{in: strings.Repeat("a/", project.MaxDepth), want: strings.Repeat("a/", project.MaxDepth-1) + "a"},
		{in: strings.Repeat("a/", project.MaxDepth+1), err: project.ErrTooDeep},
	} {
		got, err := project.Normalise(c.in)
		if got != c.want || (c.err == fault.Reason{}) != (err == nil) || err != nil && !errors.Is(err, c.err) {
			t.Errorf("%.40q: got %.40q, %v; want %.40q, %v", c.in, got, err, c.want, c.err)
		}
	}
}

func TestBasename(t *testing.T) {
	for name, want := range map[string]string{"a": "a", "a/b/c": "c"} {
		if got := (project.Project{Name: name}).Basename(); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestTags(t *testing.T) {
	if got := project.SortTags([]string{"b", "a", "b"}); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("kept as %v", got)
	}
	if err := project.CheckTags([]string{"ok", "__$all"}); !errors.Is(err, project.ErrBadTag) {
		t.Errorf("an operator passes as a tag: %v", err)
	}
	longest := strings.Repeat("x", project.MaxTag)
	if err := project.CheckTags([]string{longest}); err != nil {
		t.Errorf("the longest tag is refused: %v", err)
	}
	if err := project.CheckTags([]string{longest + "x"}); !errors.Is(err, project.ErrBadTag) {
		t.Errorf("a longer tag passes: %v", err)
	}
}
