package main

import (
	"encoding/json"
	"os"
	"strings"
	"time"
)

// logged is the moment between an answer and its line in the access log.
const logged = 50 * time.Millisecond

// served gives how many requests the server has answered since it started,
// and how long it worked on them, by its own access log.
func (s *server) served() (requests int, took time.Duration, err error) {
	time.Sleep(logged)
	content, err := os.ReadFile(s.Log)
	if err != nil {
		return 0, 0, err
	}
	for text := range strings.Lines(string(content)) {
		var line struct {
			Message string        `json:"msg"`
			Took    time.Duration `json:"took"` // nanoseconds
		}
		// The first start also prints lines for people.
		if json.Unmarshal([]byte(text), &line) == nil && line.Message == "request" {
			requests++
			took += line.Took
		}
	}
	return requests, took, nil
}
