// Package rpctest runs the API against real services: a database of the test's
// own, on each engine in turn, blobs in memory, a handler without a network.
//
// Every reply that goes through it is checked against the types that the
// Python SDK asserts.
package rpctest
