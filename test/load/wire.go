package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"time"
)

const (
	// readBuffer keeps the client cheap for large downloads.
	readBuffer = 1 << 20
	// patience bounds one request; the longest sends several gigabytes to fake-gcs-server.
	patience = 90 * time.Minute
	boundary = "coffer-load-boundary"
	partTail = "\r\n--" + boundary + "--\r\n"
)

// wire is one kept-alive HTTP connection. It does as little as it can, so
// that on a small machine the server's work shows and not the client's.
type wire struct {
	conn *net.TCPConn
	in   *bufio.Reader
	host string
}

func dial(ctx context.Context, host string) (*wire, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	return &wire{conn: conn.(*net.TCPConn), in: bufio.NewReaderSize(conn, readBuffer), host: host}, nil
}

func (w *wire) Close() error { return w.conn.Close() }

// answer is status line and the headers that matter here.
type answer struct {
	status int
	length int64 // of the body, in bytes
	etag   string

	location string
}

// get downloads and throws the content away.
func (w *wire) get(path, token string) (answer, error) {
	if err := w.write([]byte(w.request("GET", path, token, ""))); err != nil {
		return answer{}, err
	}
	return w.receive(true)
}

// ask is get with further headers, each with its line end.
func (w *wire) ask(method, path, token, headers string) (answer, error) {
	if err := w.write([]byte(w.request(method, path, token, headers))); err != nil {
		return answer{}, err
	}
	return w.receive(true)
}

// head asks for the headers alone.
func (w *wire) head(path, token string) (answer, error) {
	if err := w.write([]byte(w.request("HEAD", path, token, ""))); err != nil {
		return answer{}, err
	}
	return w.receive(false)
}

// post uploads content under a path as the SDK does: a form of one part.
// Content that is a file goes out without passing through this process.
func (w *wire) post(name, token string, content io.Reader, size int64) (answer, error) {
	head := fmt.Sprintf("--%s\r\nContent-Disposition: form-data; name=%q; filename=%q\r\nContent-Type: application/octet-stream\r\n\r\n", boundary, name, name)
	length := int64(len(head)) + size + int64(len(partTail))
	headers := fmt.Sprintf("Content-Type: multipart/form-data; boundary=%s\r\nContent-Length: %d\r\n", boundary, length)
	if small, ok := content.(*bytes.Reader); ok {
		all := bytes.NewBuffer(make([]byte, 0, length+1024))
		all.WriteString(w.request("POST", "/", token, headers) + head)
		if _, err := small.WriteTo(all); err != nil {
			return answer{}, err
		}
		all.WriteString(partTail)
		if err := w.write(all.Bytes()); err != nil {
			return answer{}, err
		}
		return w.receive(true)
	}
	if err := w.write([]byte(w.request("POST", "/", token, headers) + head)); err != nil {
		return answer{}, err
	}
	if n, err := w.conn.ReadFrom(io.LimitReader(content, size)); err != nil || n != size {
		return answer{}, fmt.Errorf("sending %d of %d bytes: %w", n, size, err)
	}
	if err := w.write([]byte(partTail)); err != nil {
		return answer{}, err
	}
	return w.receive(true)
}

func (w *wire) request(method, path, token, headers string) string {
	authorization := ""
	if token != "" {
		authorization = "Authorization: Bearer " + token + "\r\n"
	}
	return method + " " + path + " HTTP/1.1\r\nHost: " + w.host + "\r\n" + authorization + headers + "\r\n"
}

func (w *wire) write(content []byte) error {
	if err := w.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, err := w.conn.Write(content)
	return err
}

// receive reads an answer; its body, if one follows, is thrown away.
func (w *wire) receive(body bool) (answer, error) {
	a := answer{length: -1}
	line, err := w.in.ReadSlice('\n')
	if err != nil {
		return a, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return a, fmt.Errorf("the answer starts with %q", line)
	}
	if a.status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return a, err
	}
	for {
		if line, err = w.in.ReadSlice('\n'); err != nil {
			return a, err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch value = bytes.TrimSpace(value); {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if a.length, err = strconv.ParseInt(string(value), 10, 64); err != nil {
				return a, err
			}
		case bytes.EqualFold(name, []byte("ETag")):
			a.etag = string(bytes.Trim(value, `"`))
		case bytes.EqualFold(name, []byte("Location")):
			a.location = string(value)
		}
	}
	if !body {
		return a, nil
	}
	if a.length < 0 {
		return a, fmt.Errorf("an answer with status %d has no Content-Length", a.status)
	}
	// Discard takes an int; a large body goes in steps.
	for left := a.length; left > 0; {
		n, err := w.in.Discard(int(min(left, 1<<30)))
		if err != nil {
			return a, err
		}
		left -= int64(n)
	}
	return a, nil
}

// escape writes a path as a request line takes it.
func escape(path string) string { return (&url.URL{Path: path}).EscapedPath() }
