package client

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/codec"
)

// UploadOptions say how a value becomes an artifact. The zero value is what the
// Python SDK would do.
type UploadOptions struct {
	Format      codec.Codec       // nil means the usual one for the value
	Preview     string            // what people are shown; "" means what the format makes of it
	Metadata    map[string]string // shown with the artifact
	Destination string            // a folder or an address; "" means that of the task
	Wait        bool              // until the bytes have arrived
	// Timeout is how long the upload may take in all, tries included; 0 means no
	// limit.
	Timeout time.Duration
	// DeleteFile removes a codec.File once it has arrived.
	DeleteFile bool

	mode   Mode
	format string // type of the artifact, in place of that of the format
}

// Upload makes an artifact of a value: arrays, tables, images, maps, structs,
// texts, folders (codec.Dir), files (codec.File) and addresses (codec.Link), as
// package codec tells. It returns when the value has been encoded and the
// artifact is registered; the bytes go in the background. A file must not
// change before they have arrived. Under a name that the task has, the newest
// version is made; earlier ones stay.
//
// When the queue is full, Upload waits for its turn. A published task is
// refused with [ErrState].
func (t *Task) Upload(ctx context.Context, name string, value any, options ...UploadOptions) error {
	_, err := t.upload(ctx, name, value, first(options))
	return err
}

func (t *Task) upload(ctx context.Context, name string, value any, o UploadOptions) (codec.Record, error) {
	const op = "upload an artifact"
	if name == "" {
		return codec.Record{}, invalid(op, name, "the name is empty")
	}
	format := o.Format
	if format == nil {
		var err error
		if format, err = t.c.conn.set.Codecs.For(value); err != nil {
			return codec.Record{}, codecError(op, name, err)
		}
	}
	turn, err := t.c.uploads.turn(ctx, op, name)
	if err != nil {
		return codec.Record{}, err
	}
	record, body, closer, err := encode(format, name, value)
	if err != nil {
		turn.leave()
		return record, codecError(op, name, err)
	}
	if o.format != "" {
		record.Type = o.format
	}
	if o.Preview != "" {
		record.Preview = o.Preview
	}
	if record.URI != "" { // a link: there is nothing to be sent
		turn.leave()
		return record, errors.Join(closer.Close(), t.register(ctx, record, o))
	}
	address, err := t.address(o.Destination, "artifacts", name, record.File)
	if err != nil {
		turn.leave()
		return record, errors.Join(err, closer.Close())
	}
	record.URI = address
	if err := t.register(ctx, record, o); err != nil {
		turn.leave()
		return record, errors.Join(err, closer.Close())
	}
	j := &job{
		task: t.ID, name: name, address: address, timeout: o.Timeout, done: make(chan struct{}), closer: closer,
		body: &content{ReaderAt: body, size: record.Size, digest: record.Hash, media: record.ContentType},
	}
	if file, ok := value.(codec.File); ok && o.DeleteFile {
		j.after = func() error { return removeFile(string(file)) }
	}
	turn.start(ctx, j)
	if o.Wait {
		return record, j.wait(ctx)
	}
	return record, nil
}

// register records an artifact.
func (t *Task) register(ctx context.Context, r codec.Record, o UploadOptions) error {
	in := api.ArtifactIn{
		Key: r.Name, Type: r.Type, URI: r.URI, Hash: r.Hash, Timestamp: t.c.conn.set.Now().Unix(),
		TypeData: api.ArtifactTypeData{Preview: r.Preview, ContentType: r.ContentType, DataHash: r.DataHash},
	}
	if r.Hash != "" {
		in.ContentSize = &r.Size
	}
	if o.mode != "" {
		mode := string(o.mode)
		in.Mode = &mode
	}
	for _, key := range slices.Sorted(maps.Keys(o.Metadata)) {
		in.DisplayData = append(in.DisplayData, []string{key, o.Metadata[key]})
	}
	fields, err := given(in)
	if err != nil {
		return err
	}
	return t.c.conn.call(ctx, "tasks.add_or_update_artifacts", r.Name, again, map[string]any{"task": t.ID, "artifacts": []any{fields}}, nil)
}
