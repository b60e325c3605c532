package fault_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/coffer-ml/coffer/internal/fault"
)

var errGone = fault.Reason{Kind: fault.NotFound, Name: "test.gone"}

func TestFaultIsFoundByItsReason(t *testing.T) {
	for name, err := range map[string]error{
		"bare reason": errGone,
		"fault":       errGone.Errorf("no %s", "cat"),
		"wrapped":     fmt.Errorf("feed: %w", errGone.Wrap(io.EOF, "no cat")),
		"joined":      errors.Join(nil, errGone.Errorf("no cat")),
	} {
		if !errors.Is(err, errGone) {
			t.Errorf("%s: %v is not the reason it was made from", name, err)
		}
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: kind %v", name, fault.KindOf(err))
		}
		if errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s: matches a reason it was not made from", name)
		}
	}
}

func TestOfHidesWhatIsNoFault(t *testing.T) {
	f := fault.Of(errors.New("secret of the driver"))
	if f.Reason != fault.ErrInternal || f.Message != "internal error" {
		t.Errorf("got %v %q", f.Reason, f.Message)
	}
	if fault.Of(nil) != nil {
		t.Error("nil became a fault")
	}
}

func TestCauseIsKeptForTheLogOnly(t *testing.T) {
	f := errGone.Wrap(io.ErrUnexpectedEOF, "no cat").With("name", "Tom")
	if f.Message != "no cat" || f.Error() != "no cat: unexpected EOF" || f.Data["name"] != "Tom" {
		t.Errorf("message %q, text %q, data %v", f.Message, f.Error(), f.Data)
	}
	if !errors.Is(f, io.ErrUnexpectedEOF) {
		t.Error("the cause is lost")
	}
}

func TestEveryKindHasAName(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range fault.Kinds() {
		if k.String() == "" || seen[k.String()] {
			t.Errorf("kind %d is called %q", k, k)
		}
		seen[k.String()] = true
	}
}

func TestMessagesAreBounded(t *testing.T) {
	sent := strings.Repeat("ä", 1<<20)
	for _, e := range []*fault.Error{fault.ErrInvalid.Errorf("no task %s", sent), fault.ErrInvalid.Wrap(errors.New("cause"), "no task %s", sent)} {
		if len(e.Message) > 1100 || !strings.HasPrefix(e.Message, "no task ä") || !strings.HasSuffix(e.Message, "...") || !utf8.ValidString(e.Message) {
			t.Errorf("%d bytes, %.50q", len(e.Message), e.Message)
		}
	}
}
