package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/internal/bench/figures"
	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/embedded"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// counter is a store that counts the rows that changes write.
type counter struct {
	*memory.Rows
	rows, index int
}

// Commit counts a change's rows and stores it.
func (c *counter) Commit(ch *engine.Change) error {
	for i := range ch.Ops {
		c.rows++
		switch op := &ch.Ops[i]; op.Kind {
		case engine.OpPutItem, engine.OpDelItem:
			if op.Type == engine.TypeZSet || op.Type == engine.TypeHash && op.Item.ExpireAt != 0 {
				c.index++ // by score; by expiry
			}
		case engine.OpPutKey:
			if op.Header.ExpireAt != 0 {
				c.index++ // by expiry
			}
		case engine.OpDelKey:
			if op.Header.ID != 0 {
				c.index++ // the list of what is to be swept
			}
		}
	}
	return c.Rows.Commit(ch)
}

// A cost is a command whose rows are counted: what it touches decides them, not
// what is there.
type cost struct {
	group   string
	command string
	touched int // elements, or keys
}

// Collections of rowElements elements are there before: a command that wrote as
// many would show it.
const rowElements = 1000

var costs = []cost{
	{"string", "SET s fresh-1", 1},
	{"string", "INCR n", 1},
	{"string", "APPEND s more", 1},
	{"string", "SETRANGE s 2 xx", 1},
	{"string", "SET s fresh-2 EX 100", 1},
	{"string", "MSET s fresh-3 s2 fresh-4 s3 fresh-5", 3},
	{"string", "GETDEL s3", 1},
	{"bitmap", "SETBIT bits 70000 1", 1},
	{"bitmap", "BITFIELD bits SET u8 0 200", 1},
	{"hyperloglog", "PFADD hll fresh-6", 1},
	{"generic", "EXPIRE s 1000", 1},
	{"generic", "EXPIRE h 1000", 1},
	{"generic", "PERSIST h", 1},
	{"generic", "RENAME h h-moved", 1},
	{"generic", "RENAME h-moved h", 1},
	{"hash", "HSET h field-7 fresh-7", 1},
	{"hash", "HSET h field-8 fresh-8 new-field fresh-9", 2},
	{"hash", "HINCRBY h counter 1", 1},
	{"hash", "HDEL h field-9", 1},
	{"hash", "HEXPIRE h 100 FIELDS 1 field-10", 1},
	{"list", "LPUSH l fresh-10", 1},
	{"list", "RPUSH l fresh-11 fresh-12", 2},
	{"list", "LPOP l", 1},
	{"list", "LSET l 500 fresh-13", 1},
	{"list", "LTRIM l 2 -1", 2},
	{"list", "LMOVE l l2 LEFT RIGHT", 2},
	{"set", "SADD m fresh-14", 1},
	{"set", "SREM m member-1", 1},
	{"set", "SMOVE m m2 member-2", 2},
	{"sorted set", "ZADD z 1.5 fresh-15", 1},
	{"sorted set", "ZADD z 999999 member-3", 1},
	{"sorted set", "ZINCRBY z 5 member-4", 1},
	{"sorted set", "ZREM z member-5", 1},
	{"sorted set", "ZPOPMIN z", 1},
	{"geo", "GEOADD g 13.361389 38.115556 Palermo", 1},
	{"stream", "XADD x * field fresh-16", 1},
	{"stream", "XGROUP CREATE x group 0", 1},
	{"stream", "XREADGROUP GROUP group me COUNT 1 STREAMS x >", 2},
	{"stream", "XDEL x 1-1", 1},
	{"json", "JSON.SET j $.name \"fresh-17\"", 1},
	{"script", "EVAL redis.call('SET',KEYS[1],ARGV[1]) 1 s fresh-18", 1},
	{"generic", "COPY s s-copy", 1},
	{"generic", "DEL h", 1},
	{"generic", "DEL z", 1},
	{"generic", "UNLINK l", 1},
	{"server", "SWAPDB 1 2", 1},
	{"server", "FLUSHDB", 1},
}

// rows counts the rows that commands write. A command's target is two for each
// element that it touches; one more is the row of the key when the command makes
// it or when its collection keeps counters.
func (b *bench) rows() error {
	c := &counter{Rows: memory.NewRows()}
	h, err := embedded.New(c, embedded.Options{})
	if err != nil {
		return err
	}
	defer h.Close()
	s, err := h.NewSession(store.SessionOptions{})
	if err != nil {
		return err
	}
	run := func(cmd resp.Command) (time.Duration, error) {
		begin := time.Now()
		replies, err := s.Execute(context.Background(), []resp.Command{cmd})
		took := time.Since(begin)
		if err == nil && replies[0].Kind == resp.Error {
			err = fmt.Errorf("%s: %s", strings.Join(cmd, " "), replies[0].Str)
		}
		return took, err
	}
	for i := range rowElements {
		n := fmt.Sprint(i)
		for _, cmd := range []resp.Command{
			{"HSET", "h", "field-" + n, n}, {"RPUSH", "l", n}, {"SADD", "m", "member-" + n}, {"ZADD", "z", n, "member-" + n},
			{"XADD", "x", n + "-1", "field", n},
		} {
			if _, err := run(cmd); err != nil {
				return err
			}
		}
	}
	for _, cmd := range []resp.Command{
		{"SET", "s", "value"}, {"SET", "s3", "value"}, {"SET", "n", "1"}, {"SET", "bits", "value"}, {"PFADD", "hll", "a"},
		{"HSET", "h", "counter", "1"}, {"RPUSH", "l2", "a"}, {"SADD", "m2", "a"}, {"GEOADD", "g", "15.087269", "37.502669", "Catania"},
		{"JSON.SET", "j", "$", `{"name":"a","tags":[1,2,3]}`}, {"SET", "s-copy-of", "a"},
	} {
		if _, err := run(cmd); err != nil {
			return err
		}
	}
	fmt.Printf("\nRows that a command writes into a store of rows; collections have %d elements before.\n"+
		"An entry of an index counts: sorted sets by score, keys and fields by expiry, what is to be swept.\n\n", rowElements)
	w := figures.NewTable()
	fmt.Fprint(w, "group\tcommand\trows\tindex\ttarget\t\n")
	for _, cost := range costs {
		c.rows, c.index = 0, 0
		if _, err := run(words(cost.command)); err != nil {
			return err
		}
		target := 2 * cost.touched
		if cost.group == "string" && c.index == 0 {
			target = cost.touched
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t\n", cost.group, cost.command, c.rows, c.index, target)
		b.verdicts.AtMost(cost.command+", rows", float64(c.rows+c.index), float64(target))
	}
	return w.Flush()
}

// words cuts a command at its spaces. A script is one word: it has no spaces.
func words(s string) resp.Command { return strings.Fields(s) }
