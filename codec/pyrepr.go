package codec

import (
	"fmt"
	"image"
	"math/big"
	"reflect"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
)

// PyRepr is what Python's repr() prints of a value that Pickle reads or
// writes.
func PyRepr(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case string:
		return pyRepr(v)
	case []byte:
		return pyBytes(v)
	case float64:
		return pyFloat(v)
	case complex128:
		return pyComplex(v)
	case *big.Int:
		if v.BitLen() > maxDigits*10/3 { // Python prints none of so many digits either
			return fmt.Sprintf("<an integer of %d bits>", v.BitLen())
		}
		return v.String()
	case *NDArray:
		return v.String()
	case arrow.Table:
		return TableText(v)
	case Tuple:
		if len(v) == 1 {
			return "(" + PyRepr(v[0]) + ",)"
		}
		return "(" + reprs(v) + ")"
	case Set:
		if len(v) == 0 {
			return "set()"
		}
		return "{" + reprs(v) + "}"
	case []any:
		return "[" + reprs(v) + "]"
	case Dict:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = PyRepr(item.Key) + ": " + PyRepr(item.Value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, k := range sortedKeys(v) {
			parts = append(parts, pyRepr(k)+": "+PyRepr(v[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case time.Time:
		return datetimeRepr(v)
	case Date:
		return fmt.Sprintf("datetime.date(%d, %d, %d)", v.Year, v.Month, v.Day)
	case TimeOfDay:
		return timeRepr(v)
	case time.Duration:
		return timedeltaRepr(v)
	case *Series:
		return v.String()
	case Decimal:
		return "Decimal('" + string(v) + "')"
	case Range:
		return fmt.Sprintf("range(%d, %d, %d)", v.Start, v.Stop, v.Step)
	case image.Image:
		return fmt.Sprintf("<PIL.Image.Image image mode=%s size=%dx%d>", imageMode(v), v.Bounds().Dx(), v.Bounds().Dy())
	}
	return reflectedRepr(reflect.ValueOf(v))
}

func reprs(items []any) string {
	parts := make([]string, len(items))
	for i, item := range items {
		parts[i] = PyRepr(item)
	}
	return strings.Join(parts, ", ")
}

// reflectedRepr prints slices, maps and numbers of any Go type.
func reflectedRepr(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		items := make([]any, v.Len())
		for i := range items {
			items[i] = v.Index(i).Interface()
		}
		return PyRepr(items)
	case reflect.Map:
		var d Dict
		for it := v.MapRange(); it.Next(); {
			d = append(d, Item{it.Key().Interface(), it.Value().Interface()})
		}
		return PyRepr(d)
	case reflect.String:
		return pyRepr(v.String())
	case reflect.Bool:
		return PyRepr(v.Bool())
	case reflect.Float32, reflect.Float64:
		return pyFloat(v.Float())
	}
	return fmt.Sprint(v.Interface())
}

func datetimeRepr(t time.Time) string {
	text := fmt.Sprintf("datetime.datetime(%d, %d, %d, %d, %d", t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute())
	us := t.Nanosecond() / 1000
	if t.Second() != 0 || us != 0 {
		text += fmt.Sprintf(", %d", t.Second())
	}
	if us != 0 {
		text += fmt.Sprintf(", %d", us)
	}
	if !IsNaive(t) {
		text += zoneRepr(t)
	}
	return text + ")"
}

// zoneRepr is the zone as the offset it has at the moment.
func zoneRepr(t time.Time) string {
	_, offset := t.Zone()
	if offset == 0 {
		return ", tzinfo=datetime.timezone.utc"
	}
	return ", tzinfo=datetime.timezone(" + timedeltaRepr(time.Duration(offset)*time.Second) + ")"
}

func timeRepr(t TimeOfDay) string {
	at := time.Time{}.Add(t.Since)
	text := fmt.Sprintf("datetime.time(%d, %d", at.Hour(), at.Minute())
	us := at.Nanosecond() / 1000
	if at.Second() != 0 || us != 0 {
		text += fmt.Sprintf(", %d", at.Second())
	}
	if us != 0 {
		text += fmt.Sprintf(", %d", us)
	}
	if t.Zone != nil {
		text += zoneRepr(at.In(t.Zone))
	}
	return text + ")"
}

func timedeltaRepr(d time.Duration) string {
	days, us := floorDiv(int64(d/time.Microsecond), 86400e6)
	var parts []string
	for _, part := range []struct {
		name string
		n    int64
	}{{"days", days}, {"seconds", us / 1e6}, {"microseconds", us % 1e6}} {
		if part.n != 0 {
			parts = append(parts, fmt.Sprintf("%s=%d", part.name, part.n))
		}
	}
	if len(parts) == 0 {
		parts = []string{"0"}
	}
	return "datetime.timedelta(" + strings.Join(parts, ", ") + ")"
}
