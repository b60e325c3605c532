package fileserver

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/user"
)

// digestHeader promises the SHA-256 of an upload of one part.
const digestHeader = "X-Coffer-Digest"

// upload takes a multipart form: each part with a file name is a file whose
// path is the name of the part. Parts are stored one after the other as they
// stream in; the reply lists their paths.
func (h *handler) upload(w http.ResponseWriter, r *http.Request) error {
	who, err := h.admit(r, door.Member)
	if err != nil {
		return err
	}
	if r.Header.Get("Content-Encoding") != "" {
		return errEncoding.Errorf("compressed uploads are not accepted; send the bytes as they are")
	}
	if most := h.Files.MaxSize; most > 0 && r.ContentLength > most+formOverhead {
		return blob.ErrTooLarge.Errorf("the upload has %d bytes, a file may have at most %d", r.ContentLength, most)
	}
	if err := h.Files.HasRoom(r.Context(), max(0, r.ContentLength)); err != nil {
		return err
	}
	form, err := r.MultipartReader()
	if err != nil {
		return errBody.Wrap(err, "an upload is multipart/form-data, the name of each part being the path of a file")
	}
	stored := []string{}
	for {
		part, err := form.NextRawPart()
		if errors.Is(err, io.EOF) {
			h.json(w, r, http.StatusOK, stored)
			return nil
		}
		if err != nil {
			return brokenForm(err)
		}
		path, err := h.store(r, who, part)
		if err != nil {
			return err
		}
		if path != "" {
			stored = append(stored, string(path))
		}
	}
}

// formOverhead is what a form adds to a file: boundaries and headers.
const formOverhead = 64 << 10

// store stores one part; a plain form field is passed over.
func (h *handler) store(r *http.Request, who user.Identity, part *multipart.Part) (file.Path, error) {
	defer func() { _ = part.Close() }()
	name, isFile, err := partName(part.Header.Get("Content-Disposition"))
	if err != nil || !isFile {
		return "", err
	}
	path, err := file.ParsePath(name)
	if err != nil {
		return "", err
	}
	var o file.UploadOptions
	if promised := r.Header.Get(digestHeader); promised != "" {
		if o.Digest, err = blob.ParseDigest(promised); err != nil {
			return "", err
		}
	}
	g, err := h.Files.Upload(r.Context(), who, path, bodyErrors{part}, o)
	if err != nil {
		return "", err
	}
	if h.Received != nil {
		h.Received(g.Size)
	}
	return path, nil
}

// bodyErrors marks what goes wrong with the request's body, so that it is not
// taken for a failure of the store.
type bodyErrors struct{ r io.Reader }

func (b bodyErrors) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = brokenForm(err)
	}
	return n, err
}

func brokenForm(err error) error {
	return errBody.Wrap(err, "the upload broke off or its form is malformed; nothing of the file was stored")
}
