package query

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/coffer-ml/coffer/internal/fault"
)

// ErrBookmark is the reason for refusing the text of a bookmark.
var ErrBookmark = fault.Reason{Kind: fault.Invalid, Name: "query.bad_bookmark"}

// Bookmark is a place in an ordered list: that of the last row which was seen.
// A store that is given one begins behind it and moves it on to the last row
// that it returns, so that rows which come and go meanwhile neither repeat nor
// hide others. The zero Bookmark stands before the first row.
type Bookmark struct {
	// Keys are what the row is ordered by, its id last: nil, string, int64 or
	// float64. Empty before the first row.
	Keys []any
	// Seen counts the rows up to here.
	Seen int
}

// bookmark is the text form: short names, and keys that keep their types.
type bookmark struct {
	Order string   `json:"o"`
	Keys  []string `json:"k"`
	Seen  int      `json:"n"`
}

// Encode writes the bookmark of a list in that order as a text that holds in a
// URL. It is opaque to clients, but no secret.
func (b Bookmark) Encode(order []Order) string {
	out := bookmark{Order: signature(order), Seen: b.Seen, Keys: []string{}}
	for _, k := range b.Keys {
		switch k := k.(type) {
		case string:
			out.Keys = append(out.Keys, "s"+k)
		case int64:
			out.Keys = append(out.Keys, "i"+strconv.FormatInt(k, 10))
		case float64:
			out.Keys = append(out.Keys, "f"+strconv.FormatFloat(k, 'g', -1, 64))
		default:
			out.Keys = append(out.Keys, "-")
		}
	}
	text, _ := json.Marshal(out) // texts and numbers always marshal
	return base64.RawURLEncoding.EncodeToString(text)
}

// ParseBookmark reads what Encode wrote for a list in the same order; "" is
// the zero Bookmark.
func ParseBookmark(text string, order []Order) (Bookmark, error) {
	if text == "" {
		return Bookmark{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	var in bookmark
	if err == nil {
		err = json.Unmarshal(raw, &in)
	}
	if err != nil {
		return Bookmark{}, ErrBookmark.Wrap(err, "this is no place in a list; begin without one")
	}
	if in.Order != signature(order) {
		return Bookmark{}, ErrBookmark.Errorf("this place was taken in a list of another order; begin without one")
	}
	b := Bookmark{Seen: max(in.Seen, 0)}
	for _, k := range in.Keys {
		v, err := key(k)
		if err != nil {
			return Bookmark{}, ErrBookmark.Wrap(err, "this is no place in a list; begin without one")
		}
		b.Keys = append(b.Keys, v)
	}
	return b, nil
}

func key(text string) (any, error) {
	kind, value := text[:min(1, len(text))], text[min(1, len(text)):]
	switch kind {
	case "s":
		return value, nil
	case "i":
		return strconv.ParseInt(value, 10, 64)
	case "f":
		return strconv.ParseFloat(value, 64)
	case "-":
		return nil, nil
	}
	return nil, fmt.Errorf("key of unknown kind %q", kind)
}

// signature tells orders apart.
func signature(order []Order) string {
	var b strings.Builder
	for _, o := range order {
		fmt.Fprintf(&b, "%q %v,", o.Field, o.Desc)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:6])
}
