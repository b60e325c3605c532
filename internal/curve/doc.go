// Package curve keeps the points of one series as a tree of small nodes, so
// that what is asked for decides what reading costs, not how long the series
// is.
//
// Leaves hold points in the order of their iterations. Each level above holds
// entries of full nodes below, with an aggregate of everything under each:
// count, total, first, last, least, greatest, and the span of times.
//
// Invariants:
//   - A node covers the iterations from its start up to the start of the next
//     node of its level; starts never change. The first one of each level
//     starts at the least number there is.
//   - The last node of a level gets its entry above only when it is full:
//     appending writes one leaf, and now and then one node above.
//   - Aggregates say what the points say, also after a point was overwritten:
//     the leaf is summed anew, and the entries on the way up are replaced.
//
// Who keeps the nodes is told by functions that load them; the package does no
// input or output.
package curve
