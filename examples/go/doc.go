// Command go logs artifacts to Coffer over plain HTTP, and reads artifacts
// back, with nothing but the standard library.
//
//	eval "$(coffer keys create --data ./coffer-data --format env)"
//	go run ./examples/go log                 # prints the task id
//	go run ./examples/go read TASK_ID ...    # also what the Python example logged
//
// wire.go holds the few calls of the protocol that this takes. An artifact is
// two of them: the bytes go to the file server, the record that names them
// goes to the task. The values are those of the Python example, so each of the
// two programs reads what the other one logged.
package main
