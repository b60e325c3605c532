// Package model keeps models: weights that a task made or that were brought
// in, each an entity with an id of its own.
//
// Invariants:
//   - Every change happens under the row's lock.
//   - What a ready model is made of stays as it is: address, framework, design
//     and labels. What it is called, how it is filed and its metadata may
//     change.
//   - Several models may name one address: neither names nor addresses are
//     unique.
//   - LastUpdate says when content changed, LastChange when anything did.
//
// Which tasks use a model is kept by the noun task; what touches both at once
// (publish, delete) belongs to lifecycle.
package model
