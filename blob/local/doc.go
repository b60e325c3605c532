// Package local keeps blobs in a directory.
//
// Layout below the directory: objects/ab/<key> for what is visible, where ab
// are the first digits of the key, tmp/ for writes under way, and drafts/<key>
// for what arrives in pieces. All lie on one file system, and all folders are
// there before the first write.
//
// A write goes to tmp, is synced, is linked to its place and the folder is
// synced; only then Put returns. A crash leaves a file in tmp or an object
// that nobody knows of; SweepTemporary and the garbage collection of package
// file remove them. The directory needs rwx for the server's user and nothing
// for others; backups copy objects/ after the database.
package local
