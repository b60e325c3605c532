// Package lifecycle holds the operations that span nouns: create, edit, delete,
// reset, publish, clone, archive, and what moves tasks through queues. Each is
// one transaction over the nouns' services and stores: it happens whole or not
// at all.
//
// What one noun can do alone it does itself; nothing here knows HTTP or SQL.
package lifecycle
