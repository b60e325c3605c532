// Package query is what a list request asks for, free of wire and SQL: a
// filter tree over named fields, an order, a page.
//
// Nouns declare which fields exist and what may be asked of each (Fields);
// rpc turns requests into filters by that declaration, sqlstore turns filters
// into SQL by a map from the same names to columns. Neither ever meets a name
// that the declaration does not hold.
//
// Patterns are RE2 and bounded. Literal, prefix, suffix and contains forms are
// recognised, so that a store can answer them by index or plain comparison.
package query
