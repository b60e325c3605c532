package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// hold reads a file into the memory of the system and keeps it there until it is let
// go. A host that wants memory back takes such pages from a virtual machine, however
// much of it is free there: what is read next comes from the disk, and a list of a
// large database takes several times as long as the machine would let it.
func hold(path string) (letGo func(), err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	pages, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", path, err)
	}
	if err := syscall.Mlock(pages); err != nil {
		return nil, fmt.Errorf("hold %s in memory: %w", path, errors.Join(err, syscall.Munmap(pages)))
	}
	return func() { _ = syscall.Munmap(pages) }, nil
}
