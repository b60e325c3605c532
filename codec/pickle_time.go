package codec

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// Date is a Python date: a day without a time zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// String returns the ISO form, "2024-02-29".
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// Time returns midnight of the day in UTC.
func (d Date) Time() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// TimeOfDay is a Python time: since midnight, in a zone if it has one.
type TimeOfDay struct {
	Since time.Duration
	Zone  *time.Location // nil when it has none
}

// naive is the zone of a Python datetime that has none.
var naive = time.FixedZone("naive", 0)

// IsNaive reports whether a moment that was read has no time zone, as
// Python's datetime.now() has none. Its clock reads as it does in Python; as
// a time.Time it counts as UTC.
func IsNaive(t time.Time) bool { return t.Location() == naive }

// Naive returns a moment without a time zone: what the clock of t reads.
func Naive(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), naive)
}

// packedTime is the bytes in which datetime keeps its fields.
func packedTime(v any) []byte {
	switch v := v.(type) {
	case []byte:
		return v
	case string: // protocols 0 to 2 of Python 2
		if isLatin1(v) {
			return []byte(encodeLatin1(v))
		}
	case pyBytes2:
		return v
	}
	return nil
}

// clock reads hour, minute, second and microseconds.
func clock(b []byte) (h, m, s, us int) {
	return int(b[0]) & 0x7f, int(b[1]), int(b[2]), int(b[3])<<16 | int(b[4])<<8 | int(b[5])
}

// rawArgs are the arguments with a text of Python 2 left as it is.
func (p *pickled) rawArg(c *pyCall, depth int64) ([]byte, *time.Location, error) {
	if len(c.args) < 1 || len(c.args) > 2 {
		return nil, nil, wrongArgs(c.args)
	}
	var b []byte
	if raw, ok := c.args[0].(pyBytes2); ok {
		b = raw
	} else {
		v, err := p.value(c.args[0], depth)
		if err != nil {
			return nil, nil, err
		}
		b = packedTime(v)
	}
	if len(c.args) < 2 {
		return b, nil, nil
	}
	zone, err := p.zone(c.args[1], depth)
	return b, zone, err
}

func asDatetime(p *pickled, c *pyCall, depth int64) (any, error) {
	b, zone, err := p.rawArg(c, depth)
	if err != nil {
		return nil, err
	}
	if len(b) != 10 {
		return nil, wrongArgs(c.args)
	}
	if zone == nil {
		zone = naive
	}
	h, m, s, us := clock(b[4:])
	month, ok := monthOf(b[2])
	if !ok {
		return nil, wrongArgs(c.args)
	}
	return time.Date(int(binary.BigEndian.Uint16(b)), month, int(b[3]), h, m, s, us*1000, zone), nil
}

// monthOf reads the month, whose highest bit is the second of two equal hours
// at the end of summer time.
func monthOf(b byte) (time.Month, bool) {
	m := time.Month(b & 0x7f)
	return m, m >= 1 && m <= 12
}

func asDate(p *pickled, c *pyCall, depth int64) (any, error) {
	b, _, err := p.rawArg(c, depth)
	if err != nil {
		return nil, err
	}
	if len(b) != 4 {
		return nil, wrongArgs(c.args)
	}
	month, ok := monthOf(b[2])
	if !ok {
		return nil, wrongArgs(c.args)
	}
	return Date{int(binary.BigEndian.Uint16(b)), month, int(b[3])}, nil
}

func asTime(p *pickled, c *pyCall, depth int64) (any, error) {
	b, zone, err := p.rawArg(c, depth)
	if err != nil {
		return nil, err
	}
	if len(b) != 6 {
		return nil, wrongArgs(c.args)
	}
	h, m, s, us := clock(b)
	since := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second + time.Duration(us)*time.Microsecond
	return TimeOfDay{since, zone}, nil
}

func asTimedelta(p *pickled, c *pyCall, depth int64) (any, error) {
	args, err := p.args(c, depth)
	if err != nil {
		return nil, err
	}
	n, ok := integersOf(args)
	if !ok || len(n) > 3 {
		return nil, wrongArgs(args)
	}
	n = append(n, 0, 0, 0)[:3]
	const most = int64(math.MaxInt64/time.Second) / 86400
	if abs(n[0]) >= most || abs(n[1]) > 86400*2 || abs(n[2]) > 2e6 {
		return nil, tooLarge("a timedelta of %d days: a time.Duration has %d", n[0], most)
	}
	return time.Duration(n[0])*24*time.Hour + time.Duration(n[1])*time.Second + time.Duration(n[2])*time.Microsecond, nil
}

// zone reads the time zones people use: fixed ones, those of zoneinfo, pytz
// and dateutil by name.
func (p *pickled) zone(v any, depth int64) (*time.Location, error) {
	if v == nil {
		return nil, nil
	}
	if g, ok := v.(*pyGlobal); ok {
		switch g.String() {
		case "pytz.UTC", "pytz.utc", "datetime.UTC":
			return time.UTC, nil
		}
	}
	c, ok := v.(*pyCall)
	if !ok {
		return nil, mistyped("a time zone of %T", v)
	}
	name := p.callee(c)
	switch name {
	case "pytz._UTC", "dateutil.tz.tz.tzutc", "pytz.UTC", "dateutil.tz.tzutc":
		return time.UTC, nil
	case "datetime.timezone":
		if len(c.args) == 0 {
			break
		}
		d, err := p.value(c.args[0], depth)
		if err != nil {
			return nil, err
		}
		offset, ok := d.(time.Duration)
		if !ok {
			break
		}
		if offset == 0 && len(c.args) == 1 {
			return time.UTC, nil
		}
		title := ""
		if len(c.args) > 1 {
			title, _ = c.args[1].(string)
		}
		return time.FixedZone(title, int(offset/time.Second)), nil
	case "zoneinfo.ZoneInfo._unpickle", "zoneinfo.ZoneInfo", "pytz._p":
		if len(c.args) == 0 {
			break
		}
		key, ok := c.args[0].(string)
		if !ok {
			break
		}
		return namedZone(key)
	}
	return nil, unsafely("a time zone of %s", name)
}

// namedZone finds a zone of the time zone database. Where this machine has
// none, the name stays on a fixed zone.
func namedZone(key string) (*time.Location, error) {
	if key == "UTC" {
		return time.UTC, nil
	}
	zone, err := time.LoadLocation(key)
	if err != nil || zone == time.Local {
		return nil, mistyped("the time zone %.60q, which this machine does not know", key)
	}
	return zone, nil
}

// resolutions are pandas' numbers for the units of its moments.
var resolutions = map[int64]string{7: "s", 8: "ms", 9: "us", 10: "ns"}

func resolution(args []any, at int) string {
	if len(args) > at {
		if n, ok := args[at].(int64); ok && resolutions[n] != "" {
			return resolutions[n]
		}
	}
	return "ns"
}

// asTimestamp reads (value, frequency, zone, resolution).
func asTimestamp(p *pickled, c *pyCall, depth int64) (any, error) {
	if len(c.args) < 1 {
		return nil, wrongArgs(c.args)
	}
	n, ok := c.args[0].(int64)
	if !ok {
		return nil, wrongArgs(c.args)
	}
	t, err := moment(n, resolution(c.args, 3))
	if err != nil {
		return nil, err
	}
	if len(c.args) > 2 && c.args[2] != nil {
		zone, err := p.zone(c.args[2], depth)
		if err != nil {
			return nil, err
		}
		return t.In(zone), nil
	}
	return Naive(t), nil
}

func asPandasTimedelta(_ *pickled, c *pyCall, _ int64) (any, error) {
	if len(c.args) < 1 {
		return nil, wrongArgs(c.args)
	}
	n, ok := c.args[0].(int64)
	if !ok {
		return nil, wrongArgs(c.args)
	}
	return span(n, resolution(c.args, 1))
}

// span returns a count of a unit as a Duration.
func span(n int64, unit string) (time.Duration, error) {
	count, name := unitOf(unit)
	each := time.Duration(0)
	if s := seconds[name]; s > 0 {
		each = time.Duration(s) * time.Second
	} else if per := perSecond[name]; per > 0 && per <= 1e9 {
		each = time.Second / time.Duration(per)
	}
	if each == 0 {
		return 0, mistyped("a span of time in %q", unit)
	}
	if n != 0 && int64(each) > math.MaxInt64/count/abs(n) {
		return 0, tooLarge("a span of %d x %s", n, unit)
	}
	return time.Duration(n*count) * each, nil
}
