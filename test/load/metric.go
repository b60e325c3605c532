package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// durations is the server's own sum of the time it spent on requests.
const durations = "coffer_http_request_duration_seconds_sum"

// spent gives how long the server has worked on requests since it started. It
// counts a request when it has ended, which may be a moment after its caller
// saw the answer.
func (s *server) spent(ctx context.Context) (time.Duration, error) {
	time.Sleep(20 * time.Millisecond)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Web+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	req.SetBasicAuth(s.keys.Access, s.keys.Secret)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	total, found := 0.0, false
	for line := range strings.Lines(string(content)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || !strings.HasPrefix(name, durations) {
			continue
		}
		seconds, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, err
		}
		total, found = total+seconds, true
	}
	if !found {
		return 0, fmt.Errorf("the server's metrics do not have %s", durations)
	}
	return time.Duration(total * float64(time.Second)), nil
}
