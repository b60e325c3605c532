// Package project keeps the tree of projects.
//
// A project's name is its whole path, joined by "/"; its basename is the last
// element. Parents exist: making "a/b/c" makes "a" and "a/b" if need be, in
// one transaction and without a race.
//
// The package leaves what lies in a project (tasks, models) to those nouns,
// and whatever moves or deletes them together with it to lifecycle.
package project
