package rpc

import (
	"math"
	"strings"

	"github.com/coffer-ml/coffer/internal/query"
)

// maxPage is the largest page that a list request gets; the SDK asks for it
// and stops at the first shorter one.
const maxPage = 500

// listRequest reads filters, search, order and page of a list request.
func listRequest(keys map[string]any, n noun) (query.Request, error) {
	all, err := filters(keys, n.fields)
	if err != nil {
		return query.Request{}, err
	}
	r := query.Request{Filter: all}
	if r.Search, err = searchOf(keys["search_text"], n); err != nil {
		return query.Request{}, err
	}
	if r.Order, err = orderOf(keys["order_by"], n.fields, r.Search != nil); err != nil {
		return query.Request{}, err
	}
	if _, scrolls := keys["scroll_id"]; scrolls {
		r.Bookmark, r.Page, err = bookmarkOf(keys, r.Order)
		return r, err
	}
	r.Page, err = pageOf(keys)
	return r, err
}

// searchOf reads search_text; an empty one is none.
func searchOf(value any, n noun) (*query.Search, error) {
	if value == nil || value == "" {
		return nil, nil
	}
	s, ok := value.(string)
	switch {
	case !ok:
		return nil, wrong("search_text", "a string", value)
	case !n.words:
		return nil, ErrQuery.Errorf("search_text: there is no word search here; use a pattern").With("field", "search_text")
	}
	return query.ParseSearch(s)
}

func orderOf(value any, fields query.Fields, searched bool) ([]query.Order, error) {
	items, ok := value.([]any)
	if s, isText := value.(string); isText {
		items, ok = []any{s}, true
	}
	if !ok {
		if value != nil {
			return nil, wrong("order_by", "a list of fields", value)
		}
		return nil, nil
	}
	var out []query.Order
	for i, item := range items {
		s, ok := item.(string)
		if !ok {
			return nil, wrong("order_by", "a list of fields", item)
		}
		path, desc := strings.CutPrefix(s, "-")
		if path == query.Score {
			if !searched {
				return nil, ErrQuery.Errorf("order_by: %s orders a search; search_text is missing", query.Score).With("field", "order_by")
			}
			out = append(out, query.Order{Field: query.Score})
			continue
		}
		name, err := fieldPath(path)
		if err != nil {
			return nil, err
		}
		if _, known := fields.Find(name); !known {
			if i == 0 && !desc {
				return nil, query.ErrField.Errorf("order_by: there is no field %.60q to order by", path).With("field", path)
			}
			continue // without effect, as the protocol has it
		}
		out = append(out, query.Order{Field: name, Desc: desc})
	}
	return out, nil
}

// pageOf reads page and page_size, or start and size, which win.
func pageOf(keys map[string]any) (query.Page, error) {
	if start, given := keys["start"]; given && start != nil {
		from, ok := wholeNumber(start)
		if !ok || from < 0 {
			return query.Page{}, ErrField.Errorf("start: expected a whole number from 0 on").With("field", "start")
		}
		size, err := sizeOf(keys)
		return query.Page{Offset: int(from), Limit: size}, err
	}
	page, size := int64(0), int64(maxPage)
	pageValue, pageGiven := keys["page"]
	sizeValue, sizeGiven := keys["page_size"]
	if pageGiven && sizeGiven && pageValue == nil && sizeValue == nil {
		return query.Page{}, nil // everything
	}
	if sizeGiven && sizeValue == nil {
		return query.Page{}, ErrMissingKey.Errorf("page_size: this field must not be null").With("field", "page_size")
	}
	var ok bool
	if pageValue != nil {
		if page, ok = wholeNumber(pageValue); !ok || page < 0 {
			return query.Page{}, ErrField.Errorf("page: expected a whole number from 0 on").With("field", "page")
		}
	}
	if sizeValue != nil {
		if size, ok = wholeNumber(sizeValue); !ok || size < 1 {
			return query.Page{}, ErrField.Errorf("page_size: expected a whole number from 1 on").With("field", "page_size")
		}
	}
	size = min(size, maxPage)
	if page > math.MaxInt64/size {
		return query.Page{Offset: math.MaxInt64, Limit: int(size)}, nil
	}
	return query.Page{Offset: int(page * size), Limit: int(size)}, nil
}

func sizeOf(keys map[string]any) (int, error) {
	size, ok := wholeNumber(keys["size"])
	if !ok || size < 1 {
		return 0, ErrField.Errorf("size: expected a whole number from 1 on").With("field", "size")
	}
	return int(size), nil
}

// bookmarkOf reads scroll_id, which turns scrolling on by being there, size and
// refresh_scroll: that begins anew and reads up to where the scroll was.
func bookmarkOf(keys map[string]any, order []query.Order) (*query.Bookmark, query.Page, error) {
	size, err := sizeOf(keys)
	if err != nil {
		return nil, query.Page{}, err
	}
	id, ok := keys["scroll_id"].(string)
	if !ok && keys["scroll_id"] != nil {
		return nil, query.Page{}, wrong("scroll_id", "a string", keys["scroll_id"])
	}
	at, err := query.ParseBookmark(id, order)
	if err != nil {
		return nil, query.Page{}, err
	}
	if truthy(keys["refresh_scroll"]) {
		return &query.Bookmark{}, query.Page{Limit: max(size, at.Seen)}, nil
	}
	return &at, query.Page{Limit: size}, nil
}

// scrollID is what a reply tells for the next page; "" if the caller does not
// scroll.
func scrollID(r query.Request) string {
	if r.Bookmark == nil {
		return ""
	}
	return r.Bookmark.Encode(r.Order)
}

// texts reads a list of texts, or a single one; null and absence are nil.
func texts(name string, value any) ([]string, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case string:
		return []string{v}, nil
	case []any:
		out := make([]string, 0, len(v))
		for _, item := range v {
			s, ok := item.(string)
			if !ok {
				return nil, wrong(name, "a list of strings", item)
			}
			out = append(out, s)
		}
		return out, nil
	}
	return nil, wrong(name, "a list of strings", value)
}
