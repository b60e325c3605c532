// Package codec proves that Python reads what package codec writes: the real
// pandas, pyarrow, NumPy, Pillow and PyYAML of the newest compat environment
// read the files of a Go program and compare them with their own.
package codec
