// Package rows reads every row of a database from outside of the program that
// owns it, so that a test can tell whether anything was changed.
package rows
