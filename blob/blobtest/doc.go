// Package blobtest holds the suite that every blob driver must pass, and a
// store that fails on demand, for tests of those who use one.
package blobtest
