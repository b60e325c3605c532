package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/codec"
)

// packageName is the file of such a model.
const packageName = "model_package.zip"

// inPlace is the address of weights that stay where they are.
func inPlace(weights any) (string, error) {
	local := ""
	switch w := weights.(type) {
	case codec.File:
		local = string(w)
	case codec.Dir:
		local = string(w)
	default:
		return "", fmt.Errorf("%w: a %T has no address of its own, and NoUpload says that it is not stored", codec.ErrType, weights)
	}
	local, err := filepath.Abs(local)
	if err == nil {
		_, err = os.Stat(local)
	}
	return "file://" + filepath.ToSlash(local), err
}

// SnapshotOptions say how weights become those of a model.
type SnapshotOptions struct {
	Iteration   int64  // 0 means that none is told
	FileName    string // "" means that of the file; a suffix that it lacks is added
	Destination string // a folder or an address; "" means that of the task
	Comment     string // added to the description
	Wait        bool   // until the bytes have arrived
	Timeout     time.Duration
	DeleteFile  bool // a codec.File, once it has arrived
}

// Update makes a codec.File the weights of the model, a codec.Dir or
// codec.Paths a package of several files, a codec.Link what lies elsewhere. The
// bytes go in the background, as with [Task.Upload]; the model keeps its former
// weights until they have arrived, and for good if they do not.
func (m *Model) Update(ctx context.Context, weights any, options ...SnapshotOptions) error {
	const op = "update a model"
	o := first(options)
	if m.Published {
		return &Error{Kind: KindState, Op: op, Object: m.Name, Message: "it is published, and stays as it is"}
	}
	edit := map[string]any{"model": m.ID}
	if o.Iteration != 0 {
		edit["iteration"] = o.Iteration
	}
	if o.Comment != "" {
		edit["comment"] = strings.TrimSpace(m.Comment + "\n" + o.Comment)
	}
	if link, ok := weights.(codec.Link); ok {
		edit["uri"] = string(link)
		if m.Framework == "" && frameworkOf(string(link)) != "" {
			edit["framework"] = frameworkOf(string(link))
		}
		return m.edit(ctx, edit)
	}
	t := m.run
	if t != nil && t.inPlace {
		local, err := inPlace(weights)
		if err != nil {
			return codecError(op, m.Name, err)
		}
		edit["uri"] = local
		if m.Framework == "" && frameworkOf(local) != "" {
			edit["framework"] = frameworkOf(local)
		}
		return m.edit(ctx, edit)
	}
	if t == nil {
		if m.Task == "" {
			return &Error{Kind: KindState, Op: op, Object: m.Name, Message: "it belongs to no task that could hold its weights"}
		}
		var err error
		if t, err = m.c.Task(ctx, m.Task); err != nil {
			return err
		}
	}
	format := codec.Codec(codec.Raw{})
	packed := !format.Accepts(weights)
	if packed {
		format = codec.Zip{}
	}
	turn, err := m.c.uploads.turn(ctx, op, m.Name)
	if err != nil {
		return err
	}
	record, body, closer, err := encode(format, m.Name, weights)
	if err != nil {
		turn.leave()
		return codecError(op, m.Name, err)
	}
	file := record.File
	if packed {
		file = packageName
		if !slices.Contains(m.SystemTags, packageTag) {
			edit["system_tags"] = append(slices.Clone(m.SystemTags), packageTag)
		}
	}
	if o.FileName != "" {
		file = o.FileName
		if path.Ext(file) == "" {
			file += cmp.Or(path.Ext(record.File), extensionOf(m.Framework))
		}
	}
	if framework := frameworkOf(file); m.Framework == "" && framework != "" {
		edit["framework"] = framework
	}
	address, err := t.address(o.Destination, "models", "", file)
	if err != nil {
		turn.leave()
		return errors.Join(err, closer.Close())
	}
	edit["uri"] = address
	j := &job{
		task: t.ID, name: m.Name, address: address, timeout: o.Timeout, done: make(chan struct{}), closer: closer,
		body: &content{ReaderAt: body, size: record.Size, digest: record.Hash, media: record.ContentType},
	}
	j.after = func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callLimit)
		defer cancel()
		err := m.c.conn.call(ctx, "models.edit", m.ID, again, edit, nil)
		if local, ok := weights.(codec.File); ok && o.DeleteFile && err == nil {
			err = removeFile(string(local))
		}
		return err
	}
	turn.start(ctx, j)
	if !o.Wait {
		return nil
	}
	if err := j.wait(ctx); err != nil {
		return err
	}
	return m.Reload(ctx)
}

func (m *Model) source() (source, error) {
	if m.URI == "" {
		return source{}, &Error{Kind: KindPending, Op: "read a model", Host: m.c.conn.host, Object: m.Name, Message: "it has no weights yet", Retryable: true}
	}
	return source{name: m.Name, address: m.c.conn.ours(m.c.substituted(m.URI)), size: -1, label: "model " + m.ID}, nil
}

// LocalCopy returns the path of the weights on the local disk, as that of an
// artifact: of a file, or of a package's folder.
func (m *Model) LocalCopy(ctx context.Context, options ...LocalCopyOptions) (string, error) {
	o := first(options)
	s, err := m.source()
	if err != nil {
		return "", err
	}
	return m.c.localCopy(ctx, s, m.Package() && !o.KeepArchive || o.Extract, o)
}

// Open reads the weights from their beginning.
func (m *Model) Open(ctx context.Context) (io.ReadCloser, error) {
	s, err := m.source()
	if err != nil {
		return nil, err
	}
	if _, err := m.c.key(ctx, &s); err != nil { // which tells the digest, if anybody knows it
		return nil, err
	}
	return m.c.read(ctx, s)
}
