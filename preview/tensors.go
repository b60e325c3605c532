package preview

import (
	"encoding/binary"
	"encoding/json"
	"sort"
)

// TensorsView lists the tensors of a safetensors file, out of its header.
// Format: https://github.com/huggingface/safetensors#format
type TensorsView struct {
	Count      int               `json:"count"`
	Parameters int64             `json:"parameters"`
	Bytes      int64             `json:"bytes"`
	Metadata   map[string]string `json:"metadata,omitempty"`
	From       int64             `json:"from"`
	Tensors    []Tensor          `json:"tensors"` // by name
}

// Tensor is one of them.
type Tensor struct {
	Name  string  `json:"name"`
	DType string  `json:"dtype"`
	Shape []int64 `json:"shape"`
	Bytes int64   `json:"bytes"`
}

// maxHeader bounds the header of a safetensors file, in bytes.
const maxHeader = 4 << 20

func (v *view) tensors(p *Preview, f piece) error {
	head, err := f.head(8)
	if err != nil {
		return err
	}
	if len(head) < 8 {
		return malformed("no header")
	}
	n := binary.LittleEndian.Uint64(head)
	if n > uint64(f.size-8) {
		return malformed("a header of %d bytes in a file of %d", n, f.size)
	}
	if n > maxHeader {
		return tooLarge("a header of %d bytes", n)
	}
	b := make([]byte, n)
	if k, err := f.ReadAt(b, 8); k < len(b) {
		return err
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(b, &entries); err != nil {
		return malformed("a header that is no JSON: %v", err)
	}
	out := &TensorsView{Tensors: []Tensor{}}
	if text, ok := entries["__metadata__"]; ok {
		if err := json.Unmarshal(text, &out.Metadata); err != nil {
			return malformed("metadata that are no texts: %v", err)
		}
		delete(entries, "__metadata__")
	}
	names := make([]string, 0, len(entries))
	for name := range entries {
		names = append(names, name)
	}
	sort.Strings(names)
	page := v.query.Rows.or(usualMembers, maxMembers, int64(len(names)))
	out.From, out.Count = page.From, len(names)
	for i, name := range names {
		var e struct {
			DType   string   `json:"dtype"`
			Shape   []int64  `json:"shape"`
			Offsets [2]int64 `json:"data_offsets"`
		}
		if err := json.Unmarshal(entries[name], &e); err != nil {
			return malformed("tensor %.100q: %v", name, err)
		}
		count := int64(1)
		for _, d := range e.Shape {
			if d < 0 || d > 0 && count > (1<<62)/d {
				return malformed("tensor %.100q has the shape %v", name, e.Shape)
			}
			count *= d
		}
		out.Parameters += count
		out.Bytes += e.Offsets[1] - e.Offsets[0]
		if int64(i) >= page.From && int64(i) < page.To {
			out.Tensors = append(out.Tensors, Tensor{clip(name, maxName), e.DType, e.Shape, e.Offsets[1] - e.Offsets[0]})
		}
	}
	p.Tensors = out
	p.Title = plural(out.Count, "tensor")
	return nil
}
