// Package e2e holds tests of the real binary among real neighbours: proxies,
// clients that are killed, servers that are killed. Each starts its own on
// free loopback ports and stops them by their process ids.
package e2e
