// Package codec proves that Python and Go read what either of them writes: the
// real pandas, pyarrow, NumPy, Pillow and PyYAML of the newest compat
// environment, and the SDK's own get(), against package codec.
//
// TestMatrix has a value of every kind, made by samples.py and samples_test.go,
// and all four cells for each that Go can write.
package codec
