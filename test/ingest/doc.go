// Package ingest tests what becomes of reported events when the server dies.
package ingest
