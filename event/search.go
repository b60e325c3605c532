package event

import (
	"context"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/user"
)

// maxFound bounds the text of a line that was found, in bytes.
const maxFound = 4096

// LogSearch asks which lines of a console log match a pattern. Lines are those
// that a terminal would show: an event holds many, without colours, and of one
// that was written over only what stood there last.
type LogSearch struct {
	Pattern query.Regexp
	After   int // the number of the line to go on behind; 0 begins
	Limit   int
}

// FoundLine is a line that matches. Lines are counted from 1.
type FoundLine struct {
	Line      int
	Timestamp int64
	Text      string // its beginning, if it is long
}

// LogFound is what a search found: a part of the lines, and how many there are.
type LogFound struct {
	Lines   []FoundLine
	Matches int
	Of      int // lines of the log
}

// SearchLog looks through a whole console log, oldest line first.
func (s *Service) SearchLog(ctx context.Context, who user.Identity, t Target, q LogSearch) (out LogFound, err error) {
	if err := within("limit", q.Limit, MaxPage); err != nil {
		return out, err
	}
	err = s.EachLog(ctx, who, t, func(events []Event) error {
		for _, e := range events {
			for line := range terminalLines(e.Msg) {
				out.Of++
				if !q.Pattern.MatchString(line) {
					continue
				}
				out.Matches++
				if out.Of > q.After && len(out.Lines) < q.Limit {
					out.Lines = append(out.Lines, FoundLine{Line: out.Of, Timestamp: e.Timestamp, Text: cut(line, maxFound)})
				}
			}
		}
		return ctx.Err()
	})
	return out, err
}

// controls are the sequences by which programs colour what they print.
var controls = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]|\x1b\\][^\x07]*\x07|[\x00-\x08\x0b\x0c\x0e-\x1f]")

// terminalLines yields the lines of a text as a terminal would leave them.
func terminalLines(text string) func(func(string) bool) {
	return func(yield func(string) bool) {
		text = strings.TrimSuffix(text, "\n")
		for line := range strings.SplitSeq(text, "\n") {
			line = strings.TrimRight(line, "\r")
			line = line[strings.LastIndexByte(line, '\r')+1:]
			if !yield(controls.ReplaceAllString(line, "")) {
				return
			}
		}
	}
}

// cut shortens a text to at most n bytes of whole characters.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + "…"
}
