package cli

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/redis2cf/redis2cf/internal/report"
)

// ui shows progress on a terminal and is quiet in a pipe.
type ui struct {
	style report.Style // of stdout
	width int          // of stdout's terminal; 0: it is none
	err   report.Style // of stderr
	to    io.Writer    // nil: no progress
	bar   *progressbar.ProgressBar
}

func newUI(stdout, stderr io.Writer) *ui {
	u := &ui{}
	if isTerminal(stdout) {
		if width, _, err := term.GetSize(int(stdout.(*os.File).Fd())); err == nil {
			u.width = width
		}
		if colourWanted() {
			u.style = report.Colour()
		}
	}
	if isTerminal(stderr) {
		u.to = stderr
		if colourWanted() {
			u.err = report.Colour()
		}
	}
	return u
}

// isTerminal says whether a person watches what is written.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// colourWanted honours NO_COLOR (https://no-color.org) and dumb terminals.
func colourWanted() bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// step says what is being done until the next step or done.
func (u *ui) step(what string) {
	u.done()
	if u.to == nil {
		return
	}
	u.bar = progressbar.NewOptions(-1,
		progressbar.OptionSetWriter(u.to),
		progressbar.OptionSetDescription(what),
		progressbar.OptionSpinnerType(14),
		progressbar.OptionSetSpinnerChangeInterval(100*time.Millisecond),
		progressbar.OptionSetElapsedTime(true),
		progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish(),
	)
	_ = u.bar.RenderBlank() // a terminal that cannot be written to is no reason to stop
}

// done ends the current step.
func (u *ui) done() {
	if u.bar == nil {
		return
	}
	_ = u.bar.Finish()
	u.bar = nil
}
