package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// report is the table to come.
type report struct {
	rows [][]string
}

// series is one figure per round.
type series []float64

func (s series) median() float64 {
	sorted := slices.Sorted(slices.Values(s))
	if len(sorted) == 0 {
		return 0
	}
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// against adds a row where more is better: Coffer's figure, that of the
// reference, and their ratio with the least and the greatest of the rounds.
func (r *report) against(what, reference, budget, unit string, coffer, other series) {
	ratios := make(series, len(coffer))
	for i := range coffer {
		ratios[i] = coffer[i] / other[i]
	}
	r.rows = append(r.rows, []string{
		what, figure(coffer.median(), unit), figure(other.median(), unit) + " " + reference,
		fmt.Sprintf("%.2f", ratios.median()), fmt.Sprintf("%.2f to %.2f", slices.Min(ratios), slices.Max(ratios)), budget,
	})
}

// plain adds a row with a budget of its own and no ratio; reference may say
// what the figure is a part of.
func (r *report) plain(what, reference, budget, unit string, coffer series) {
	spread := fmt.Sprintf("%s to %s", figure(slices.Min(coffer), unit), figure(slices.Max(coffer), unit))
	r.rows = append(r.rows, []string{what, figure(coffer.median(), unit), reference, "", spread, budget})
}

func figure(value float64, unit string) string {
	format := "%.0f %s"
	switch {
	case value < 10:
		format = "%.2f %s"
	case value < 100:
		format = "%.1f %s"
	}
	return fmt.Sprintf(format, value, unit)
}

// text is the table in Markdown, its columns aligned.
func (r *report) text() string {
	all := append([][]string{{"what", "Coffer", "reference", "ratio", "least to greatest", "budget"}}, r.rows...)
	widths := make([]int, len(all[0]))
	for _, row := range all {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var out strings.Builder
	for n, row := range all {
		for i, cell := range row {
			fmt.Fprintf(&out, "| %-*s ", widths[i], cell)
		}
		out.WriteString("|\n")
		if n == 0 {
			for _, width := range widths {
				out.WriteString("|" + strings.Repeat("-", width+2))
			}
			out.WriteString("|\n")
		}
	}
	return out.String()
}
