// Package task keeps tasks: one run of somebody's program each, with its life
// cycle, parameters, configuration and provenance.
//
// Invariants:
//   - The status moves only along the table in status.go, or by force.
//   - Every change happens under the row's lock, so that two writers of
//     different parts lose nothing.
//   - LastUpdate says when content or progress changed, LastChange when
//     anything did.
//
// What a task logs belongs to the nouns artifact, model and event; what
// touches several nouns at once (clone, reset, publish, delete) to lifecycle.
package task
