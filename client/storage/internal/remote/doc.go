// Package remote is what the drivers below client/storage share: how addresses
// and the settings of clearml.conf are read, what an answer of a store means as
// an error of the SDK, and the connections. What a call looks like on the wire
// is left to the client libraries in the drivers.
package remote
