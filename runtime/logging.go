package runtime

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"sync/atomic"
)

// Logging is what SetLogger takes: go-redis's logger.
type Logging interface {
	Printf(ctx context.Context, format string, v ...interface{})
}

// LogLevelT is how much is logged.
type LogLevelT int

// The levels, from the least to the most that is logged.
const (
	LogLevelError LogLevelT = iota
	LogLevelWarn
	LogLevelInfo
	LogLevelDebug
)

// String names the level.
func (l LogLevelT) String() string {
	if !l.IsValid() {
		return "UNKNOWN"
	}
	return [...]string{"ERROR", "WARN", "INFO", "DEBUG"}[l]
}

// IsValid reports whether l is one of the levels.
func (l LogLevelT) IsValid() bool { return l >= LogLevelError && l <= LogLevelDebug }

// WarnOrAbove reports whether warnings are logged.
func (l LogLevelT) WarnOrAbove() bool { return l >= LogLevelWarn }

// InfoOrAbove reports whether news are logged.
func (l LogLevelT) InfoOrAbove() bool { return l >= LogLevelInfo }

// DebugOrAbove reports whether everything is logged.
func (l LogLevelT) DebugOrAbove() bool { return l >= LogLevelDebug }

// stderrLogger writes to standard error, as go-redis's logger does.
type stderrLogger struct{ log *log.Logger }

func (l stderrLogger) Printf(_ context.Context, format string, v ...interface{}) {
	_ = l.log.Output(2, fmt.Sprintf(format, v...))
}

// VoidLogger logs nothing.
type VoidLogger struct{}

// Printf does nothing.
func (*VoidLogger) Printf(context.Context, string, ...interface{}) {}

// filterLogger drops lines by what they contain.
type filterLogger struct {
	next   Logging
	words  []string
	passes bool // lines with one of the words pass, else all others
}

func (l *filterLogger) Printf(ctx context.Context, format string, v ...interface{}) {
	line := fmt.Sprintf(format, v...)
	found := false
	for _, w := range l.words {
		found = found || strings.Contains(line, w)
	}
	if found == l.passes {
		l.next.Printf(ctx, "%s", line)
	}
}

type loggerBox struct{ Logging }

var (
	defaultLogger Logging = stderrLogger{log.New(os.Stderr, "redis2cf: ", log.LstdFlags)}
	theLogger     atomic.Pointer[loggerBox]
	logLevel      atomic.Int32
)

func logger() Logging {
	if b := theLogger.Load(); b != nil {
		return b.Logging
	}
	return defaultLogger
}

// SetLogger makes all clients log to logger; nil changes nothing.
func SetLogger(logger Logging) {
	if logger != nil {
		theLogger.Store(&loggerBox{logger})
	}
}

// SetLogLevel sets how much is logged.
func SetLogLevel(logLevelT LogLevelT) { logLevel.Store(int32(logLevelT)) }

// Disable makes all clients log nothing.
func Disable() { SetLogger(&VoidLogger{}) }

// Enable makes all clients log to standard error.
func Enable() { SetLogger(defaultLogger) }

// NewBlacklistLogger returns a logger that drops lines with one of the words.
func NewBlacklistLogger(substr []string) Logging {
	return &filterLogger{next: defaultLogger, words: substr}
}

// NewWhitelistLogger returns a logger that drops lines without one of the words.
func NewWhitelistLogger(substr []string) Logging {
	return &filterLogger{next: defaultLogger, words: substr, passes: true}
}
