package fileserver

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/door"
)

// SessionsPath is where uploads in parts are served, beside the API: below the
// root of the files any path may be somebody's file.
const SessionsPath = "/uploads"

// sessions serves uploads in parts; docs/protocol/uploads.md has the protocol.
type sessions struct{ handler }

// NewSessions returns the handler of uploads in parts. Prefix is what may
// stand before SessionsPath in the path.
func NewSessions(cfg Config) http.Handler {
	h := &sessions{handler{Config: cfg}}
	h.routes = byName(h.table())
	return h
}

// target is what the path of a request names.
type target struct {
	session file.SessionID
	offset  int64
}

// table lists what can be done with uploads in parts.
func (h *sessions) table() []route {
	return []route{
		{"POST /uploads", door.Member, "uploads.open", h.open},
		{"GET /uploads", door.Guest, "uploads.list", h.list},
		{"GET /uploads/{id}", door.Guest, "uploads.get", h.show},
		{"DELETE /uploads/{id}", door.Member, "uploads.abort", h.abort},
		{"PUT /uploads/{id}/parts/{offset}", door.Member, "uploads.put_part", h.put},
		{"DELETE /uploads/{id}/parts/{offset}", door.Member, "uploads.delete_part", h.takeBack},
		{"POST /uploads/{id}/commit", door.Member, "uploads.commit", h.commit},
	}
}

// SessionRoutes lists what is served of uploads in parts.
func SessionRoutes() []door.Route { return described((&sessions{}).table()) }

// ServeHTTP implements http.Handler.
func (h *sessions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h.serve(w, r); err != nil {
		h.fail(w, r, err)
	}
}

func (h *sessions) serve(w http.ResponseWriter, r *http.Request) error {
	if err := h.ready(); err != nil {
		return err
	}
	place, of, err := where(strings.TrimPrefix(r.URL.Path, h.Prefix))
	if err != nil {
		return err
	}
	route, ok := h.routes[r.Method+" "+place]
	if !ok {
		w.Header().Set("Allow", strings.Join(h.methods(place), ", "))
		return errMethod.Errorf("%s is not offered here", r.Method)
	}
	return h.run(w, r, route, request{upload: of})
}

// methods lists what a place offers.
func (h *sessions) methods(place string) (out []string) {
	for _, route := range h.routes {
		if method, at, _ := strings.Cut(route.name, " "); at == place {
			out = append(out, method)
		}
	}
	slices.Sort(out)
	return out
}

// where finds what a path names: a place of the table, and which one there.
func where(path string) (place string, of target, err error) {
	steps := strings.Split(strings.TrimPrefix(path, SessionsPath), "/") // the first one is empty
	if len(steps) > 1 {
		of.session = file.SessionID(steps[1])
	}
	switch {
	case len(steps) == 1:
		return SessionsPath, of, nil
	case len(steps) == 2:
		return SessionsPath + "/{id}", of, nil
	case len(steps) == 3 && steps[2] == "commit":
		return SessionsPath + "/{id}/commit", of, nil
	case len(steps) == 4 && steps[2] == "parts":
		if of.offset, err = strconv.ParseInt(steps[3], 10, 64); err != nil || of.offset < 0 {
			return "", of, errBody.Errorf("a part is named by the offset of its first byte, a whole number from 0 on; got %.40q", steps[3])
		}
		return SessionsPath + "/{id}/parts/{offset}", of, nil
	}
	return "", of, file.ErrNotFound.Errorf("there is nothing at %.200q; uploads in parts are %s, %[2]s/{id}, %[2]s/{id}/parts/{offset} and %[2]s/{id}/commit", path, SessionsPath)
}

// maxSpec bounds what a session is begun or committed with: a path may become
// six times as long in JSON.
const maxSpec = 64 << 10

// read decodes a small JSON body.
func read(w http.ResponseWriter, r *http.Request, into any, expected string) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxSpec))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return errBodyLimit.Errorf("the body has more than %d bytes; expected %s", maxSpec, expected)
	}
	if err != nil {
		return errBody.Wrap(err, "the body is not what was expected: %s", expected)
	}
	return nil
}

func digest(field, text string) (blob.Digest, error) {
	if text == "" {
		return "", nil
	}
	d, err := blob.ParseDigest(text)
	if err != nil {
		return "", blob.ErrDigest.Wrap(err, "%s: expected a SHA-256 as 64 hex digits, got %.80q", field, text)
	}
	return d, nil
}

// open begins an upload in parts, or finds the one that it goes on with.
func (h *sessions) open(w http.ResponseWriter, r request) error {
	var asked api.UploadSpec
	if err := read(w, r.Request, &asked, `{"path": "...", "size": bytes, "sha256": "..."}`); err != nil {
		return err
	}
	if asked.Size == nil {
		return errBody.Errorf("size: the size of the whole file in bytes is required")
	}
	spec := file.SessionSpec{Size: *asked.Size}
	var err error
	if spec.Path, err = file.ParsePath(asked.Path); err != nil {
		return err
	}
	if spec.Digest, err = digest("sha256", asked.SHA256); err != nil {
		return err
	}
	p, begun, err := h.Files.OpenSession(r.Context(), r.who, spec)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if begun {
		status = http.StatusCreated
	}
	w.Header().Set("Location", strings.TrimPrefix(SessionsPath, "/")+"/"+string(p.ID)) // relative: a proxy may have a prefix
	h.json(w, r.Request, status, shown(p))
	return nil
}

func (h *sessions) list(w http.ResponseWriter, r request) error {
	var p file.Path
	var err error
	if raw := r.URL.Query().Get("path"); raw != "" {
		if p, err = file.ParsePath(raw); err != nil {
			return err
		}
	}
	open, err := h.Files.OpenSessions(r.Context(), r.who, p)
	if err != nil {
		return err
	}
	out := api.UploadList{Uploads: make([]api.Upload, len(open))}
	for i, o := range open {
		out.Uploads[i] = shown(file.Progress{Session: o})
		out.Uploads[i].Missing = nil // each has them at its own address
	}
	h.json(w, r.Request, http.StatusOK, out)
	return nil
}

// show tells what an upload has and lacks, with its parts from ?from= on.
func (h *sessions) show(w http.ResponseWriter, r request) error {
	from, err := offset(r.URL.Query())
	if err != nil {
		return err
	}
	p, err := h.Files.Session(r.Context(), r.who, r.upload.session)
	if err != nil {
		return err
	}
	parts, err := h.Files.Parts(r.Context(), p.Session, from)
	if err != nil {
		return err
	}
	out := shown(p)
	for _, x := range parts {
		out.Parts = append(out.Parts, shownPart(x))
	}
	if len(parts) == file.MaxListed {
		next := parts[len(parts)-1].End()
		out.NextPart = &next
	}
	h.json(w, r.Request, http.StatusOK, out)
	return nil
}

func offset(query url.Values) (int64, error) {
	s := query.Get("from")
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, errBody.Errorf("from: expected a whole number from 0 on, got %.40q", s)
	}
	return n, nil
}

// put takes the bytes of one part. How many there are must be told before
// they come, so that they never run into the next part.
func (h *sessions) put(w http.ResponseWriter, r request) error {
	if err := plainEncoding(r.Request); err != nil {
		return err
	}
	if r.ContentLength < 0 {
		return errLength.Errorf("a part needs a Content-Length")
	}
	promised, err := digest(digestHeader, r.Header.Get(digestHeader))
	if err != nil {
		return err
	}
	at := file.Span{Offset: r.upload.offset, Size: r.ContentLength}
	stored, err := h.Files.PutPart(r.Context(), r.who, r.upload.session, at, &bodyErrors{r: r.Body, broken: brokenPart}, promised)
	if err != nil {
		return err
	}
	if h.Received != nil {
		h.Received(stored.Size)
	}
	h.json(w, r.Request, http.StatusOK, shownPart(stored))
	return nil
}

func brokenPart(err error) error {
	if errors.Is(err, door.ErrTooSlow) {
		return err
	}
	return errBody.Wrap(err, "the part broke off; nothing of it was kept")
}

func (h *sessions) takeBack(w http.ResponseWriter, r request) error {
	if err := h.Files.TakeBackPart(r.Context(), r.who, r.upload.session, r.upload.offset); err != nil {
		return err
	}
	h.json(w, r.Request, http.StatusOK, map[string]int64{"taken_back": r.upload.offset})
	return nil
}

// commit ends an upload. An empty body commits to what was promised.
func (h *sessions) commit(w http.ResponseWriter, r request) error {
	var asked api.UploadCommit
	if r.ContentLength != 0 {
		if err := read(w, r.Request, &asked, `{"sha256": "..."}, or nothing if it was promised`); err != nil {
			return err
		}
	}
	whole, err := digest("sha256", asked.SHA256)
	if err != nil {
		return err
	}
	done, err := h.Files.CommitSession(r.Context(), r.who, r.upload.session, whole)
	if err != nil {
		return err
	}
	h.json(w, r.Request, http.StatusOK, shown(file.Progress{Session: done}))
	return nil
}

func (h *sessions) abort(w http.ResponseWriter, r request) error {
	if err := h.Files.AbortSession(r.Context(), r.who, r.upload.session); err != nil {
		return err
	}
	h.json(w, r.Request, http.StatusOK, map[string]string{"aborted": string(r.upload.session)})
	return nil
}

// shown is a session as callers see it.
func shown(p file.Progress) api.Upload {
	out := api.Upload{
		ID: string(p.ID), Path: string(p.Path), Size: p.Size, SHA256: string(p.Digest), State: "open",
		Complete: p.Known || p.Received == p.Size, Received: p.Received, Missing: make([]api.UploadSpan, len(p.Missing)),
		PartSize: p.PartSize(), MaxParts: file.MaxParts,
		Created: p.Created.UTC().Format(time.RFC3339), Expires: p.Expires().UTC().Format(time.RFC3339), Version: p.Version,
	}
	if !p.Committed.IsZero() {
		out.State = "committed"
	}
	for i, gap := range p.Missing {
		out.Missing[i] = api.UploadSpan(gap)
	}
	return out
}

func shownPart(p file.Part) api.UploadPart {
	return api.UploadPart{Offset: p.Offset, Size: p.Size, SHA256: string(p.Digest)}
}
