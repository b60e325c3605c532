package rpc

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"io"
	"maps"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/user"
)

// Limits on tables to download.
const (
	// maxRows bounds a table: what people open in a program for tables.
	maxRows = 50_000
	// preparedFor is how long a prepared table can be fetched.
	preparedFor = 300 * time.Second
	// maxPrepared bounds the text that names a prepared table, in bytes: it
	// travels in URLs.
	maxPrepared = 32 << 10
)

// ErrPrepared is the reason for refusing the name of a prepared table.
var ErrPrepared = fault.Reason{Kind: fault.NotFound, Name: "rpc.not_prepared"}

// table is what a prepared table is made of. It travels in its name, as places
// of scrolls do: it holds on every server, and costs no memory. It is no
// secret, and gives nobody a right: the rows are read with those of whoever
// fetches them, who must be the one that prepared it.
type table struct {
	User    user.ID            `json:"u"`
	Expires int64              `json:"e"` // seconds since 1970 UTC
	Entity  string             `json:"t"`
	Columns []api.FieldMapping `json:"c"`
	Keys    api.Fields         `json:"k"`
}

func (t table) name() (string, error) {
	var b bytes.Buffer
	text, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(text); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	name := base64.RawURLEncoding.EncodeToString(b.Bytes())
	if len(name) > maxPrepared {
		return "", ErrField.Errorf("the request takes %d bytes when prepared, the limit is %d; name fewer ids", len(name), maxPrepared)
	}
	return name, nil
}

func tableOf(name string) (t table, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(name)
	if err == nil && len(name) <= maxPrepared {
		// It was at most the body of a call.
		d := json.NewDecoder(io.LimitReader(flate.NewReader(bytes.NewReader(raw)), smallBody+maxPrepared))
		d.UseNumber()
		if err = d.Decode(&t); err == nil {
			return t, nil
		}
	}
	return t, ErrPrepared.Errorf("prepare_id: there is no table of that name; prepare it anew")
}

func (h *handlers) prepareTable(_ context.Context, c Call, req api.PrepareRequest) (api.PrepareResponse, error) {
	if len(req.OnlyFields) == 0 {
		return api.PrepareResponse{}, ErrMissing.Errorf("only_fields: at least one field is required").With("field", "only_fields")
	}
	if len(req.Mappings) == 0 {
		return api.PrepareResponse{}, ErrMissing.Errorf("field_mappings: at least one column is required").With("field", "field_mappings")
	}
	seen := map[string]bool{}
	for _, m := range req.Mappings {
		if seen[m.Name] {
			return api.PrepareResponse{}, ErrField.Errorf("field_mappings: two columns are named %.60q", m.Name).With("field", "field_mappings")
		}
		seen[m.Name] = true
	}
	keys := maps.Clone(req.Keys)
	for _, own := range []string{"entity_type", "field_mappings", "page", "page_size", "start", "size", "scroll_id", "refresh_scroll"} {
		delete(keys, own)
	}
	// What can be refused is refused now.
	if _, err := projectionOf(keys, req.EntityType, true); err != nil {
		return api.PrepareResponse{}, err
	}
	if _, err := listRequest(maps.Clone(keys), nouns[req.EntityType]); err != nil {
		return api.PrepareResponse{}, err
	}
	name, err := table{c.Who.User, h.Now().Add(preparedFor).Unix(), req.EntityType, req.Mappings, keys}.name()
	return api.PrepareResponse{PrepareID: name}, err
}

func (h *handlers) downloadTable(ctx context.Context, c Call, req api.DownloadRequest) (attachment, error) {
	t, err := tableOf(req.PrepareID)
	if err != nil {
		return attachment{}, err
	}
	if t.User != c.Who.User || h.Now().Unix() >= t.Expires {
		return attachment{}, ErrPrepared.Errorf("prepare_id: the table was prepared by somebody else, or too long ago; prepare it anew")
	}
	next := h.pages(c, t)
	first, err := next(ctx)
	if err != nil {
		return attachment{}, err
	}
	name, err := h.tableName(ctx, c, t)
	if err != nil {
		return attachment{}, err
	}
	return attachment{name: name, media: "text/csv; charset=utf-8", write: func(ctx context.Context, w io.Writer) error {
		return t.write(ctx, w, first, next)
	}}, nil
}

// pages returns what reads the rows of a table, some hundreds at a time; none
// at the end.
func (h *handlers) pages(c Call, t table) func(context.Context) ([]api.Fields, error) {
	scroll, left := "", maxRows
	return func(ctx context.Context) ([]api.Fields, error) {
		if left == 0 {
			return nil, nil
		}
		keys := maps.Clone(t.Keys)
		keys["scroll_id"], keys["size"] = scroll, json.Number("500")
		var rows []api.Fields
		var err error
		if t.Entity == "model" {
			var r api.ModelsResponse
			r, err = h.findModels(ctx, c, keys, true)
			rows, scroll = r.Models, r.ScrollID
		} else {
			var r api.TasksResponse
			r, err = h.findTasks(ctx, c, keys, true)
			rows, scroll = r.Tasks, r.ScrollID
		}
		rows = rows[:min(left, len(rows))]
		left -= len(rows)
		return rows, err
	}
}

// tableName is the name of the file: with that of the project if the table is
// about one.
func (h *handlers) tableName(ctx context.Context, c Call, t table) (string, error) {
	in, err := texts("project", t.Keys["project"])
	if err != nil || len(in) != 1 {
		return "coffer-" + t.Entity + "s.csv", nil //nolint:nilerr // a filter with operators names no project
	}
	found, err := h.Projects.Many(ctx, c.Who, []project.ID{project.ID(in[0])})
	if p, ok := found[project.ID(in[0])]; ok {
		return "coffer-" + p.Basename() + "-" + t.Entity + "s.csv", err
	}
	return "coffer-" + t.Entity + "s.csv", err
}

// write writes headings and rows. Programs for tables know UTF-8 by the mark in
// front.
func (t table) write(ctx context.Context, w io.Writer, rows []api.Fields, next func(context.Context) ([]api.Fields, error)) error {
	line := make([]string, len(t.Columns))
	for i, m := range t.Columns {
		line[i] = m.Name
	}
	if len(rows) == 0 {
		out := csv.NewWriter(w)
		if err := out.Write(line); err != nil {
			return err
		}
		out.Flush()
		return out.Error()
	}
	if err := writeLine(w, "\ufeff", line); err != nil {
		return err
	}
	for len(rows) > 0 {
		for _, row := range rows {
			for i, m := range t.Columns {
				line[i] = cell(m, row)
			}
			if err := writeLine(w, "", line); err != nil {
				return err
			}
		}
		var err error
		if rows, err = next(ctx); err != nil {
			return err
		}
	}
	return nil
}

// writeLine writes a line of which every field is quoted.
func writeLine(w io.Writer, mark string, cells []string) error {
	var b strings.Builder
	b.WriteString(mark)
	for i, cell := range cells {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
	}
	b.WriteString("\r\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// cell is what a column shows of a row. Programs for tables take what begins
// with certain signs for a formula; a quote keeps them from it.
func cell(m api.FieldMapping, row api.Fields) string {
	v, _ := lookUpEscaped(row, m.Field)
	if of, ok := v.(map[string]any); ok && of["id"] != nil { // a reference
		v = of["id"]
	}
	s := shownAs(v)
	for _, as := range m.Values {
		if shownAs(as.Key) == s {
			s = shownAs(as.Value)
			break
		}
	}
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		s = "'" + s
	}
	return s
}

// lookUpEscaped is lookUp for a path as requests write it.
func lookUpEscaped(row map[string]any, path string) (any, bool) {
	var v any = row
	for part := range strings.SplitSeq(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = m[unescape(part)]; !ok {
			return nil, false
		}
	}
	return v, true
}

// shownAs writes a value for people: lists with commas.
func shownAs(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var plain any
	if d.Decode(&plain) != nil {
		return ""
	}
	items, ok := plain.([]any)
	if !ok {
		return text(plain)
	}
	parts := make([]string, len(items))
	for i, item := range items {
		parts[i] = text(item)
	}
	return strings.Join(parts, ", ")
}
