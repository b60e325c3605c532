package fileserver

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/door"
)

// digestHeader promises the SHA-256 of an upload of one part, and tells that of
// a download; versionHeader is the number of what a download gives.
const (
	digestHeader  = "X-Coffer-Digest"
	versionHeader = "X-Coffer-Version"
)

// upload takes a multipart form: each part with a file name is a file whose
// path is the name of the part. Parts are received one after the other as they
// stream in, and stored together once the whole form is there; the reply lists
// their paths.
func (h *handler) upload(w http.ResponseWriter, r request) error {
	if err := plainEncoding(r.Request); err != nil {
		return err
	}
	if most := h.Files.MaxSize; most > 0 && r.ContentLength > most+formOverhead {
		return blob.ErrTooLarge.Errorf("the upload has %d bytes, a file may have at most %d", r.ContentLength, most)
	}
	if err := h.Files.HasRoom(r.Context(), max(0, r.ContentLength)); err != nil {
		return err
	}
	body := &bodyErrors{r: r.Body, broken: brokenForm}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(body, strings.NewReader("\r\n"), cutOff{}), r.Body}
	form, err := r.MultipartReader()
	if err != nil {
		return errBody.Wrap(err, "an upload is multipart/form-data, the name of each part being the path of a file")
	}
	received, err := h.receive(r, form, body)
	if body.err != nil { // which others may have made something else of
		err = body.err
	}
	if err != nil {
		h.Files.Discard(r.Context(), received...)
		return err
	}
	stored, err := h.Files.Commit(r.Context(), r.who, received...)
	if err != nil {
		return err
	}
	paths := make([]string, len(stored))
	for i, g := range stored {
		paths[i] = string(g.Path)
		if h.Received != nil {
			h.Received(g.Size)
		}
	}
	h.json(w, r.Request, http.StatusOK, paths)
	return nil
}

// Bounds on a form.
const (
	// formOverhead is what a form adds to a file: boundaries and headers.
	formOverhead = 64 << 10
	// maxParts is how many parts a form may have. The Python SDK sends one; all
	// of them wait for the last one.
	maxParts = 256
)

// cutOff is what a reader of forms meets where the body ends: it must have
// seen the end of the form by then. To the reader itself a part whose header
// is cut off looks like the end.
type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// receive takes in the parts of a form up to the end of the request. Also in
// case of an error it returns what it received.
func (h *handler) receive(r request, form *multipart.Reader, body io.Reader) (received []file.Received, err error) {
	for parts := 1; ; parts++ {
		part, err := form.NextRawPart()
		if err == io.EOF { //nolint:errorlint // a wrapped EOF is that of a body which ends before the form
			return received, atEnd(body)
		}
		if err != nil {
			return received, brokenForm(err)
		}
		if parts > maxParts {
			return received, errBody.Errorf("a form may have at most %d parts; nothing of this one was stored", maxParts)
		}
		f, isFile, err := h.part(r, part)
		if err != nil {
			return received, err
		}
		if isFile {
			received = append(received, f)
		}
	}
}

func plainEncoding(r *http.Request) error {
	if r.Header.Get("Content-Encoding") != "" {
		return errEncoding.Errorf("compressed uploads are not accepted; send the bytes as they are")
	}
	return nil
}

// atEnd checks that nothing worth its name follows a form, and that the body
// is as long as the request promised.
func atEnd(body io.Reader) error {
	n, err := io.Copy(io.Discard, io.LimitReader(body, formOverhead))
	if err != nil {
		return brokenForm(err)
	}
	if n == formOverhead {
		return errBody.Errorf("the form ends %d bytes or more before the body; nothing of it was stored", formOverhead)
	}
	return nil
}

// part receives one part; a plain form field is passed over.
func (h *handler) part(r request, part *multipart.Part) (f file.Received, isFile bool, err error) {
	// It is not closed: that would read a refused part to its end.
	name, isFile, err := partName(part.Header.Get("Content-Disposition"))
	if err != nil || !isFile {
		return f, false, err
	}
	path, err := file.ParsePath(name)
	if err != nil {
		return f, false, err
	}
	var o file.UploadOptions
	if promised := r.Header.Get(digestHeader); promised != "" {
		if o.Digest, err = blob.ParseDigest(promised); err != nil {
			return f, false, err
		}
	}
	f, err = h.Files.Receive(r.Context(), r.who, path, &bodyErrors{r: part, broken: brokenForm}, o)
	return f, err == nil, err
}

// bodyErrors marks what goes wrong with the request's body, so that it is not
// taken for a failure of the store, and remembers it.
type bodyErrors struct {
	r      io.Reader
	broken func(error) error // what it means that r failed
	err    error
}

func (b *bodyErrors) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && err != io.EOF {
		b.err = b.broken(err)
		err = b.err
	}
	return n, err
}

func brokenForm(err error) error {
	if errors.Is(err, door.ErrTooSlow) {
		return err
	}
	return errBody.Wrap(err, "the upload broke off or its form is malformed; nothing of the file was stored")
}
