// Package rpctest runs the API against real services: SQLite in a folder of
// the test's own, blobs in memory, a handler without a network.
//
// Every reply that goes through it is checked against the types that the
// Python SDK asserts.
package rpctest
