package codec

import (
	"fmt"
	"unicode/utf8"
)

// The types of artifacts, as the ClearML protocol names them.
const (
	TypeNumPy   = "numpy"
	TypePandas  = "pandas"
	TypeImage   = "image"
	TypeDict    = "dict"
	TypeString  = "string"
	TypeArchive = "archive"
	TypeCustom  = "custom"
	TypePickle  = "pickle"
	// TypeAudit is a table that was registered and follows its changes.
	TypeAudit = "data-audit-table"
	// typeJSON is how older clients call a dict.
	typeJSON = "JSON"
)

// The content types that choose between the formats of one artifact type.
const (
	contentNumPy   = "application/numpy"
	contentCSV     = "text/csv"
	contentParquet = "application/parquet"
	contentFeather = "application/feather"
	contentPickle  = "application/pickle"
	contentJSON    = "application/json"
	contentYAML    = "application/yaml"
	contentText    = "text/plain"
)

// Record is what is kept about an artifact beside its bytes, in the terms of
// the ClearML protocol. Decode needs Name, Type, ContentType and File only.
type Record struct {
	// Name is the artifact's key; an .npz holds its array under it.
	Name string
	// Type is one of the Type constants.
	Type string
	// ContentType is a MIME type, "" when the file's name gives none.
	ContentType string
	// Preview is the text people see: what Python's repr() says of the value,
	// or its JSON, YAML or text.
	Preview string
	// File is the name the bytes are stored under; its extension counts when
	// they are read.
	File string
	// Hash is the SHA-256 of the bytes as 64 lower-case hex digits, "" for a
	// Link.
	Hash string
	// DataHash is Hash without the first 32 bytes, of an AuditTable only: equal
	// tables have equal data hashes.
	DataHash string
	// Size in bytes, 0 for a Link.
	Size int64
	// URI is set for a Link only: the address that is registered as it is.
	URI string
}

// PreviewLimit is how many characters of a preview the Python SDK keeps.
const PreviewLimit = 65536

// previewSlack is what it lets pass beyond the limit, so that a text cut once
// is not cut again.
const previewSlack = 1024

// clip cuts a preview the way the Python SDK does; what names the text.
func clip(text, what string, limit int) string {
	if len(text) <= limit || utf8.RuneCountInString(text) <= limit {
		return text
	}
	return fmt.Sprintf("# full %s too large to store, storing first %dkb\n%s", what, PreviewLimit/1024, firstRunes(text, PreviewLimit))
}

// clipSource is for texts that are their own preview. They must be shorter
// than the limit, not as long.
func clipSource(text, what string) string { return clip(text, what, PreviewLimit-1) }

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
