package preview

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// ArchiveView lists what is in a zip file, out of its directory.
type ArchiveView struct {
	// Count is how many files there are; Found how many have a name that holds
	// the text that was asked for.
	Count int `json:"count"`
	Found int `json:"found"`
	// Bytes unpacked and packed, as the directory says.
	Bytes  int64 `json:"bytes"`
	Packed int64 `json:"packed"`
	// Members are those of the page that begins at From, in the order of the
	// directory.
	From    int64    `json:"from"`
	Members []Member `json:"members"`
	// Types sums up by extension, the most bytes first; Largest are the
	// largest members.
	Types   []ArchiveType `json:"types"`
	Largest []Member      `json:"largest"`
	// Strange counts members that are not opened, or whose name leads outside.
	Strange int `json:"strange,omitempty"`
}

// Member is a file in an archive.
type Member struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	Packed int64  `json:"packed"`
	// Trouble is why it is not opened; Outside says that its name leads out of
	// the folder it would be unpacked into.
	Trouble string `json:"trouble,omitempty"`
	Outside bool   `json:"outside,omitempty"`
}

// ArchiveType is how much of an archive has one extension.
type ArchiveType struct {
	Extension string `json:"extension"`
	Count     int    `json:"count"`
	Bytes     int64  `json:"bytes"`
}

const (
	usualMembers   = 500
	maxMembers     = 2000
	largestMembers = 10
	shownTypes     = 20
)

func (v *view) archive(p *Preview, f piece, k kind) error {
	z, err := unzip(f)
	if err != nil {
		return err
	}
	out := &ArchiveView{Members: []Member{}, Types: []ArchiveType{}, Largest: []Member{}}
	byType := map[string]*ArchiveType{}
	page := v.query.Rows.or(usualMembers, maxMembers, int64(len(z.File)))
	out.From = page.From
	pickled := false
	for _, m := range z.File {
		if strings.HasSuffix(m.Name, "/") {
			continue
		}
		one := Member{Name: clip(m.Name, maxName), Size: int64(m.UncompressedSize64), Packed: int64(m.CompressedSize64), Trouble: trouble(m), Outside: outside(m.Name)}
		if one.Size < 0 || one.Packed < 0 {
			one.Size, one.Packed = 0, 0
		}
		if one.Trouble != "" || one.Outside {
			out.Strange++
		}
		out.Count++
		out.Bytes += one.Size
		out.Packed += one.Packed
		ext := strings.ToLower(path.Ext(one.Name))
		pickled = pickled || ext == ".pkl"
		t := byType[ext]
		if t == nil {
			t = &ArchiveType{Extension: clip(ext, 40)}
			byType[ext] = t
		}
		t.Count++
		t.Bytes += one.Size
		if len(out.Largest) < largestMembers || one.Size > out.Largest[len(out.Largest)-1].Size {
			i, _ := slices.BinarySearchFunc(out.Largest, one, func(a, b Member) int { return cmp.Compare(b.Size, a.Size) })
			out.Largest = slices.Insert(out.Largest, i, one)
			out.Largest = out.Largest[:min(len(out.Largest), largestMembers)]
		}
		if v.query.Find != "" && !strings.Contains(strings.ToLower(one.Name), strings.ToLower(v.query.Find)) {
			continue
		}
		if int64(out.Found) >= page.From && int64(out.Found) < page.To {
			out.Members = append(out.Members, one)
		}
		out.Found++
	}
	for _, t := range byType {
		out.Types = append(out.Types, *t)
	}
	slices.SortFunc(out.Types, func(a, b ArchiveType) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Extension, b.Extension))
	})
	out.Types = out.Types[:min(len(out.Types), shownTypes)]
	p.Archive = out
	p.Title = plural(out.Count, "file")
	if k.format == "torch" && pickled {
		p.Warning = "This looks like a PyTorch file. It holds a pickle; loading that can run code."
	}
	return nil
}
