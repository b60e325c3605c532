// Package notify wakes those who wait for something to change: readers of an
// artifact whose bytes are on their way, and streams.
//
// A notification says that a topic changed, never what is there now: the
// woken one looks for himself. Notifications are sent after the commit.
package notify
