// Package lifecycle holds the operations that span nouns: create, edit, delete,
// reset, publish, clone, archive, what moves tasks through queues, and what
// merges and deletes projects. Each is one transaction over the nouns' services
// and stores: it happens whole or not at all.
//
// What one noun can do alone it does itself; nothing here knows HTTP or SQL.
package lifecycle
