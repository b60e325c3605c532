// Package sdk tests package client as its users meet it: against the real
// server, over the network, with what can go wrong in between.
//
// A test that is named after a row of the feature table, such as TestA05...,
// proves the Go side of that row; features.toml lists them.
package sdk
