// Package cache keeps files that were read from elsewhere on the local disk,
// up to a limit, for all processes that use the same folder.
//
// Invariants:
//   - An entry is whole from the moment it is there: it is made aside and
//     renamed into its place. A process that is killed leaves nothing that
//     counts, and holds no lock: locks are those of the operating system.
//   - What one process fetches, the others wait for: it is fetched once.
//   - An entry that a process has not released is not removed, by anybody.
//   - All entries together, with what is being fetched, stay below the limit,
//     unless so much is in use at once; the disk keeps its free space.
//   - An entry that was changed behind the cache's back is no hit.
//
// # On disk
//
//	lock        held for moments: whoever changes anything below
//	used        bytes of entries and of what is being fetched; dirty beside it
//	            tells that it must be counted anew
//	e/KEY/      an entry: one file or folder, and .entry with what is known of
//	            it; the time of the folder is that of its last use
//	t/ID-N/     being made, or being removed
//	l/ID        what a process uses and fetches; l/ID.lock is locked while it
//	            lives
//	s/NN        locked while something is fetched whose key begins with NN
package cache
