package api

// LogMatches is what a search found in a console log.
type LogMatches struct {
	Matches []LogMatch `json:"matches"`
	Total   int        `json:"total"` // lines that match, in all
	Lines   int        `json:"lines"` // of the log
	Next    int        `json:"next,omitempty"`
}

// LogMatch is a line that matches, counted from 1.
type LogMatch struct {
	Line      int    `json:"line"`
	Timestamp int64  `json:"timestamp"` // of the event that it is a part of
	Text      string `json:"text"`
}
