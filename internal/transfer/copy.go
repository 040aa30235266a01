package transfer

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/value"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"
)

// CopyOptions say what is brought, and how.
type CopyOptions struct {
	From, To   End
	Match      string  // a glob of SCAN; "" is every key
	Type       string  // as TYPE answers it; "" is every type
	Rate       float64 // keys a second; 0 is as fast as it goes
	Overwrite  bool    // what others wrote at the destination is replaced
	Checkpoint string  // a file's name; "" is none: the copy cannot be resumed
	// Progress, which may be nil, is told now and then how far the copy is.
	Progress func(Counts)
}

// Counts sum up what became of keys.
type Counts struct {
	Seen    int64             // by SCAN
	Copied  int64             // created or replaced
	Same    int64             // were there already as they are
	Kept    int64             // somebody else has written them at the destination
	Gone    int64             // ended between SCAN and reading
	Bytes   int64             // of what was read, as the source counts them
	Refused map[string]int64  // keys that cannot be brought, by the reason
	Example map[string]string // one of them, by the reason
}

// Left is how many keys were not brought and are not there.
func (c *Counts) Left() int64 {
	n := c.Kept
	for _, r := range c.Refused {
		n += r
	}
	return n
}

// Reasons are those for which keys were refused, sorted.
func (c *Counts) Reasons() []string {
	out := make([]string, 0, len(c.Refused))
	for t := range c.Refused {
		out = append(out, t)
	}
	sort.Strings(out)
	return out
}

// scanCount is the COUNT of SCAN, and readKeys how many keys are read in one pipeline.
const (
	scanCount = 1000
	readKeys  = 200
	readers   = 4
	writers   = 4 // pipelines of readKeys keys that are written at the same time
)

// A copier is the state of one Copy.
type copier struct {
	CopyOptions
	reader  *value.Reader
	look    *value.Reader // at the destination
	writer  writer
	check   *checkpoint
	resumed bool // there was a checkpoint
	limit   *rate.Limiter

	mu     sync.Mutex
	counts Counts
}

// Copy brings the keys of one end to another. It returns what became of them, also
// when an error ends it; with a checkpoint the next Copy goes on from there.
func Copy(ctx context.Context, o CopyOptions) (Counts, error) {
	c, err := newCopier(ctx, o)
	if err != nil {
		return Counts{}, err
	}
	err = c.all(ctx)
	if c.check != nil {
		if err == nil || !c.resumed && c.counted().Seen == 0 {
			err = errors.Join(err, c.check.remove()) // nothing was begun that could go on
		} else {
			err = errors.Join(err, c.check.close())
		}
	}
	return c.counted(), errors.Join(err, c.writer.Close())
}

func newCopier(ctx context.Context, o CopyOptions) (*copier, error) {
	c := &copier{CopyOptions: o, counts: Counts{Refused: map[string]int64{}, Example: map[string]string{}}}
	var err error
	if c.reader, err = value.NewReader(ctx, o.From); err != nil {
		return nil, err
	}
	if c.look, err = value.NewReader(ctx, o.To); err != nil {
		return nil, err
	}
	if o.Rate > 0 {
		c.limit = rate.NewLimiter(rate.Limit(o.Rate), max(int(o.Rate), readKeys))
	}
	if c.writer, err = newWriter(o.To); err != nil {
		return nil, err
	}
	if o.Checkpoint != "" {
		what := fmt.Sprintf("%s to %s, match %q, type %q", o.From.Name(), o.To.Name(), o.Match, o.Type)
		if c.check, c.resumed, err = openCheckpoint(o.Checkpoint, what); err != nil {
			return nil, errors.Join(err, c.writer.Close())
		}
	}
	return c, nil
}

// A page is what one SCAN answered, read.
type page struct {
	node, next string
	keys       []value.Key
}

// all goes through every node.
func (c *copier) all(ctx context.Context) error {
	nodes, err := c.From.Nodes(ctx)
	if err != nil {
		return err
	}
	for _, node := range nodes {
		if err := c.node(ctx, node); err != nil {
			return err
		}
	}
	return nil
}

// node reads the pages of a node while the ones before are written.
func (c *copier) node(ctx context.Context, node string) error {
	cursor := "0"
	if c.check != nil {
		var done bool
		var err error
		if cursor, done, err = c.check.cursor(ctx, node); err != nil || done {
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pages := make(chan page, 2)
	var reading error
	go func() {
		defer close(pages)
		reading = c.scan(ctx, node, cursor, func(p page) error {
			select {
			case pages <- p:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	for p := range pages {
		err := c.write(ctx, p.keys)
		if err == nil && c.check != nil {
			err = c.check.passed(ctx, p.node, p.next)
		}
		if err != nil {
			cancel()
			for range pages { // the reader ends
			}
			return err
		}
		if c.Progress != nil {
			c.Progress(c.counted())
		}
	}
	return reading
}

// scan reads page after page of a node.
func (c *copier) scan(ctx context.Context, node, cursor string, each func(page) error) error {
	for {
		names, next, err := scanPage(ctx, c.From, node, cursor, c.Match, c.Type)
		if err != nil {
			return err
		}
		cursor = next
		keys, err := c.readAll(ctx, c.reader, names)
		if err != nil {
			return err
		}
		c.count(func(n *Counts) { n.Seen += int64(len(keys)) })
		if err := c.will(ctx, keys); err != nil {
			return err
		}
		if err := each(page{node, cursor, keys}); err != nil || cursor == "0" {
			return err
		}
	}
}

// readAll reads keys, several pipelines side by side.
func (c *copier) readAll(ctx context.Context, r *value.Reader, keys []string) ([]value.Key, error) {
	out := make([]value.Key, len(keys))
	errs := make([]error, (len(keys)+readKeys-1)/readKeys)
	slots := make(chan struct{}, readers)
	var wg sync.WaitGroup
	for n := range errs {
		part := keys[n*readKeys : min((n+1)*readKeys, len(keys))]
		if c.limit != nil {
			if err := c.limit.WaitN(ctx, len(part)); err != nil {
				return nil, err
			}
		}
		slots <- struct{}{}
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer func() { <-slots }()
			list, err := r.Read(ctx, part)
			errs[n] = err
			copy(out[n*readKeys:], list)
		}()
	}
	wg.Wait()
	return out, errors.Join(errs...)
}

func (c *copier) count(f func(*Counts)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.counts)
}

func (c *copier) counted() Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.counts
	out.Refused, out.Example = map[string]int64{}, map[string]string{}
	for t, n := range c.counts.Refused {
		out.Refused[t], out.Example[t] = n, c.counts.Example[t]
	}
	return out
}

// write brings keys that were read.
func (c *copier) write(ctx context.Context, keys []value.Key) error {
	now := time.Now().UnixMilli()
	var small, large []value.Key
	for _, k := range keys {
		switch {
		case k.Gone, k.Expire != value.NoExpiry && k.Expire <= now:
			c.count(func(n *Counts) { n.Gone++ })
		case !value.Supported(k.Type):
			c.refuse(k.Key, "no store has values of type "+k.Type)
		case k.Large:
			large = append(large, k)
		default:
			small = append(small, k)
		}
	}
	writing, each := errgroup.WithContext(ctx)
	writing.SetLimit(writers)
	for len(small) > 0 {
		n, bytes := 0, int64(0)
		for n < len(small) && n < readKeys && (n == 0 || bytes+small[n].Size() <= 2*value.PieceBytes) {
			bytes += small[n].Size()
			n++
		}
		part := small[:n]
		writing.Go(func() error { return c.small(each, part) })
		small = small[n:]
	}
	if err := writing.Wait(); err != nil {
		return err
	}
	for i := range large {
		if err := c.large(ctx, large[i].Head); err != nil {
			return err
		}
	}
	return nil
}

// markOf is the mark of a key that was read whole.
func markOf(k *value.Key) mark { return mark{k.Key, k.Digest(), k.Expire} }

// will notes the states of keys that are written next.
func (c *copier) will(ctx context.Context, keys []value.Key) error {
	if c.check == nil {
		return nil
	}
	marks := make([]mark, 0, len(keys))
	for i := range keys {
		if k := &keys[i]; !k.Gone && !k.Large && value.Supported(k.Type) {
			marks = append(marks, markOf(k))
		}
	}
	return c.check.will(ctx, marks)
}

// small brings keys that were read whole, and whose states are noted.
func (c *copier) small(ctx context.Context, keys []value.Key) error {
	made, err := c.writer.create(ctx, keys)
	if err != nil {
		return err
	}
	var created []mark
	var alone []*value.Key
	for i := range keys {
		switch o := made[i]; {
		case o.alone && keys[i].Type == value.TypeString:
			alone = append(alone, &keys[i])
		case o.refused != "":
			c.refuse(keys[i].Key, o.refused)
		case !o.there:
			c.count(func(n *Counts) { n.Copied++; n.Bytes += keys[i].Bytes })
			created = append(created, markOf(&keys[i]))
		default:
			if err := c.replace(ctx, keys[i].Head); err != nil {
				return err
			}
		}
	}
	if err := c.alone(ctx, alone); err != nil {
		return err
	}
	return c.recheck(ctx, created)
}

// recheck removes keys again that were deleted at the source after they were read: who
// follows the source may have seen that before they were made here.
func (c *copier) recheck(ctx context.Context, created []mark) error {
	if len(created) == 0 {
		return nil
	}
	cmds := make([]resp.Command, len(created))
	for i, m := range created {
		cmds[i] = resp.Command{"EXISTS", m.key}
	}
	replies, err := c.From.Do(ctx, cmds)
	if err != nil {
		return err
	}
	for i, m := range created {
		if r := replies[i]; r.Kind == resp.Int && r.Int == 0 {
			if err := c.gone(ctx, m.key, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// refuse counts a key that cannot be brought. The reason is cut where the end has written
// the key or a number of bytes into it, so that equal ones are counted together.
func (c *copier) refuse(key, why string) {
	why = strings.ReplaceAll(why, strconv.Quote(key), "…")
	why = digits.ReplaceAllString(why, "N")
	c.count(func(n *Counts) {
		n.Refused[why]++
		if n.Example[why] == "" {
			n.Example[why] = key
		}
	})
}

// digits are long numbers, which differ from key to key.
var digits = regexp.MustCompile(`[0-9]{4,}`)
