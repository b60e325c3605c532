package rpc

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/artifact"
	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/model"
	"github.com/coffer-ml/coffer/project"
	"github.com/coffer-ml/coffer/task"
)

// maxHolders is how many places of each kind are listed that use some bytes.
const maxHolders = 100

// blob tells where bytes are used.
func (h *handlers) blob(ctx context.Context, c Call) (any, error) {
	text := c.Request.PathValue("digest")
	d, err := blob.ParseDigest(strings.TrimPrefix(text, "sha256:"))
	if err != nil {
		return nil, ErrField.Wrap(err, "expected a SHA-256 in hex, got %.80q", text).With("field", "digest")
	}
	held, err := h.Lifecycle.Holders(ctx, c.Who, d, maxHolders)
	if err != nil {
		return nil, err
	}
	if len(held.Files) == 0 {
		return nil, file.ErrNotFound.Errorf("no file has the SHA-256 %s", d)
	}
	out := api.Blob{
		SHA256: string(d), Size: held.Files[0].Size, Limit: maxHolders,
		Files: []api.BlobFile{}, Artifacts: []api.FoundArtifact{}, Models: []api.BlobModel{},
	}
	created := held.Files[0].Created
	for _, g := range held.Files {
		if g.Created.Before(created) {
			created = g.Created
		}
		out.Files = append(out.Files, api.BlobFile{
			Path: string(g.Path), URL: c.at(g), Version: g.Number, Created: stamp(g.Created), User: string(g.Uploader),
		})
	}
	out.Created = stamp(created)
	if out.Artifacts, err = h.foundArtifacts(ctx, c, held.Artifacts); err != nil {
		return nil, err
	}
	for _, m := range held.Models {
		out.Models = append(out.Models, api.BlobModel{ID: string(m.ID), Name: m.Name, Version: m.Version})
	}
	return out, nil
}

// at is the address of a content of ours.
func (c Call) at(g file.Generation) string {
	address := file.Address{Path: g.Path, Text: (&url.URL{Path: "/" + string(g.Path)}).EscapedPath()}
	return fmt.Sprintf("%s?version=%d", address.Render(c.files), g.Number)
}

// usage tells how much is kept.
func (h *handlers) usage(ctx context.Context, c Call) (any, error) {
	u, err := h.Files.Usage(ctx, c.Who)
	sum := func(s file.Sum) api.Sum { return api.Sum{Count: s.Count, Bytes: s.Bytes} }
	return api.Usage{
		Blobs: sum(u.Blobs), Waiting: sum(u.Waiting), Failed: sum(u.Failed), Files: sum(u.Files), Earlier: sum(u.Earlier), Measured: stamp(u.Measured),
	}, err
}

const (
	// hits of each kind are found by a search for anything.
	hits = 5
	// maxSearch bounds the text of one, in bytes.
	maxSearch = 200
)

var idPattern = regexp.MustCompile(`^[0-9a-f]{32}$`)

// search finds things of all kinds by name, by id, and bytes by their digest:
// one query for each kind, the last updated first.
func (h *handlers) search(ctx context.Context, c Call) (any, error) {
	q := strings.TrimSpace(c.Request.URL.Query().Get("q"))
	if q == "" || len(q) > maxSearch {
		return nil, ErrField.Errorf("q: expected a text of 1 to %d bytes", maxSearch).With("field", "q")
	}
	out := api.Hits{Projects: []api.Hit{}, Tasks: []api.Hit{}, Models: []api.Hit{}, Artifacts: []api.FoundArtifact{}, More: []string{}}
	var named query.Filter
	re, err := query.Compile(regexp.QuoteMeta(q), true)
	if err != nil {
		return nil, err
	}
	named = query.Match{Field: "name", Pattern: re}
	if idPattern.MatchString(q) {
		named = query.In{Field: "id", Values: []string{q}}
	}
	latest := query.Request{Filter: named, Order: []query.Order{{Field: "last_update", Desc: true}}, Page: query.Page{Limit: hits + 1}}
	more := func(kind string, n int) int {
		if n > hits {
			out.More = append(out.More, kind)
		}
		return min(n, hits)
	}
	projects, err := h.Projects.List(ctx, c.Who, project.Query{Request: latest, Untagged: true})
	if err != nil {
		return nil, err
	}
	for _, p := range projects[:more("projects", len(projects))] {
		out.Projects = append(out.Projects, api.Hit{ID: string(p.ID), Name: p.Name, Updated: stamp(p.LastUpdate)})
	}
	tasks, err := h.Tasks.List(ctx, c.Who, task.Query{Request: latest, Parts: task.Row})
	if err != nil {
		return nil, err
	}
	for _, t := range tasks[:more("tasks", len(tasks))] {
		out.Tasks = append(out.Tasks, api.Hit{ID: string(t.ID), Name: t.Name, Project: string(t.Project), Status: string(t.Status), Type: string(t.Type), Updated: stamp(t.LastUpdate)})
	}
	models, err := h.Models.List(ctx, c.Who, model.Query{Request: latest, Parts: model.Row})
	if err != nil {
		return nil, err
	}
	for _, m := range models[:more("models", len(models))] {
		out.Models = append(out.Models, api.Hit{ID: string(m.ID), Name: m.Name, Project: string(m.Project), Updated: stamp(m.LastUpdate)})
	}
	bytes := query.Request{Filter: named, Page: query.Page{Limit: hits + 1}, Bookmark: &query.Bookmark{}}
	if d, err := blob.ParseDigest(strings.TrimPrefix(q, "sha256:")); err == nil {
		bytes.Filter = query.In{Field: "digest", Values: []string{string(d)}}
	} else if idPattern.MatchString(q) {
		bytes.Filter = query.In{Field: "task", Values: []string{q}}
	}
	found, err := h.Artifacts.Search(ctx, c.Who, artifact.Query{Request: bytes})
	if err != nil {
		return nil, err
	}
	out.Artifacts, err = h.foundArtifacts(ctx, c, found[:more("artifacts", len(found))])
	return out, err
}

// archive sends artifacts of a task as one zip file, made while it is sent.
func (h *handlers) archive(ctx context.Context, c Call) error {
	q := c.Request.URL.Query()
	id := task.ID(q.Get("task"))
	if id == "" {
		return ErrMissing.Errorf("task: the id of a task is required").With("field", "task")
	}
	mode := artifact.Mode(firstOf(q.Get("mode"), string(artifact.Output)))
	if mode != artifact.Output && mode != artifact.Input {
		return ErrField.Errorf("mode: expected output or input, got %.40q", string(mode)).With("field", "mode")
	}
	t, err := h.Tasks.Get(ctx, c.Who, id)
	if err != nil {
		return err
	}
	all, err := h.Artifacts.List(ctx, c.Who, artifact.Selection{Tasks: []task.ID{id}})
	if err != nil {
		return err
	}
	keys := q["key"]
	chosen := slices.DeleteFunc(all, func(a artifact.Artifact) bool {
		return a.Mode != mode || len(keys) > 0 && !slices.Contains(keys, a.Key)
	})
	for _, key := range keys {
		if !slices.ContainsFunc(chosen, func(a artifact.Artifact) bool { return a.Key == key }) {
			return artifact.ErrNotFound.Errorf("task %s has no %s artifact %q", id, mode, key)
		}
	}
	if len(chosen) == 0 {
		return artifact.ErrNotFound.Errorf("task %s has no %s artifacts", id, mode)
	}
	header := c.Writer.Header()
	guarded(header, sandboxed)
	header.Set("Content-Type", "application/zip")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Disposition", savedAs(firstOf(strings.Map(plainName, t.Name), "artifacts")+".zip"))
	if err := h.pack(ctx, c, chosen); err != nil {
		// Half of it is on its way: the reader must see that it broke off.
		h.Logger.WarnContext(ctx, "an archive broke off", "task", id, "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// plainName keeps what every file system takes.
func plainName(r rune) rune {
	if r < ' ' || strings.ContainsRune(`<>:"/\|?*`, r) {
		return '_'
	}
	return r
}

// pack writes the zip file. Members are not compressed: most of what tasks log
// is already, and it is to be sent as fast as it is read.
func (h *handlers) pack(ctx context.Context, c Call, chosen []artifact.Artifact) error {
	z := zip.NewWriter(c.Writer)
	taken := map[string]bool{}
	var left []string
	for _, a := range chosen {
		if a.State != artifact.Stored || a.FileNumber == 0 {
			left = append(left, fmt.Sprintf("%s: %s, %s", a.Key, a.State, a.Address.Render(c.files)))
			continue
		}
		g, err := h.Files.Stat(ctx, c.Who, a.Address.Path, file.Want{Number: a.FileNumber})
		if err != nil {
			return err
		}
		name := path.Join(strings.Map(plainName, a.Key), strings.Map(plainName, g.Path.Base()))
		for i := 2; taken[name] || strings.HasPrefix(name, ".."); i++ {
			name = path.Join(fmt.Sprintf("%s %d", strings.Map(plainName, strings.ReplaceAll(a.Key, ".", "_")), i), strings.Map(plainName, g.Path.Base()))
		}
		taken[name] = true
		if err := h.packOne(ctx, c, z, name, g); err != nil {
			return err
		}
	}
	if len(left) > 0 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: "NOT INCLUDED.txt", Method: zip.Store})
		if err == nil {
			_, err = io.WriteString(w, "The bytes of these are not here:\n"+strings.Join(left, "\n")+"\n")
		}
		if err != nil {
			return err
		}
	}
	return z.Close()
}

func (h *handlers) packOne(ctx context.Context, c Call, z *zip.Writer, name string, g file.Generation) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: g.Created})
	if err != nil {
		return err
	}
	content, err := h.Files.Open(ctx, c.Who, g)
	if err != nil {
		return err
	}
	n, err := io.Copy(w, content)
	if cerr := content.Close(); err == nil {
		err = cerr
	}
	if err == nil && n != g.Size {
		err = fmt.Errorf("%s has %d bytes in place of %d", name, n, g.Size)
	}
	return err
}
