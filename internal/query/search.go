package query

import (
	"slices"
	"strings"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
)

// Limits of the word search.
const (
	// maxWord bounds a word in letters: longer ones are no words that anybody
	// types, and cost an index dear.
	maxWord = 64
	// MaxWords bounds the different words that are kept of one text, and
	// those of one search.
	MaxWords = 1000
	// maxTerms bounds the words of one search.
	maxTerms = 50
)

// Search is a word search: a row is found if it has one of the words, all of
// the phrases and nothing that is forbidden. The zero Search finds nothing.
type Search struct {
	Words   []string // stems, those of the phrases among them
	Phrases []string // folded
	Not     []string // stems
	NotSaid []string // folded phrases
}

// ParseSearch reads what a person typed: words, "a phrase", -not, -"not this".
// Nothing but blanks is no search.
func ParseSearch(text string) (s *Search, err error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	s = &Search{}
	for rest := text; ; {
		rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
		if rest == "" {
			break
		}
		not := strings.HasPrefix(rest, "-")
		rest = strings.TrimPrefix(rest, "-")
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			phrase, after, _ := strings.Cut(quoted, `"`)
			rest = after
			s.phrase(phrase, not)
			continue
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || r == '"' })
		if end < 0 {
			end = len(rest)
		}
		if not {
			s.Not = append(s.Not, Stems(rest[:end])...)
		} else {
			s.Words = append(s.Words, Stems(rest[:end])...)
		}
		rest = rest[end:]
	}
	for _, list := range []*[]string{&s.Words, &s.Phrases, &s.Not, &s.NotSaid} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	if n := len(s.Words) + len(s.Phrases) + len(s.Not) + len(s.NotSaid); n > maxTerms {
		return nil, ErrTooMany.Errorf("the search has %d words, the limit is %d", n, maxTerms)
	}
	return s, nil
}

func (s *Search) phrase(text string, not bool) {
	text = Fold(strings.TrimSpace(text))
	switch {
	case text == "":
	case not:
		s.NotSaid = append(s.NotSaid, text)
	default:
		s.Phrases = append(s.Phrases, text)
		s.Words = append(s.Words, Stems(text)...)
	}
}

// Stems returns the words of a text as the word search knows them, each once:
// lower case, without endings by the English Snowball stemmer, without the
// words that every text holds. A word is a run of letters, marks and digits;
// one with a digit, such as an id, is no English and kept as it is.
func Stems(text string) []string {
	var out []string
	seen := make(map[string]bool)
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.In(r, unicode.L, unicode.M, unicode.Nd) }) {
		word = strings.ToLower(word)
		if stopWords[word] || tooLong(word) {
			continue
		}
		if stem := stem(word); !seen[stem] {
			seen[stem] = true
			out = append(out, stem)
		}
		if len(out) == MaxWords {
			break
		}
	}
	return out
}

func stem(word string) string {
	if strings.ContainsFunc(word, unicode.IsDigit) {
		return word
	}
	env := snowballstem.NewEnv(word)
	english.Stem(env)
	return env.Current()
}

func tooLong(word string) bool {
	n := 0
	for range word {
		n++
	}
	return n > maxWord
}

// stopWords are the commonest words of English, which tell no text from
// another; the list is that of the Snowball project, without its contractions.
var stopWords = func() map[string]bool {
	set := make(map[string]bool)
	for _, w := range strings.Fields(`
		i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it its
		itself they them their theirs themselves what which who whom this that these those am is are was were be been being have
		has had having do does did doing would should could ought a an the and but if or because as until while of at by for with
		about against between into through during before after above below to from up down in out on off over under again further
		then once here there when where why how all any both each few more most other some such no nor not only own same so than
		too very`) {
		set[w] = true
	}
	return set
}()
