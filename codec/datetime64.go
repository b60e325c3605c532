package codec

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// unitOf splits a unit such as "25s" into its count and its name.
func unitOf(unit string) (count int64, name string) {
	name = strings.TrimLeft(unit, "0123456789")
	count, err := strconv.ParseInt(strings.TrimSuffix(unit, name), 10, 64)
	if err != nil || count < 1 {
		count = 1
	}
	return count, name
}

// perSecond is how many of a unit make a second; 0 for those longer than one.
var perSecond = map[string]int64{"s": 1, "ms": 1e3, "us": 1e6, "μs": 1e6, "ns": 1e9, "ps": 1e12, "fs": 1e15, "as": 1e18}

// seconds is how many seconds a unit lasts.
var seconds = map[string]int64{"m": 60, "h": 3600, "D": 86400, "W": 7 * 86400}

// maxYear keeps moments within what time.Time and its texts can tell.
const maxYear = 1_000_000

// moment returns the time that is v units after 1970.
func moment(v int64, unit string) (time.Time, error) {
	if v == NaT {
		return time.Time{}, nil
	}
	count, name := unitOf(unit)
	if v != 0 && (count > math.MaxInt64/abs(v)) {
		return time.Time{}, tooLarge("a moment %d x %s from 1970", v, unit)
	}
	v *= count
	switch name {
	case "Y", "M":
		years, months := v, int64(0)
		if name == "M" {
			years, months = floorDiv(v, 12)
		}
		if abs(years) > maxYear {
			return time.Time{}, tooLarge("the year %d", years)
		}
		return time.Date(1970+int(years), time.Month(1+months), 1, 0, 0, 0, 0, time.UTC), nil
	}
	if n := seconds[name]; n > 0 {
		if abs(v) > maxYear*366*86400/n {
			return time.Time{}, tooLarge("a moment %d%s from 1970", v, name)
		}
		return time.Unix(v*n, 0).UTC(), nil
	}
	n := perSecond[name]
	if n == 0 {
		return time.Time{}, mistyped("a datetime64 without a unit")
	}
	sec, rest := floorDiv(v, n)
	if abs(sec) > maxYear*366*86400 {
		return time.Time{}, tooLarge("a moment %d%s from 1970", v, name)
	}
	if n > 1e9 {
		rest /= n / 1e9 // time.Time counts nanoseconds
	} else {
		rest *= 1e9 / n
	}
	return time.Unix(sec, rest).UTC(), nil
}

func abs(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}

// floorDiv divides as Python does: the rest is never negative.
func floorDiv(v, by int64) (quotient, rest int64) {
	quotient, rest = v/by, v%by
	if rest < 0 {
		quotient--
		rest += by
	}
	return quotient, rest
}

// momentText is the ISO text that NumPy prints, as fine as the unit.
func momentText(v int64, unit string) string {
	if v == NaT {
		return "NaT"
	}
	t, err := moment(v, unit)
	if err != nil {
		return strconv.FormatInt(v, 10)
	}
	_, name := unitOf(unit)
	layout := map[string]string{
		"Y": "2006", "M": "2006-01", "W": "2006-01-02", "D": "2006-01-02", "h": "2006-01-02T15", "m": "2006-01-02T15:04",
		"s": "2006-01-02T15:04:05", "ms": "2006-01-02T15:04:05.000", "us": "2006-01-02T15:04:05.000000",
		"μs": "2006-01-02T15:04:05.000000",
	}[name]
	if layout == "" {
		layout = "2006-01-02T15:04:05.000000000"
	}
	text := t.Format(layout)
	if n := perSecond[name]; n > 1e9 { // finer than time.Time keeps
		count, _ := unitOf(unit)
		_, rest := floorDiv(v*count, n/1e9)
		width := len(strconv.FormatInt(n, 10)) - len("1000000000")
		digits := strconv.FormatInt(rest, 10)
		text += strings.Repeat("0", width-len(digits)) + digits
	}
	return text
}
