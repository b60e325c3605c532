package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// screen writes what a newcomer sees first.
type screen struct {
	out   *os.File
	style bool
}

// newScreen styles its text on a terminal, unless NO_COLOR asks for none.
func newScreen(out *os.File) screen {
	info, err := out.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	return screen{out: out, style: terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// Text styles as terminals know them.
const (
	bold  = "1"
	dim   = "2"
	red   = "31"
	green = "32"
)

func (s screen) styled(style, text string) string {
	if !s.style {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// printf writes; a terminal that went away is nothing to report to it.
func (s screen) printf(format string, args ...any) { _, _ = fmt.Fprintf(s.out, format, args...) }

func (s screen) title(name, what string) {
	s.printf("\n  %s  %s\n\n", s.styled(bold, name), s.styled(dim, what))
}

// step shows what is being done, and how long it took once it is done.
func (s screen) step(what string, do func() error) error {
	s.printf("  %-40s", what)
	begin := time.Now()
	if err := do(); err != nil {
		s.printf("\n")
		return err
	}
	s.printf("%s\n", s.styled(dim, fmt.Sprintf("%6.2f s", time.Since(begin).Seconds())))
	return nil
}

func (s screen) table(rows []row) {
	const line = "  %-24s%-18s%10s   %-14s%s%s%s\n"
	group := ""
	for _, r := range rows {
		if r.group != group {
			group = r.group
			head := fmt.Sprintf(line, "Logged by "+group, "type", "size", "SHA-256", "by Python  ", "by Go    ", "server")
			s.printf("\n%s", s.styled(dim, head))
		}
		s.printf(line, r.name, r.kind, size(r.size), short(r.digest),
			s.verdict(r.python, 11), s.verdict(r.golang, 9), s.verdict(r.state, 0))
	}
	notes := []string{
		"equal     the value read is the value logged",
		"bytes     the format is Python's own: Go compares the bytes",
		"empty     the SDK gives nothing for an empty file",
		"address   only an address was recorded, its bytes stay where they are",
		"SHA-256   the same in the record, both downloads, the ETag and the server's list",
	}
	s.printf("\n  %s\n\n", s.styled(dim, strings.Join(notes, "\n  ")))
}

func (s screen) last(text string) {
	s.printf("  %s\n\n", s.styled(bold, text))
}

// verdict pads a word and shows at a glance whether it is a good one.
func (s screen) verdict(word string, width int) string {
	padded := fmt.Sprintf("%-*s", width, word)
	switch word {
	case equal, sameBytes, empty, address, "stored", "external":
		return s.styled(green, padded)
	}
	return s.styled(red, padded)
}

func short(digest string) string {
	if digest == "" {
		return "-"
	}
	return digest[:min(12, len(digest))]
}

// size is for people: decimal units, three digits at most before the unit.
func size(n int64) string {
	switch {
	case n < 0:
		return "-"
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
