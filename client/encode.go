package client

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/coffer-ml/coffer/codec"
)

// mostInMemory is up to where an encoded value waits in memory; larger ones
// wait in a file.
const mostInMemory = 4 << 20

// spool takes an encoded value in, and gives it back as often as it must.
type spool struct {
	memory bytes.Buffer
	file   *os.File
}

// Write implements io.Writer.
func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil && s.memory.Len()+len(p) <= mostInMemory {
		return s.memory.Write(p)
	}
	if s.file == nil {
		f, err := os.CreateTemp("", "coffer-upload-*")
		if err != nil {
			return 0, err
		}
		// Nobody else needs its name; where files in use cannot be removed, Close does.
		_ = os.Remove(f.Name())
		s.file = f
		if _, err := s.memory.WriteTo(f); err != nil {
			return 0, err
		}
		s.memory = bytes.Buffer{}
	}
	return s.file.Write(p)
}

func (s *spool) reader() io.ReaderAt {
	if s.file != nil {
		return s.file
	}
	return bytes.NewReader(s.memory.Bytes())
}

// Close implements io.Closer.
func (s *spool) Close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	_ = os.Remove(s.file.Name())
	return err
}

// encode makes the bytes of a value and their record. A file is sent from where
// it is.
func encode(format codec.Codec, name string, value any) (codec.Record, io.ReaderAt, io.Closer, error) {
	if file, ok := value.(codec.File); ok {
		f, err := os.Open(string(file))
		if err != nil {
			return codec.Record{}, nil, nil, err
		}
		if info, err := f.Stat(); err == nil && info.IsDir() {
			_ = f.Close()
			return codec.Record{}, nil, nil, fmt.Errorf("%s is a folder: codec.Dir takes folders", file)
		}
		record, err := codec.Write(io.Discard, format, name, value)
		if err != nil {
			_ = f.Close()
		}
		return record, f, f, err
	}
	s := new(spool)
	record, err := codec.Write(s, format, name, value)
	if err != nil {
		_ = s.Close()
		return record, nil, nil, err
	}
	return record, s.reader(), s, nil
}

// codecError gives an error of package codec its kind.
func codecError(op, name string, err error) error {
	if err == nil {
		return nil
	}
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	e := &Error{Kind: KindInvalid, Op: op, Object: name, Err: err}
	switch {
	case errors.Is(err, codec.ErrUnsafe):
		e.Kind = KindUnsafe
	case errors.Is(err, codec.ErrType):
		e.Kind = KindType
	case errors.Is(err, codec.ErrTooLarge):
		e.Kind = KindTooLarge
	case errors.Is(err, os.ErrNotExist):
		e.Kind = KindNotFound
	case errors.Is(err, os.ErrPermission):
		e.Kind = KindDenied
	}
	return e
}

func removeFile(path string) error {
	if err := os.Remove(path); err != nil {
		return localError("delete", path, err)
	}
	return nil
}
