package preview

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"
)

const (
	// usualLines are shown unless others are asked for.
	usualLines = 500
	maxLines   = 5000
	// pageBytes bounds the text of one page.
	pageBytes = 256 << 10
	// lineBytes is how much of one line is shown.
	lineBytes = 16 << 10
)

// TextView is a page of lines.
type TextView struct {
	Language string `json:"language,omitempty"`
	// From is the number of the first line that is shown, from 0.
	From  int64    `json:"from"`
	Lines []string `json:"lines"`
	// Cut names lines, from 0, of which only the beginning is shown.
	Cut []int64 `json:"cut,omitempty"`
	// More says that there are lines behind the page.
	More bool `json:"more"`
}

// languages by extension, for colours.
var languages = map[string]string{
	".py": "python", ".pyi": "python", ".go": "go", ".js": "javascript", ".mjs": "javascript", ".jsx": "javascript", ".ts": "typescript",
	".tsx": "typescript", ".c": "c", ".h": "c", ".cc": "cpp", ".cpp": "cpp", ".hpp": "cpp", ".cu": "cpp", ".java": "java", ".rs": "rust",
	".rb": "ruby", ".r": "r", ".jl": "julia", ".sql": "sql", ".sh": "shell", ".bash": "shell", ".zsh": "shell", ".ps1": "powershell",
	".toml": "toml", ".ini": "ini", ".cfg": "ini", ".conf": "ini", ".xml": "xml", ".css": "css", ".scss": "css", ".md": "markdown",
	".rst": "rst", ".tex": "latex", ".json": "json", ".jsonl": "json", ".yaml": "yaml", ".yml": "yaml", ".html": "html", ".htm": "html",
	".svg": "xml", ".diff": "diff", ".patch": "diff", ".lua": "lua", ".pl": "perl", ".php": "php", ".scala": "scala", ".kt": "kotlin",
	".swift": "swift", ".proto": "protobuf", ".dockerfile": "dockerfile", ".txt": "text", ".log": "text", ".csv": "text", ".tsv": "text",
	".env": "ini", ".properties": "ini", ".gradle": "groovy", ".tf": "hcl", ".ndjson": "json",
}

// language guesses what a text is written in: by its name, else by its first line.
func language(name string, head []byte) string {
	name = strings.ToLower(name)
	switch name {
	case "dockerfile":
		return "dockerfile"
	case "makefile":
		return "makefile"
	}
	if l := languages[path.Ext(name)]; l != "" {
		return l
	}
	first, _, _ := bytes.Cut(head, []byte("\n"))
	if bytes.HasPrefix(first, []byte("#!")) {
		for _, known := range []struct{ word, language string }{{"python", "python"}, {"bash", "shell"}, {"/sh", "shell"}, {"node", "javascript"}, {"ruby", "ruby"}, {"perl", "perl"}} {
			if bytes.Contains(first, []byte(known.word)) {
				return known.language
			}
		}
	}
	for _, known := range []struct{ begin, language string }{{"diff --git", "diff"}, {"<?xml", "xml"}, {"<?php", "php"}, {"<!doctype html", "html"}} {
		if bytes.HasPrefix(bytes.ToLower(head[:min(len(head), 64)]), []byte(known.begin)) {
			return known.language
		}
	}
	return "text"
}

func (v *view) text(p *Preview, f piece) error {
	head, err := f.head(1 << 10)
	if err != nil {
		return err
	}
	out := &TextView{Language: language(f.name, head), Lines: []string{}}
	p.Text = out
	page := v.query.Rows.or(usualLines, maxLines, 1<<62)
	out.From = page.From
	in := bufio.NewReaderSize(f.from(0), block)
	size := 0
	for n := int64(0); ; n++ {
		line, cut, err := readLine(in)
		if errors.Is(err, io.EOF) {
			if n < page.From {
				out.From = n
			}
			break
		}
		if err != nil {
			return err
		}
		if n < page.From {
			continue
		}
		if n >= page.To || size > pageBytes {
			out.More = true
			break
		}
		if cut {
			out.Cut = append(out.Cut, n)
		}
		size += len(line)
		out.Lines = append(out.Lines, strings.ToValidUTF8(line, "\uFFFD"))
	}
	p.Title = out.Language
	if !out.More && out.From == 0 {
		p.Title += ", " + plural(len(out.Lines), "line")
	}
	return nil
}

// readLine reads a line without its end, of a long one the beginning.
func readLine(in *bufio.Reader) (line string, cut bool, err error) {
	var b []byte
	for {
		part, err := in.ReadSlice('\n')
		if room := lineBytes - len(b); len(part) > room && len(bytes.TrimRight(part, "\r\n")) > room {
			cut = true
			part = part[:room]
		}
		b = append(b, part...)
		switch {
		case err == nil, errors.Is(err, io.EOF) && len(b) > 0:
			return string(bytes.TrimRight(b, "\r\n")), cut, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return "", false, err
		}
	}
}

// page shows the source of a web page; the page itself is shown by Page, in a
// sandbox.
func (v *view) page(p *Preview, f piece) error {
	if err := v.text(p, f); err != nil {
		return err
	}
	p.Title = "HTML page"
	if f.size > MaxPage {
		p.Warning = "Pages of more than " + strconv.Itoa(MaxPage>>20) + " MiB are shown as text alone."
	}
	return nil
}

// MaxPage is the size of a page that is shown as one, in bytes.
const MaxPage = 5 << 20
