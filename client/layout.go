package client

import (
	"crypto/md5" //nolint:gosec // names files as the Python SDK does, protects nothing
	"encoding/hex"
	"fmt"
	"net/url"
	"path"
	"strings"
	"unicode/utf8"
)

// Where the Python SDK puts things, so that both sides meet:
// <destination>/<project>/<task>.<id>/<section>/<metric>/<variant>/<file>, as
// docs of the protocol call its parts. Record and path differ in quoting: a
// record holds the quoted address, a path is taken to the letter.

const (
	// maxProject and maxTaskName bound folder names, in characters.
	maxProject  = 256
	maxTaskName = 128
	// maxSegment is where a part of a path is replaced by its hash.
	maxSegment = 250
	// folderSafe is what stays as it is in names of projects and tasks, besides
	// letters, digits and _.-~.
	folderSafe = "'[]{}()$^,; +=/"
)

// percent quotes all bytes of s that are neither unreserved nor safe, as
// Python's quote does.
func percent(s, safe string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("_.-~", c) >= 0 || strings.IndexByte(safe, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// taskFolder is the folder of a task below its destination.
func taskFolder(project, projectID, name, id string) string {
	if project == "" {
		project = "unknown"
	}
	if utf8.RuneCountInString(project) >= maxProject {
		project = firstRunes(project, max(2, maxProject-len(projectID)-1)) + "." + projectID
	}
	name = firstRunes(name, max(2, maxTaskName-len(id)-1)) + "." + id
	return percent(project, folderSafe) + "/" + percent(name, folderSafe)
}

// segment is a name as a part of a path.
func segment(name string) string {
	name = strings.ReplaceAll(strings.Trim(strings.ReplaceAll(name, `\`, "/"), "/"), "/", ".slash.")
	for _, c := range "#\"';?:@&=+$,%!\r\n" {
		name = strings.ReplaceAll(name, string(c), fmt.Sprintf("0x%02x", c))
	}
	if strings.Trim(name, ".") == "" { // a step up, to others
		name = strings.ReplaceAll(name, ".", "0x2e")
	}
	return name
}

// joinPath makes a path of its parts, those that are too long being hashed.
func joinPath(parts ...string) string {
	var all []string
	for _, part := range strings.Split(strings.Join(parts, "/"), "/") {
		if part == "" {
			continue
		}
		if utf8.RuneCountInString(part) > maxSegment {
			ext := path.Ext(part)
			sum := md5.Sum([]byte(strings.TrimSuffix(part, ext)))
			part = hex.EncodeToString(sum[:]) + ext
		}
		all = append(all, part)
	}
	return strings.Join(all, "/")
}

// quotedAddress is the address under which something at destination/path is
// recorded: quoted for http, to the letter for everything else.
func quotedAddress(destination, path string) string {
	whole := strings.TrimRight(destination, "/") + "/" + path
	u, err := url.Parse(destination)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return whole
	}
	return u.Scheme + "://" + u.Host + strings.TrimRight(u.EscapedPath(), "/") + "/" + percent(path, "/")
}
