// Package objectstore runs throw-away object stores for tests: versitygw (S3),
// fake-gcs-server (Google Cloud Storage) and azurite (Azure Blob Storage), each
// in a directory of its own on a free port of the loopback interface. None of
// them is ours; their versions are pinned in tools/servers.mod and in
// azurite/package.json, and make packages installs them.
//
// Invariants:
//   - A server ends with the process that started it, however that ends, and
//     takes its directory along: a shell of its own waits for the end of a pipe.
//   - Each test has a bucket of its own.
//   - The address of a bucket is all that a driver needs: keys are in a file
//     that it names.
//
// Proxy stands between a program and a server and breaks what passes.
package objectstore
