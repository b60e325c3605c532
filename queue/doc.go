// Package queue keeps queues: where tasks wait for an agent.
//
// There is always a default queue, made at the first start. What stands in a
// queue, and the changes of status that go with it, belong to lifecycle.
package queue
