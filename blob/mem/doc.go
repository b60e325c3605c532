// Package mem keeps blobs in memory, for tests. It passes the same suite as
// the drivers that keep them for good.
package mem
