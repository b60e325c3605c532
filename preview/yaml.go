package preview

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxYAML bounds a YAML text that is shown as a tree: its parser takes some
// forty times as much for texts that are all structure.
const maxYAML = 512 << 10

// yaml shows a YAML text. Aliases stay what they are, so that texts that are
// made of aliases of aliases stay small.
func (v *view) yaml(f piece, path []string) (Node, error) {
	if f.size > maxYAML {
		return Node{}, tooLarge("a YAML text of more than %d KiB", maxYAML>>10)
	}
	b, err := f.head(maxYAML)
	if err != nil {
		return Node{}, err
	}
	var root yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(b)).Decode(&root); err != nil {
		if errors.Is(err, io.EOF) {
			return scalar("null", "null"), nil
		}
		return Node{}, malformed("%s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	n := &root
	if n.Kind == yaml.DocumentNode {
		n = n.Content[0]
	}
	for _, step := range path {
		if n = yamlChild(n, step); n == nil {
			return Node{}, noNode(v.query.Path)
		}
	}
	return yamlNode(n, treeLevels, v.children()), nil
}

func yamlChild(n *yaml.Node, step string) *yaml.Node {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == step {
				return n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i]
		}
	}
	return nil
}

func yamlNode(n *yaml.Node, levels int, page Span) Node {
	switch n.Kind {
	case yaml.AliasNode:
		return scalar("link", "*"+n.Value)
	case yaml.SequenceNode, yaml.MappingNode:
	default:
		return scalar(yamlKind(n), n.Value)
	}
	out := Node{Kind: "list", From: page.From, Count: int64(len(n.Content)), Value: clip(n.Anchor, keyBytes)}
	step := int64(1)
	if n.Kind == yaml.MappingNode {
		out.Kind, step = "object", 2
		out.Count /= 2
	}
	if levels == 0 {
		return out
	}
	for i := min(page.From, out.Count); i < min(page.To, out.Count); i++ {
		child := yamlNode(n.Content[i*step+step-1], levels-1, Span{0, innerChildren})
		if step == 2 {
			key := clip(n.Content[2*i].Value, keyBytes)
			if n.Content[2*i].Kind != yaml.ScalarNode {
				key = "(a key of several parts)"
			}
			child.Key = &key
		}
		out.Children = append(out.Children, child)
	}
	return out
}

func yamlKind(n *yaml.Node) string {
	switch n.ShortTag() {
	case "!!null":
		return "null"
	case "!!bool":
		return "bool"
	case "!!int", "!!float":
		return "number"
	case "!!str":
		return "string"
	}
	return clip(n.ShortTag(), 40)
}
