// Package schedule runs jobs at intervals, one run of a job at a time.
//
// The list of jobs is handed in, never registered. A job that fails is logged
// and runs again when it is due next; a job that panics takes the process
// down, as any bug does.
package schedule
