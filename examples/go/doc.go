// Command go logs artifacts to Coffer with its Go SDK, and reads artifacts back.
//
//	eval "$(coffer keys create --data ./coffer-data --format env)"
//	go run ./examples/go log                 # prints the task id
//	go run ./examples/go read TASK_ID ...    # also what the Python example logged
//
// The values are those of the Python example, so each of the two programs reads
// what the other one logged. What is read is compared by plain decoders of this
// program's own, so that the SDK does not judge itself.
package main
