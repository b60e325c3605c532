package query

// Trigrams returns the runs of three letters of a folded text, each once: what
// holds a text of three letters or more holds all of them.
func Trigrams(folded string) []string {
	runes := []rune(folded)
	if len(runes) < 3 {
		return nil
	}
	seen := make(map[string]bool, len(runes))
	var out []string
	for i := range len(runes) - 2 {
		if t := string(runes[i : i+3]); !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	return out
}
