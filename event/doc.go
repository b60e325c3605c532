// Package event keeps what running tasks report: console lines, scalars,
// plots and debug samples.
//
// Invariants:
//   - One bad event never spoils the others of its batch.
//   - A batch that is sent twice changes nothing: a log line is known by
//     worker, time, level, text and its ordinal among equals within the call;
//     everything else by target, type, metric, variant, iteration and key, and
//     a later report of the same overwrites.
//   - Summaries (last, least, greatest, first, count, mean) say what the
//     stored points say, and the last value never goes back in iteration.
//   - A debug sample is bound to the file generation that its address named
//     when it was reported; once that is overwritten it is not shown.
//   - Batches are written in slices, so that none keeps an artifact waiting.
//
// What events are about is a Target; whether it exists and takes events is
// told by the Targets interface.
package event
