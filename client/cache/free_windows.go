package cache

import "golang.org/x/sys/windows"

// freeSpace is how many bytes of a disk are left to people.
func freeSpace(dir string) (int64, error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var free, all, total uint64
	if err := windows.GetDiskFreeSpaceEx(path, &free, &all, &total); err != nil {
		return 0, err
	}
	return int64(free), nil
}
