// Package fileserver serves bytes over HTTP: multipart uploads, downloads with
// ranges, deletes. It is mounted at the root of the files listener and under a
// prefix beside the web app. Uploads in parts are a handler of their own, which
// is mounted beside the API.
//
// Invariants:
//   - The path of an upload is the name of its part, verbatim; the path of a
//     download is the URL's, decoded once. Neither is cleaned.
//   - A body is streamed, never buffered whole, and nothing of an upload that
//     breaks off is visible.
//   - What a browser could run is sent as an attachment; nothing is sniffed,
//     nothing is compressed, and every response is bound to one generation.
//
// Who may write what, and when bytes go, is the business of package file.
package fileserver
