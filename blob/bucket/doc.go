// Package bucket is what the drivers for object stores have in common: it makes
// a blob.Store out of a Client, which is one bucket seen through one client
// library.
//
// Names within the bucket, after the prefix of the configuration:
//
//	objects/KEY                   an object
//	drafts/KEY/OFFSET-TIME-NONCE  a piece of a draft; OFFSET and TIME in hex
//
// Pieces are objects of their own, and are put together where they are: the
// bytes come through this server again only where the store cannot do without.
// Of pieces that overlap, which happens when a part was taken back and another
// one came, the later one counts, by the clocks of the servers that took them;
// the SHA-256 of the whole, which is checked before a draft is finished, tells
// when clocks were wrong.
//
// Invariants:
//   - A reader ends with io.EOF after exactly the bytes that it was opened for,
//     or with an error: a body that breaks off is taken up where it broke, and
//     only of the same version of the object.
//   - An upload holds at most BuffersEach parts in memory.
//   - What fails is told as a blob.Failure within a fault.
//
// What a call looks like on the wire, and retries of one call, are left to the
// client libraries in the drivers.
package bucket
