// Package client is the Go SDK of Coffer: programs log what they produce, and
// read what others produced, whether that was Go or Python.
//
//	c, err := client.Open(ctx, client.Config{})  // ~/clearml.conf, then CLEARML_* variables, then fields
//	defer c.Close(ctx)
//
//	run, err := c.StartTask(ctx, client.TaskSpec{Project: "churn", Name: "train"})
//	defer run.End(ctx, &err)  // completed, or failed with err, or failed by a panic
//
// Another program, another day:
//
//	t, err := c.FindTask(ctx, client.TaskQuery{Project: "churn", Name: "train", Status: client.Completed})
//
//	a, err := t.Artifact(ctx, "features")    // state, size, digest, type, metadata, preview, version
//	x, err := client.Get[*mat.Dense](ctx, a) // decoded, the digest checked
//	p, err := a.LocalCopy(ctx)               // a path in the cache
//
// A [Task] is what is known of a task, and what can be done to it. A [Run] is a
// task that this program is running: it tells the server that it is alive, and
// its end is told by [Run.End].
//
// # What is logged
//
// [Task.Upload] takes arrays, tables, images, maps, structs, texts, folders,
// files, addresses and plain values, and stores each as the Python SDK would, so
// that Python reads its own type back; package codec has the list. Bytes travel
// in the background, and nothing that failed is silent: it comes back from
// [Task.Flush], [Run.End] and [Client.Close]. [Run.Register] follows a table
// that changes, [Task.OutputModel] makes a model, [Run.Logger] reports scalars,
// plots, pictures and texts, and [Storage] moves files without a task.
//
// # Where it is kept
//
// On the server, unless the configuration, the task or the call says otherwise:
// in a folder, or in a bucket of S3, Google or Azure, for which
// [Config.Drivers] takes the drivers of client/storage/s3, gcs and azure.
//
// # Errors
//
// What the server or a store refused is an [*Error], which tells operation,
// host and object, and whether to try again can help. Its kind is tested with
// errors.Is and [ErrNotFound] and its siblings. What may help is tried again
// before an error is returned, for as long as [Config.Patience] says or the
// context lasts.
//
// # Concurrency
//
// Everything may be used from several goroutines at once, unless it says
// otherwise. No goroutine of a client outlives [Client.Close].
package client
