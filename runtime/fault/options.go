package fault

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"time"
)

// Options are settings. The zero value repeats and breaks, and remembers nothing.
type Options struct {
	// Retries is how often a read is sent again; 0 is DefaultRetries, negative is never.
	Retries int
	// Pause is about how long the first pause is, and MaxPause the longest; 0 are the
	// defaults. Each is up to half longer or shorter.
	Pause, MaxPause time.Duration
	// Failures is how many frames in a row fail before the breaker opens; 0 is
	// DefaultFailures, negative is that it never does.
	Failures int
	// Open is how long it stays open before a frame is let through; 0 is DefaultOpen.
	Open time.Duration
	// Caches are the patterns of keys whose replies are remembered, as redis2cf.yaml has
	// them: * is any run of bytes, ? is one.
	Caches []string
	// CacheBytes bounds the memory for them, CacheAge how old an answer may be; 0 are
	// the defaults.
	CacheBytes int64
	CacheAge   time.Duration
	// Log is told when the breaker opens and closes; nil is nobody.
	Log *slog.Logger
}

// The settings of an Options that does not have them.
const (
	DefaultRetries    = 3
	DefaultPause      = 50 * time.Millisecond
	DefaultMaxPause   = 2 * time.Second
	DefaultFailures   = 5
	DefaultOpen       = 5 * time.Second
	DefaultCacheBytes = 16 << 20
	DefaultCacheAge   = 10 * time.Minute
)

func (o Options) filled() Options {
	def(&o.Retries, DefaultRetries)
	def(&o.Pause, DefaultPause)
	def(&o.MaxPause, DefaultMaxPause)
	def(&o.Failures, DefaultFailures)
	def(&o.Open, DefaultOpen)
	def(&o.CacheBytes, DefaultCacheBytes)
	def(&o.CacheAge, DefaultCacheAge)
	return o
}

func def[T comparable](at *T, value T) {
	var zero T
	if *at == zero {
		*at = value
	}
}

// fromQuery takes the settings of this package out of a URL's query.
func fromQuery(q url.Values) (o Options, err error) {
	number := func(at *int) func(string) error {
		return func(s string) error {
			n, err := strconv.Atoi(s)
			if err != nil || n < 0 {
				return errors.New("no number from 0")
			}
			if *at = n; n == 0 {
				*at = -1 // the zero value of Options is the default
			}
			return nil
		}
	}
	span := func(at *time.Duration) func(string) error {
		return func(s string) (err error) {
			if *at, err = time.ParseDuration(s); err != nil || *at <= 0 {
				return errors.New("no time such as 500ms or 10s")
			}
			return nil
		}
	}
	settings := map[string]func(string) error{
		"fault-retries": number(&o.Retries), "fault-failures": number(&o.Failures),
		"fault-pause": span(&o.Pause), "fault-max-pause": span(&o.MaxPause), "fault-open": span(&o.Open), "fault-cache-age": span(&o.CacheAge),
		"fault-cache-bytes": func(s string) error {
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil || n <= 0 {
				return errors.New("no number of bytes")
			}
			o.CacheBytes = n
			return nil
		},
		"fault-cache": func(s string) error {
			if s == "" {
				return errors.New("no pattern of keys")
			}
			o.Caches = append(o.Caches, s)
			return nil
		},
	}
	for name, values := range q {
		set := settings[name]
		if set == nil {
			return o, fmt.Errorf("unknown setting %q; there are fault-retries, fault-pause, fault-max-pause, fault-failures, fault-open, fault-cache, fault-cache-bytes and fault-cache-age", name)
		}
		for _, v := range values {
			if err := set(v); err != nil {
				return o, fmt.Errorf("%s=%s is %w", name, v, err)
			}
		}
	}
	return o, nil
}
