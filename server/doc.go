// Package server assembles Coffer: it reads the configuration, builds stores,
// services and doors, opens the listeners and closes all in the right order.
// It is the only package that knows all others.
//
// The data directory holds coffer.db (metadata), blobs/ (bytes), lock (the one
// process that owns it), and while serving addresses.json and admin.sock.
// Commands that manage a server talk to it through that socket, whose file
// mode is the credential; without a server they take the lock themselves.
package server
