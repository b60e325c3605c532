package rpc

import (
	"testing"
	"time"
)

func TestStamp(t *testing.T) {
	for _, at := range []time.Time{
		{},
		time.Date(2026, 11, 29, 15, 4, 5, 0, time.UTC),
		time.Date(2026, 11, 29, 15, 4, 5, 120_000_000, time.UTC),
		time.Date(2026, 11, 29, 15, 4, 5, 3_000, time.UTC),
		time.Date(2026, 11, 29, 15, 4, 5, 999, time.UTC),
		time.Date(2026, 3, 1, 0, 30, 0, 999_999_999, time.FixedZone("", 5400)),
	} {
		layout := "2006-01-02T15:04:05.000000+00:00"
		if at.Nanosecond() == 0 {
			layout = "2006-01-02T15:04:05+00:00"
		}
		if got, want := stamp(at), at.UTC().Format(layout); got != want {
			t.Errorf("%v is written as %s, expected %s", at, got, want)
		}
	}
}
