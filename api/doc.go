// Package api is the wire contract: what requests and responses look like as
// JSON. It uses the standard library only, so that clients can import it
// without the server.
//
// Conventions:
//   - A pointer field is optional: nil means "not given".
//   - The tag need names the subcode of the error for a missing field: 12 if
//     null counts as missing, 11 if only absence does.
//   - A field of type Fields with the tag json:"*" receives the whole request,
//     for endpoints whose keys are not a closed set.
//   - Ids are 32 lower-case hex digits. Times are ISO 8601 with offset; sizes
//     are bytes.
package api

// Fields is a JSON object whose keys are not fixed.
type Fields = map[string]any
