// Package preview makes what people are shown of a file out of its content:
// arrays, tables, images, trees, text, archives, pickles, and of everything
// else its bytes.
//
// Nothing is believed and nothing is run. A file is what its first bytes say
// it is; its name only chooses between texts. What is read, unpacked and kept
// in memory for one preview is bounded by constants of this package, and so is
// how many are made at once. Content that is malformed, or made to harm, is no
// error: the reply says what is wrong with it and shows its bytes.
//
// A preview that is complete depends on nothing but the digest and the query,
// so it is kept in a bounded directory of each server. What is read of a file
// first is its beginning; what takes all of it, such as the statistics of a
// table, is made by a job and says "sampled" until then.
//
// Who may see a file, and where its bytes are, is left to the caller.
package preview
