package api

// UploadSpec begins an upload in parts, or goes on with one.
type UploadSpec struct {
	Path   string `json:"path"`             // of the file, decoded
	Size   *int64 `json:"size"`             // of the whole file, in bytes
	SHA256 string `json:"sha256,omitempty"` // of the whole file; without it the commit must tell it
}

// UploadCommit ends an upload in parts.
type UploadCommit struct {
	SHA256 string `json:"sha256,omitempty"` // of the whole file; may be left out if it was promised
}

// Upload is an upload in parts as it stands.
type Upload struct {
	ID       string       `json:"id"`
	Path     string       `json:"path"`
	Size     int64        `json:"size"`
	SHA256   string       `json:"sha256,omitempty"`
	State    string       `json:"state"`    // open, committed
	Complete bool         `json:"complete"` // nothing is left to be sent
	Received int64        `json:"received"` // bytes in parts
	Missing  []UploadSpan `json:"missing"`  // what is left to be sent, in order, the first 10,000 gaps
	Parts    []UploadPart `json:"parts,omitempty"`
	NextPart *int64       `json:"next_part,omitempty"` // where the list of parts goes on, for ?from=
	PartSize int64        `json:"part_size"`           // proposed
	MaxParts int          `json:"max_parts"`
	Created  string       `json:"created"`
	Expires  string       `json:"expires"`
	Version  int          `json:"version,omitempty"` // of the file, once committed
}

// UploadSpan is a range of bytes.
type UploadSpan struct {
	Offset int64 `json:"offset"`
	Size   int64 `json:"size"`
}

// UploadPart is a received part.
type UploadPart struct {
	Offset int64  `json:"offset"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// UploadList is the caller's open uploads, the oldest first.
type UploadList struct {
	Uploads []Upload `json:"uploads"`
}
