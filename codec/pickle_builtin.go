package codec

func asNothing(*pickled, *pyCall, int64) (any, error) { return nil, nil }

func asList(p *pickled, c *pyCall, depth int64) (any, error) {
	out := []any{}
	if len(c.args) > 0 {
		v, err := p.value(c.args[0], depth)
		if err != nil {
			return nil, err
		}
		items, ok := sequence(v)
		if !ok {
			return nil, wrongArgs(c.args)
		}
		out = append(out, items...)
	}
	items, err := p.list(c.items, depth)
	return append(out, items...), err
}

func sequence(v any) ([]any, bool) {
	switch v := v.(type) {
	case []any:
		return v, true
	case Tuple:
		return v, true
	case Set:
		return v, true
	}
	return nil, false
}

func asTuple(p *pickled, c *pyCall, depth int64) (any, error) {
	v, err := asList(p, c, depth)
	items, _ := v.([]any)
	return Tuple(items), err
}

func asSet(p *pickled, c *pyCall, depth int64) (any, error) {
	v, err := asList(p, c, depth)
	items, _ := v.([]any)
	return Set(items), err
}

func asDict(p *pickled, c *pyCall, depth int64) (any, error) {
	pairs := c.pairs
	if len(c.args) > 0 {
		switch from := c.args[0].(type) {
		case *pyDict:
			pairs = append(append(pyPairs(nil), from.pairs...), pairs...)
		case *pyList: // of lists or tuples of two
			for _, item := range from.items {
				var two []any
				switch item := item.(type) {
				case *pyList:
					two = item.items
				case *pyTuple:
					two = item.items
				}
				if len(two) != 2 {
					return nil, wrongArgs(c.args)
				}
				pairs = append(pairs, [2]any{two[0], two[1]})
			}
		default:
			return nil, wrongArgs(c.args)
		}
	}
	out, err := p.dict(pairs, depth)
	return out, err
}

// asDefaultDict leaves the factory alone.
func asDefaultDict(p *pickled, c *pyCall, depth int64) (any, error) {
	out, err := p.dict(c.pairs, depth)
	return out, err
}

func asBytes(p *pickled, c *pyCall, depth int64) (any, error) {
	args, err := p.args(c, depth)
	if err != nil {
		return nil, err
	}
	switch len(args) {
	case 0:
		return []byte{}, nil
	case 1:
		if b, ok := args[0].([]byte); ok {
			return b, nil
		}
		// bytes(list of numbers)
		items, ok := sequence(args[0])
		if !ok {
			return nil, wrongArgs(args)
		}
		if err := p.take(len(items)); err != nil {
			return nil, err
		}
		out := make([]byte, len(items))
		for i, item := range items {
			n, ok := item.(int64)
			if !ok || n < 0 || n > 255 {
				return nil, wrongArgs(args)
			}
			out[i] = byte(n)
		}
		return out, nil
	}
	return asEncoded(p, c, depth)
}

// asEncoded undoes how protocols 0 to 2 keep bytes: a text of latin-1.
func asEncoded(p *pickled, c *pyCall, depth int64) (any, error) {
	args, err := p.args(c, depth)
	if err != nil {
		return nil, err
	}
	if len(args) != 2 {
		return nil, wrongArgs(args)
	}
	text, ok := args[0].(string)
	encoding, _ := args[1].(string)
	if !ok || (encoding != "latin1" && encoding != "latin-1") || !isLatin1(text) {
		return nil, wrongArgs(args)
	}
	if err := p.take(len(text)); err != nil {
		return nil, err
	}
	return []byte(encodeLatin1(text)), nil
}

func asComplex(p *pickled, c *pyCall, depth int64) (any, error) {
	args, err := p.args(c, depth)
	if err != nil {
		return nil, err
	}
	if len(args) == 2 {
		re, ok := args[0].(float64)
		im, also := args[1].(float64)
		if ok && also {
			return complex(re, im), nil
		}
	}
	return nil, wrongArgs(args)
}

// Range is a Python range: from Start towards Stop, which is left out.
type Range struct{ Start, Stop, Step int64 }

func asRange(p *pickled, c *pyCall, depth int64) (any, error) {
	args, err := p.args(c, depth)
	if err != nil {
		return nil, err
	}
	n, ok := integersOf(args)
	if !ok || len(n) != 3 {
		return nil, wrongArgs(args)
	}
	return Range{n[0], n[1], n[2]}, nil
}

func integersOf(args []any) ([]int64, bool) {
	out := make([]int64, len(args))
	for i, a := range args {
		n, ok := a.(int64)
		if !ok {
			return nil, false
		}
		out[i] = n
	}
	return out, true
}

func asNumber(p *pickled, c *pyCall, depth int64) (any, error) {
	args, err := p.args(c, depth)
	if err == nil && len(args) == 1 && len(c.states) == 0 {
		return args[0], nil
	}
	if err == nil {
		err = wrongArgs(args)
	}
	return nil, err
}

func asDecimal(p *pickled, c *pyCall, depth int64) (any, error) {
	args, err := p.args(c, depth)
	if err != nil {
		return nil, err
	}
	if len(args) == 1 {
		if s, ok := args[0].(string); ok {
			return Decimal(s), nil
		}
	}
	return nil, wrongArgs(args)
}
