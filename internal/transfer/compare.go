package transfer

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"sort"
	"strconv"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// CompareOptions say what is compared, and how.
type CompareOptions struct {
	From, To  End
	Match     string        // a glob of SCAN; "" is every key
	Type      string        // as TYPE answers it; "" is every type
	Sample    float64       // the share of keys that is compared; 0 and 1 are all of them
	Seed      uint64        // chooses which; the same seed chooses the same keys
	Tolerance time.Duration // by how much expiries may differ
	// Rounds is how often keys that differ are looked at again, Wait after how long: a
	// key that is written while it is compared is not different for that.
	Rounds int
	Wait   time.Duration
	Sleep  func(context.Context, time.Duration) error // nil waits
	Repair bool                                       // the destination is made like the source
	// Progress, which may be nil, is told now and then how many keys were compared.
	Progress func(Compared)
}

// Kinds of differences.
const (
	Missing = "missing" // not at the destination
	Extra   = "extra"   // only at the destination
	Type    = "type"
	Value   = "value"
	Expiry  = "expiry"
)

// A Difference is a key that is not the same at both ends.
type Difference struct {
	Key      string
	Kind     string
	From, To string // what each end has, for people: a type, a number of elements, an expiry
	Repaired bool

	from, to state // at the last look
}

// A state is what an end had of a key at one look.
type state struct {
	typ    string
	digest value.Digest
	expire int64
}

// Compared is what came of a comparison.
type Compared struct {
	Keys       int64 // that were compared, at either end
	Skipped    int64 // that the sample left out
	Unreadable map[string]int64
	// Written is how many keys differed at each look and had changed at both ends since the
	// one before: they are written all the time, and followed.
	Written     int64
	Differences []Difference // sorted by key
}

// Same tells whether no difference is left.
func (c *Compared) Same() bool {
	for i := range c.Differences {
		if !c.Differences[i].Repaired {
			return false
		}
	}
	return true
}

type comparer struct {
	CompareOptions
	from, to *value.Reader
	out      Compared
	suspect  map[string]bool
}

// Compare holds two ends against each other. A difference is no error.
func Compare(ctx context.Context, o CompareOptions) (Compared, error) {
	c := &comparer{CompareOptions: o, suspect: map[string]bool{}, out: Compared{Unreadable: map[string]int64{}}}
	if c.Sleep == nil {
		c.Sleep = sleep
	}
	var err error
	if c.from, err = value.NewReader(ctx, o.From); err != nil {
		return c.out, err
	}
	if c.to, err = value.NewReader(ctx, o.To); err != nil {
		return c.out, err
	}
	if err := c.scan(ctx, c.From, c.page); err != nil {
		return c.out, err
	}
	if err := c.scan(ctx, c.To, c.extra); err != nil {
		return c.out, err
	}
	if err := c.again(ctx); err != nil {
		return c.out, err
	}
	if o.Repair && len(c.out.Differences) > 0 {
		err = c.repair(ctx)
	}
	return c.out, err
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// scan gives each the sampled keys of an end, in parts.
func (c *comparer) scan(ctx context.Context, e End, each func(context.Context, []string) error) error {
	return scanKeys(ctx, e, c.Match, c.Type, func(keys []string) error {
		for len(keys) > 0 {
			n := min(len(keys), readKeys)
			if err := each(ctx, c.sampled(keys[:n])); err != nil {
				return err
			}
			keys = keys[n:]
		}
		if c.Progress != nil {
			c.Progress(c.out)
		}
		return nil
	})
}

// sampled are the keys that the sample has.
func (c *comparer) sampled(keys []string) []string {
	if c.Sample <= 0 || c.Sample >= 1 {
		return keys
	}
	out := make([]string, 0, len(keys))
	for _, k := range keys {
		h := fnv.New64a()
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], c.Seed)
		_, _ = h.Write(b[:]) // a hash has no errors
		_, _ = h.Write([]byte(k))
		if float64(mix(h.Sum64()))/math.MaxUint64 < c.Sample {
			out = append(out, k)
		}
	}
	c.out.Skipped += int64(len(keys) - len(out))
	return out
}

// mix spreads a hash over all bits, which FNV does not (the finalizer of MurmurHash3).
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// page compares keys of the source.
func (c *comparer) page(ctx context.Context, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	c.out.Keys += int64(len(keys))
	list, err := c.differences(ctx, keys)
	for _, d := range list {
		c.suspect[d.Key] = true
	}
	return err
}

// extra looks for keys that only the destination has.
func (c *comparer) extra(ctx context.Context, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	cmds := make([]resp.Command, len(keys))
	for i, k := range keys {
		cmds[i] = resp.Command{"EXISTS", k}
	}
	replies, err := c.From.Do(ctx, cmds)
	if err != nil {
		return err
	}
	for i, r := range replies {
		switch {
		case r.Kind == resp.Error:
			return fmt.Errorf("%s: %w", c.From.Name(), &value.ReplyError{Command: "EXISTS", Text: r.Str})
		case r.Int == 0:
			c.out.Keys++
			c.suspect[keys[i]] = true
		}
	}
	return nil
}

// again looks at what differed once more, some time later, as often as was asked for.
func (c *comparer) again(ctx context.Context) error {
	keys := make([]string, 0, len(c.suspect))
	for k := range c.suspect {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	before := map[string]Difference{}
	for round := 0; ; round++ {
		var left []string
		c.out.Differences, c.out.Written = nil, 0
		for from := 0; from < len(keys); from += readKeys {
			list, err := c.differences(ctx, keys[from:min(from+readKeys, len(keys))])
			if err != nil {
				return err
			}
			for _, d := range list {
				left = append(left, d.Key)
				if old, ok := before[d.Key]; ok && old.from != d.from && old.to != d.to {
					c.out.Written++
				} else {
					c.out.Differences = append(c.out.Differences, d)
				}
				before[d.Key] = d
			}
		}
		keys = left
		if round >= c.Rounds || len(keys) == 0 {
			return nil
		}
		if err := c.Sleep(ctx, c.Wait); err != nil {
			return err
		}
	}
}

// A seen is what one end has of a key.
type seen struct {
	value.Head
	digest value.Digest
	rows   int
}

func (c *comparer) see(ctx context.Context, r *value.Reader, keys []string) ([]seen, error) {
	list, err := r.Read(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := make([]seen, len(list))
	for i := range list {
		w := &list[i]
		out[i].Head = w.Head
		d := value.NewDigester(w.Type)
		switch {
		case w.Gone:
			out[i].Type = value.TypeNone
			continue
		case !value.Supported(w.Type):
			continue
		case w.Large:
			rows := 0
			if err := r.Pieces(ctx, w.Head, func(p value.Piece) error { d.Add(p); rows += len(p); return nil }); err != nil {
				return nil, err
			}
			out[i].rows = rows
		default:
			d.Add(w.Piece)
			out[i].rows = len(w.Piece)
		}
		out[i].digest = d.Sum()
	}
	return out, nil
}

// differences compares keys once.
func (c *comparer) differences(ctx context.Context, keys []string) ([]Difference, error) {
	var from, to []seen
	var other error
	done := make(chan struct{})
	go func() {
		defer close(done)
		to, other = c.see(ctx, c.to, keys)
	}()
	from, err := c.see(ctx, c.from, keys)
	<-done
	if err = errors.Join(err, other); err != nil {
		return nil, err
	}
	var out []Difference
	for i, k := range keys {
		if d := c.differ(&from[i], &to[i]); d != nil {
			d.Key = k
			d.from = state{from[i].Type, from[i].digest, from[i].Expire}
			d.to = state{to[i].Type, to[i].digest, to[i].Expire}
			out = append(out, *d)
		}
	}
	return out, nil
}

func (c *comparer) differ(a, b *seen) *Difference {
	switch {
	case a.Type == value.TypeNone && b.Type == value.TypeNone:
		return nil
	case b.Type == value.TypeNone:
		return &Difference{Kind: Missing, From: a.says(), To: "no key"}
	case a.Type == value.TypeNone:
		return &Difference{Kind: Extra, From: "no key", To: b.says()}
	case a.Type != b.Type:
		return &Difference{Kind: Type, From: a.says(), To: b.says()}
	case !value.Supported(a.Type):
		c.out.Unreadable[a.Type]++
		return nil
	case a.digest != b.digest:
		return &Difference{Kind: Value, From: a.says(), To: b.says()}
	}
	if a.Alone || b.Alone {
		return nil // KV does not say when a key expires
	}
	if (a.Expire == value.NoExpiry) != (b.Expire == value.NoExpiry) || abs(a.Expire-b.Expire) > c.Tolerance.Milliseconds() {
		return &Difference{Kind: Expiry, From: expires(a.Expire), To: expires(b.Expire)}
	}
	return nil
}

func abs(n int64) int64 { return max(n, -n) }

func (s *seen) says() string {
	what := s.Type
	if s.Type != value.TypeString && s.Type != value.TypeJSON && s.rows > 0 {
		what += " of " + strconv.Itoa(s.rows)
	}
	return what + fmt.Sprintf(" (%x)", s.digest[:4])
}

func expires(ms int64) string {
	if ms == value.NoExpiry {
		return "never"
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
}

// repair makes the destination like the source where they differ.
func (c *comparer) repair(ctx context.Context) error {
	cp, err := newCopier(ctx, CopyOptions{From: c.From, To: c.To, Overwrite: true})
	if err != nil {
		return err
	}
	defer cp.writer.Close() //nolint:errcheck // it is in memory
	for i := range c.out.Differences {
		d := &c.out.Differences[i]
		if d.Kind == Extra {
			if d.Repaired, err = c.remove(ctx, d.Key); err != nil {
				return err
			}
			continue
		}
		before := cp.counted()
		if err := cp.replace(ctx, value.Head{Key: d.Key}); err != nil {
			return err
		}
		after := cp.counted()
		d.Repaired = after.Copied+after.Same+after.Gone > before.Copied+before.Same+before.Gone
	}
	return nil
}

// remove deletes a key that only the destination has.
func (c *comparer) remove(ctx context.Context, key string) (ok bool, err error) {
	conn, err := c.To.Conn(ctx, key)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := value.One(ctx, conn, "WATCH", key); err != nil {
		return false, err
	}
	there, err := value.One(ctx, c.From, "EXISTS", key)
	if err != nil || there.Int != 0 {
		return false, err
	}
	_, ok, err = transact(ctx, conn, []resp.Command{{"DEL", key}})
	return ok, err
}
