// Package cluster holds tests of servers that keep their rows on a PostgreSQL
// server: several on one database, a connection that is lost, a database that
// moved there.
package cluster
