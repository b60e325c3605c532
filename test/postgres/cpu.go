package postgres

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of the times in /proc, on Linux.
const tick = time.Second / 100

// CPU is the processor time that the server has used: that of the first
// process with those of its children that have ended, and of those that run.
func (s *Server) CPU() (time.Duration, error) {
	content, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(content), "\n")
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, path := range stats {
		content, err := os.ReadFile(path)
		if err != nil {
			continue // ended since it was listed
		}
		// The second field is a name, in brackets, that may hold spaces.
		_, after, _ := strings.Cut(string(content), ") ")
		fields := strings.Fields(after)
		const parent, user, system, ended = 1, 11, 12, 13
		switch first {
		case filepath.Base(filepath.Dir(path)):
			sum += ticks(fields[user : ended+2])
		case fields[parent]:
			sum += ticks(fields[user : system+1])
		}
	}
	if sum == 0 {
		return 0, fmt.Errorf("process %s has used no processor time: it does not run", first)
	}
	return sum, nil
}

func ticks(fields []string) (sum time.Duration) {
	for _, f := range fields {
		n, _ := strconv.ParseInt(f, 10, 64)
		sum += time.Duration(n) * tick
	}
	return sum
}
