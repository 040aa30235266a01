package runtime

import (
	"context"
	"time"
)

// KeepTTL as an expiration keeps the one that the key has.
const KeepTTL = -1

// cmdable sends commands. Every type with commands embeds one: its methods
// build a command, call it and return the command.
type cmdable func(ctx context.Context, cmd Cmder) error

// statefulCmdable sends the commands that belong to one connection.
type statefulCmdable func(ctx context.Context, cmd Cmder) error

// usePrecise reports whether a duration needs milliseconds to be said.
func usePrecise(d time.Duration) bool { return d < time.Second || d%time.Second != 0 }

// formatSec is a duration in whole seconds; what is above zero but below one
// becomes one, with a line in the log, because 0 would mean something else.
func formatSec(ctx context.Context, d time.Duration) int64 {
	return formatDuration(ctx, d, time.Second)
}

// formatMs is a duration in whole milliseconds, as formatSec does seconds.
func formatMs(ctx context.Context, d time.Duration) int64 {
	return formatDuration(ctx, d, time.Millisecond)
}

func formatDuration(ctx context.Context, d, unit time.Duration) int64 {
	if d > 0 && d < unit {
		logger().Printf(ctx, "specified duration is %s, but minimal supported value is %s - truncating to 1%s",
			d, unit, unit.String()[1:])
		return 1
	}
	return int64(d / unit)
}

// expiry appends an expiration in the unit that says it exactly.
func expiry(ctx context.Context, args []interface{}, d time.Duration) []interface{} {
	if usePrecise(d) {
		return append(args, "px", formatMs(ctx, d))
	}
	return append(args, "ex", formatSec(ctx, d))
}
