// Package crash holds the tests that kill a real server and fill its disks
// while clients upload: what was acknowledged must be there, what was not must
// not be there by half.
//
// A kill does not lose the page cache; that the order of syncs is right is
// shown by the tests of blob/local and file.
package crash
