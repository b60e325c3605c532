package fileserver

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/internal/fault"
)

// delete removes one file. It answers with the path as a JSON string.
func (h *handler) delete(w http.ResponseWriter, r request) error {
	p, err := file.ParsePath(r.path)
	if err != nil {
		return err
	}
	if err := h.Files.Delete(r.Context(), r.who, p); err != nil {
		return err
	}
	h.json(w, r.Request, http.StatusOK, string(p))
	return nil
}

// maxDeleteMany bounds the body of a batch delete; 1 MiB holds thousands of
// paths.
const maxDeleteMany = 1 << 20

// deleteMany removes a list of files, each on its own. A path is tried to the
// letter, then as a form would have encoded it, as older clients do. Folders
// are no files here and are never removed.
func (h *handler) deleteMany(w http.ResponseWriter, r request) error {
	var req struct {
		Files []string `json:"files"`
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxDeleteMany)).Decode(&req)
	if errors.Is(err, door.ErrTooSlow) {
		return err
	}
	if err != nil || len(req.Files) == 0 {
		return errBody.Wrap(err, `expected {"files": [...]} with at least one path, in at most %d bytes`, maxDeleteMany)
	}
	deleted, refused := map[string]string{}, map[string][]string{}
	for _, given := range req.Files {
		p, err := h.deleteOne(r, given)
		if err != nil && fault.KindOf(err) == fault.Internal {
			return err
		}
		if err != nil {
			reason := fault.Of(err).Message
			if errors.Is(err, file.ErrNotFound) {
				reason = "Not found"
			}
			refused[reason] = append(refused[reason], given)
			continue
		}
		deleted[given] = string(p)
	}
	h.json(w, r.Request, http.StatusOK, map[string]any{"deleted": deleted, "errors": refused})
	return nil
}

func (h *handler) deleteOne(r request, given string) (file.Path, error) {
	p, err := file.ParsePath(given)
	if err == nil {
		if err = h.Files.Delete(r.Context(), r.who, p); !errors.Is(err, file.ErrNotFound) {
			return p, err
		}
	}
	decoded, derr := url.QueryUnescape(given)
	if derr != nil || decoded == given {
		return p, err
	}
	if p, err = file.ParsePath(decoded); err != nil {
		return p, err
	}
	return p, h.Files.Delete(r.Context(), r.who, p)
}
