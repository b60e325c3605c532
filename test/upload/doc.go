// Package upload sends a file in parts, as docs/protocol/uploads.md tells: the
// client's half of that protocol, on the standard library and the wire types
// alone.
//
// Invariants:
//   - Sending the same content to the same path again goes on with what the
//     server has, whichever process began it.
//   - Memory does not grow with the file: content is read as it is sent.
//   - A proxy that refuses a part for its size is met with smaller ones; what
//     fails for the moment is tried again as long as there is progress.
package upload
