package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"strings"
)

// connection talks to one server with a token.
type connection struct {
	api, files string // addresses without a trailing slash
	token      string
}

// signIn takes addresses and key pair from the environment, where the Python
// SDK looks for them too, and trades the pair for a token.
func signIn(ctx context.Context) (*connection, error) {
	c := &connection{
		api:   strings.TrimRight(os.Getenv("CLEARML_API_HOST"), "/"),
		files: strings.TrimRight(os.Getenv("CLEARML_FILES_HOST"), "/"),
	}
	if c.api == "" || c.files == "" {
		return nil, errors.New(`CLEARML_API_HOST or CLEARML_FILES_HOST is not set: eval "$(coffer keys create --data DIR --format env)" sets them`)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.api+"/auth.login", nil)
	if err != nil {
		return nil, err
	}
	req.SetBasicAuth(os.Getenv("CLEARML_API_ACCESS_KEY"), os.Getenv("CLEARML_API_SECRET_KEY"))
	var reply struct {
		Token string `json:"token"`
	}
	if err := c.answer(req, &reply); err != nil {
		return nil, err
	}
	c.token = reply.Token
	return c, nil
}

// call sends one API call, say tasks.create, and decodes its data into out
// unless that is nil.
func (c *connection) call(ctx context.Context, endpoint string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.api+"/v2.23/"+endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.token)
	return c.answer(req, out)
}

// answer sends an API request and opens the envelope of the reply.
func (c *connection) answer(req *http.Request, out any) error {
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	var envelope struct {
		Meta struct {
			Code    int    `json:"result_code"`
			Message string `json:"result_msg"`
		} `json:"meta"`
		Data json.RawMessage `json:"data"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&envelope); err != nil {
		return fmt.Errorf("%s: status %d without an envelope: %w", req.URL.Path, resp.StatusCode, err)
	}
	if envelope.Meta.Code != http.StatusOK {
		return fmt.Errorf("%s: %d: %s", req.URL.Path, envelope.Meta.Code, envelope.Meta.Message)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(envelope.Data, out)
}

// upload stores content under path and returns the address to record. The
// answer means that the bytes are safe on disk.
func (c *connection) upload(ctx context.Context, path, contentType string, content []byte) (string, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreatePart(textproto.MIMEHeader{
		// The name of the part is the path, taken as it is.
		"Content-Disposition": {fmt.Sprintf(`form-data; name="%s"; filename="%s"`, path, path)},
		"Content-Type":        {contentType},
	})
	if err != nil {
		return "", err
	}
	if _, err := part.Write(content); err != nil {
		return "", err
	}
	if err := form.Close(); err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.files, &body)
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		return "", fmt.Errorf("upload of %s: %s: %s", path, resp.Status, text)
	}
	return c.files + (&url.URL{Path: path}).EscapedPath(), nil
}

// download gives the bytes at a recorded address and their ETag, which is
// their SHA-256.
func (c *connection) download(ctx context.Context, address string) (content []byte, etag string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, "", err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, "", fmt.Errorf("download of %s: %s", address, resp.Status)
	}
	content, err = io.ReadAll(resp.Body)
	return content, strings.Trim(resp.Header.Get("ETag"), `"`), err
}
