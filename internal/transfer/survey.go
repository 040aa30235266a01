package transfer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"golang.org/x/time/rate"

	"github.com/redis2cf/redis2cf/runtime/phase"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// SurveyOptions say what is counted.
type SurveyOptions struct {
	From  End
	Match string  // a glob of SCAN; "" is every key
	Type  string  // as TYPE answers it; "" is every type
	Rate  float64 // keys a second; 0 is as fast as it goes
	// Label names what a key is counted as.
	Label func(key, typ string) string
	// Progress, which may be nil, is told now and then how many keys were counted.
	Progress func(Counts)
}

// A Group is what is counted under one label.
type Group struct {
	Label    string
	Types    map[string]int64 // keys by type
	Keys     int64
	Elements int64 // of collections; a string is one
	Bytes    int64 // as the source counts them; 0 where it does not
	Expiring int64 // keys with an expiry
	Example  string
}

// Surveyed is what a source has.
type Surveyed struct {
	Groups map[string]*Group // by label
	Took   time.Duration
}

// Survey counts what Copy would bring, and changes nothing.
func Survey(ctx context.Context, o SurveyOptions) (Surveyed, error) {
	out := Surveyed{Groups: map[string]*Group{}}
	r, err := value.NewReader(ctx, o.From)
	if err != nil {
		return out, err
	}
	var limit *rate.Limiter
	if o.Rate > 0 {
		limit = rate.NewLimiter(rate.Limit(o.Rate), max(int(o.Rate), scanCount*2))
	}
	began := time.Now()
	n := Counts{}
	err = scanKeys(ctx, o.From, o.Match, o.Type, func(keys []string) error {
		if limit != nil {
			if err := limit.WaitN(ctx, min(len(keys), limit.Burst())); err != nil {
				return err
			}
		}
		heads, err := r.Heads(ctx, keys)
		if err != nil {
			return err
		}
		lengths, err := elements(ctx, o.From, heads)
		if err != nil {
			return err
		}
		for i, h := range heads {
			if h.Type == value.TypeNone {
				continue
			}
			label := o.Label(h.Key, h.Type)
			g := out.Groups[label]
			if g == nil {
				g = &Group{Label: label, Types: map[string]int64{}, Example: h.Key}
				out.Groups[label] = g
			}
			g.Keys++
			g.Types[h.Type]++
			g.Elements += lengths[i]
			g.Bytes += h.Bytes
			if h.Expire != value.NoExpiry {
				g.Expiring++
			}
		}
		n.Seen += int64(len(keys))
		if o.Progress != nil {
			o.Progress(n)
		}
		return nil
	})
	out.Took = time.Since(began)
	return out, err
}

// elements counts the elements of keys.
func elements(ctx context.Context, e End, heads []value.Head) ([]int64, error) {
	out := make([]int64, len(heads))
	var cmds []resp.Command
	var at []int
	for i, h := range heads {
		out[i] = 1
		if c := value.LengthCommand(h); c != nil && h.Type != value.TypeString {
			cmds, at = append(cmds, c), append(at, i)
		}
	}
	if len(cmds) == 0 {
		return out, nil
	}
	replies, err := e.Do(ctx, cmds)
	if err != nil {
		return nil, err
	}
	for n, i := range at {
		if replies[n].Kind != resp.Error { // else it is of another type by now
			out[i] = replies[n].Int
		}
	}
	return out, nil
}

// scanKeys gives each the keys of an end, a page of SCAN at a time. A key may come twice.
func scanKeys(ctx context.Context, e End, match, typ string, each func(keys []string) error) error {
	nodes, err := e.Nodes(ctx)
	if err != nil {
		return err
	}
	for _, node := range nodes {
		for cursor := "0"; ; {
			keys, next, err := scanPage(ctx, e, node, cursor, match, typ)
			if err != nil {
				return err
			}
			if len(keys) > 0 {
				if err := each(keys); err != nil {
					return err
				}
			}
			if cursor = next; cursor == "0" {
				break
			}
		}
	}
	return nil
}

// scanPage runs one SCAN. The keys that the phases of a move keep are left out.
func scanPage(ctx context.Context, e End, node, cursor, match, typ string) (keys []string, next string, err error) {
	cmd := resp.Command{"SCAN", cursor, "COUNT", strconv.Itoa(scanCount)}
	if match != "" {
		cmd = append(cmd, "MATCH", match)
	}
	if typ != "" {
		cmd = append(cmd, "TYPE", typ)
	}
	r, err := e.Scan(ctx, node, cmd)
	var refused *value.ReplyError
	if errors.As(err, &refused) {
		err = fmt.Errorf("%s: %w", e.Name(), err)
	}
	if err != nil {
		return nil, "", err
	}
	if len(r.Elems) != 2 {
		return nil, "", fmt.Errorf("%s: SCAN was answered with something else", e.Name())
	}
	keys = slices.DeleteFunc(value.Texts(r.Elems[1]), phase.Own)
	return keys, value.Text(r.Elems[0]), nil
}
