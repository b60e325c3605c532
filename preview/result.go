package preview

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
)

// Preview is what a file is shown as. Of the parts after Warning one is set,
// by Kind.
type Preview struct {
	Digest  string   `json:"digest"`
	Name    string   `json:"name"`
	Members []string `json:"members,omitempty"`
	Size    int64    `json:"size"`
	// Kind is what is shown, Modes the kinds that it can be shown as, the usual
	// one first.
	Kind  string   `json:"kind"`
	Modes []string `json:"modes"`
	// Media is the content type by what is in it.
	Media string `json:"content_type"`
	// Title says what it is in a few words, Facts further ones.
	Title string `json:"title,omitempty"`
	Facts []Fact `json:"facts,omitempty"`
	// Problem is why it is not shown as what it is, Warning what to mind.
	Problem string `json:"problem,omitempty"`
	Warning string `json:"warning,omitempty"`
	// Read is how many bytes were read for it.
	Read int64 `json:"read"`

	Array   *ArrayView   `json:"array,omitempty"`
	Table   *TableView   `json:"table,omitempty"`
	Image   *ImageView   `json:"image,omitempty"`
	Tree    *TreeView    `json:"tree,omitempty"`
	Text    *TextView    `json:"text,omitempty"`
	Archive *ArchiveView `json:"archive,omitempty"`
	Pickle  *PickleView  `json:"pickle,omitempty"`
	Tensors *TensorsView `json:"tensors,omitempty"`
	Hex     *HexView     `json:"hex,omitempty"`
}

// Fact is a name and what there is to say.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (p *Preview) fact(name, value string) { p.Facts = append(p.Facts, Fact{name, value}) }

// Number is a float64 that may be none: in JSON NaN and the infinities are the
// texts "NaN", "Infinity" and "-Infinity".
type Number float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	switch x := float64(n); {
	case math.IsNaN(x):
		return []byte(`"NaN"`), nil
	case math.IsInf(x, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(x, -1):
		return []byte(`"-Infinity"`), nil
	default:
		return json.Marshal(x)
	}
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Number) UnmarshalJSON(b []byte) error {
	s := string(bytes.Trim(b, `"`))
	x, err := strconv.ParseFloat(s, 64)
	*n = Number(x)
	return err
}

// encode writes a reply. Texts keep < and > as they are: nothing takes the
// reply for a page.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
