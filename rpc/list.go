package rpc

import (
	"strings"

	"github.com/coffer-ml/coffer/internal/query"
)

// maxPage is the largest page that a list request gets; the SDK asks for it
// and stops at the first shorter one.
const maxPage = 500

// listRequest reads filters, order and page of a list request.
func listRequest(keys map[string]any, fields query.Fields) (query.Request, error) {
	all, err := filters(keys, fields)
	if err != nil {
		return query.Request{}, err
	}
	order, err := orderOf(keys["order_by"], fields)
	if err != nil {
		return query.Request{}, err
	}
	page, err := pageOf(keys)
	return query.Request{Filter: all, Order: order, Page: page}, err
}

func orderOf(value any, fields query.Fields) ([]query.Order, error) {
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
		name, desc := strings.CutPrefix(s, "-")
		if _, known := fields.Find(name); !known {
			if i == 0 {
				return nil, query.ErrField.Errorf("order_by: there is no field %.60q to order by", name).With("field", name)
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
		from, ok1 := wholeNumber(start)
		size, ok2 := wholeNumber(keys["size"])
		if !ok1 || !ok2 || from < 0 || size < 1 {
			return query.Page{}, ErrField.Errorf("start and size: expected whole numbers, start from 0 and size from 1 on").With("field", "start")
		}
		return query.Page{Offset: int(from), Limit: int(size)}, nil
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
	return query.Page{Offset: int(page * size), Limit: int(size)}, nil
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
