package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/coffer-ml/coffer/client"
)

// seen is what this process saw of one artifact.
type seen struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Size    int64  `json:"size"`             // bytes as recorded
	Hash    string `json:"hash,omitempty"`   // SHA-256 as recorded
	SHA256  string `json:"sha256,omitempty"` // of the downloaded bytes
	ETag    string `json:"etag,omitempty"`
	Verdict string `json:"verdict"` // equal, bytes, address, or different
	Why     string `json:"why,omitempty"`
}

// readAll downloads every artifact of the tasks and compares it with what the
// examples log.
func readAll(ctx context.Context, tasks []string) (all map[string][]seen, err error) {
	c, err := client.Open(ctx, client.Config{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close(ctx)) }()
	all = map[string][]seen{}
	for _, id := range tasks {
		task, err := c.Task(ctx, id)
		if err != nil {
			return nil, err
		}
		fmt.Printf("%s (%s)\n", task.Name, id)
		for a, err := range task.Artifacts(ctx) {
			if err != nil {
				return nil, err
			}
			s, err := read(ctx, c, a)
			if err != nil {
				return nil, err
			}
			fmt.Printf("  %-24s %-18s %-14.12s %s\n", s.Name, s.Type, s.SHA256, s.Verdict)
			all[id] = append(all[id], s)
		}
	}
	return all, nil
}

func read(ctx context.Context, c *client.Client, a *client.Artifact) (seen, error) {
	s := seen{Name: a.Name, Type: a.Type, Size: max(0, a.Size), Hash: a.SHA256}
	if a.URI == address {
		s.Verdict = "address"
		return s, nil
	}
	r, err := a.Open(ctx)
	if err != nil {
		return seen{}, err
	}
	content, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		return seen{}, err
	}
	stored, err := c.Storage().Stat(ctx, a.URI)
	if err != nil {
		return seen{}, err
	}
	digest := sha256.Sum256(content)
	s.SHA256, s.ETag = hex.EncodeToString(digest[:]), strings.Trim(stored.Version, `"`)

	compare, known := readers[a.Name]
	switch {
	case s.SHA256 != a.SHA256 || int64(len(content)) != a.Size:
		s.Verdict, s.Why = "different", fmt.Sprintf("%d bytes of digest %s came, the record says %d of %s", len(content), s.SHA256, a.Size, a.SHA256)
	case !known:
		// A format of Python's own: the bytes are right, their meaning is not ours.
		s.Verdict = "bytes"
	default:
		s.Verdict = "equal"
		if err := compare(content); err != nil {
			s.Verdict, s.Why = "different", err.Error()
		}
	}
	return s, nil
}

// verdict is an error if anything read was not as it was logged.
func verdict(all map[string][]seen) error {
	var errs []error
	for _, artifacts := range all {
		for _, s := range artifacts {
			if s.Verdict == "different" {
				errs = append(errs, fmt.Errorf("%s: %s", s.Name, s.Why))
			}
		}
	}
	return errors.Join(errs...)
}

// readers compares content with what was logged under a name, for the kinds
// that Go can decode without help.
var readers = map[string]func([]byte) error{
	"array":            compareArray,
	"array as csv":     compareArrayCSV,
	"frame":            func(content []byte) error { return compareFrame(content, true) },
	"registered frame": func(content []byte) error { return compareFrame(content, false) },
	"picture":          comparePicture,
	"settings":         compareSettings,
	"own format":       compareOwnFormat,
	"note":             func(content []byte) error { return same(string(content), note) },
	"file":             func(content []byte) error { return same(string(content), weights) },
	"empty file":       func(content []byte) error { return same(string(content), "") },
	"folder":           func(content []byte) error { return compareZip(content, theFolder()) },
	"wildcard":         func(content []byte) error { return compareZip(content, theFolder(), "readme.txt", "masks/notes.txt") },
	"list of files":    func(content []byte) error { return compareZip(content, theFolder(), "classes.csv", "masks/first.bin") },
}

func compareSettings(content []byte) error {
	var got settings
	if err := json.Unmarshal(content, &got); err != nil {
		return err
	}
	return same(got, theSettings())
}

func compareOwnFormat(content []byte) error {
	text, ok := strings.CutPrefix(string(content), "MINE")
	if !ok {
		return fmt.Errorf("the content starts with %.4q, not with MINE", content)
	}
	return compareSettings([]byte(text))
}

// compareFrame reads a DataFrame from compressed CSV, with its index in the
// first column or without.
func compareFrame(content []byte, index bool) error {
	rows, err := readCSV(content)
	if err != nil {
		return err
	}
	if index {
		for i := range rows {
			rows[i] = rows[i][1:]
		}
	}
	return same(rows, theFrame())
}

func readCSV(content []byte) ([][]string, error) {
	plain, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	return csv.NewReader(plain).ReadAll()
}
