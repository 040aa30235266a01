package report

import "github.com/fatih/color"

// Style marks up text for a terminal. The zero value writes plain text.
type Style struct {
	bold, good, warn, bad, faint *color.Color
}

// Colour returns a style with colours.
func Colour() Style {
	on := func(attr ...color.Attribute) *color.Color {
		c := color.New(attr...)
		c.EnableColor() // whoever asks has looked at the terminal and NO_COLOR
		return c
	}
	return Style{
		bold:  on(color.Bold),
		good:  on(color.FgGreen),
		warn:  on(color.FgYellow),
		bad:   on(color.FgRed),
		faint: on(color.Faint),
	}
}

func (s Style) paint(c *color.Color, text string) string {
	if c == nil || text == "" {
		return text
	}
	return c.Sprint(text)
}

// Bold marks a heading.
func (s Style) Bold(text string) string { return s.paint(s.bold, text) }

// Good marks what went well.
func (s Style) Good(text string) string { return s.paint(s.good, text) }

// Warn marks what wants attention.
func (s Style) Warn(text string) string { return s.paint(s.warn, text) }

// Bad marks what went wrong.
func (s Style) Bad(text string) string { return s.paint(s.bad, text) }

// Faint marks what may be skipped.
func (s Style) Faint(text string) string { return s.paint(s.faint, text) }
