package engine_test

import (
	"fmt"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// A counted store counts what is asked of it.
type counted struct {
	engine.Store
	queries, read int   // calls of Items, and rows that they yielded
	counted       int64 // rows that Count looked at
	written       int   // row operations on items
}

func (c *counted) Items(q engine.Query, yield func(engine.Item) bool) error {
	c.queries++
	return c.Store.Items(q, func(it engine.Item) bool { c.read++; return yield(it) })
}

func (c *counted) Count(q engine.Query) (int64, error) {
	n, err := c.Store.Count(q)
	c.counted += n
	return n, err
}

func (c *counted) Commit(ch *engine.Change) error {
	for _, op := range ch.Ops {
		if op.Kind == engine.OpPutItem || op.Kind == engine.OpDelItem {
			c.written++
		}
	}
	return c.Store.Commit(ch)
}

// TestCommandsOnColdCollectionsCostTheirRows counts what commands ask of the store
// and write, each on an engine that was just opened, of collections much larger
// than what is read whole.
func TestCommandsOnColdCollectionsCostTheirRows(t *testing.T) {
	const n = 12_000
	store := &counted{Store: memory.NewRows()}
	s := &orderedSide{t: t, store: store, opt: engine.Options{ResidentRows: 150}}
	s.open()
	list, zset := resp.Command{"RPUSH", "l"}, resp.Command{"ZADD", "z"}
	for i := 0; i < n; i++ {
		list = append(list, fmt.Sprint("element ", i))
		zset = append(zset, fmt.Sprint(i), fmt.Sprint("member ", i))
	}
	s.exec(1, []resp.Command{list, zset})
	for _, c := range []struct {
		cmd           resp.Command
		read, written int  // rows, at most; what a first use reads to know that a collection is large comes on top
		counts        bool // may count all rows
	}{
		{resp.Command{"LPUSH", "l", "x"}, 130, 1, false},
		{resp.Command{"RPOP", "l"}, 130, 1, false},
		{resp.Command{"LINDEX", "l", "7000"}, 130, 0, false},
		{resp.Command{"LSET", "l", "7000", "x"}, 130, 1, false},
		{resp.Command{"LRANGE", "l", "0", "49"}, 2 * 130, 0, false},
		{resp.Command{"LRANGE", "l", "6000", "6049"}, 2 * 130, 0, false},
		{resp.Command{"LLEN", "l"}, 2, 0, false},
		{resp.Command{"LTRIM", "l", "0", "11899"}, 130, 100, false},
		{resp.Command{"LTRIM", "l", "500", "-1"}, 130, 500, false},
		{resp.Command{"ZADD", "z", "5.5", "new"}, 1, 1, false},
		{resp.Command{"ZADD", "z", "7.5", "member 7"}, 1, 1, false},
		{resp.Command{"ZINCRBY", "z", "3", "member 6000"}, 1, 1, false},
		{resp.Command{"ZSCORE", "z", "member 7000"}, 1, 0, false},
		{resp.Command{"ZREM", "z", "member 7000"}, 1, 1, false},
		{resp.Command{"ZPOPMIN", "z"}, 40, 1, false},
		{resp.Command{"ZRANGE", "z", "0", "49"}, 120, 0, false},
		{resp.Command{"ZREVRANGE", "z", "0", "49"}, 120, 0, false},
		{resp.Command{"ZRANGE", "z", "-50", "-1"}, 120, 0, false},
		{resp.Command{"ZRANGEBYSCORE", "z", "6000", "6049"}, 200, 0, false},
		{resp.Command{"ZRANGEBYSCORE", "z", "6000", "+inf", "LIMIT", "0", "10"}, 120, 0, false},
		{resp.Command{"ZREMRANGEBYSCORE", "z", "6000", "6009"}, 120, 10, false},
		{resp.Command{"ZCOUNT", "z", "6000", "6049"}, 4, 0, false},
		{resp.Command{"ZCARD", "z"}, 1, 0, true},
		{resp.Command{"ZRANK", "z", "member 6000"}, 2, 0, true},
		{resp.Command{"ZRANGE", "z", "6000", "6049"}, 120, 0, true},
		{resp.Command{"ZRANDMEMBER", "z"}, 120, 0, true},
	} {
		s.open()
		store.queries, store.read, store.counted, store.written = 0, 0, 0, 0
		s.exec(1, []resp.Command{c.cmd})
		read := store.read - 151
		queries := 5
		if c.counts {
			queries += n/1024 + 1 // to find the place of every 1024th row, once
		}
		if read > c.read+queries-5 || store.queries > queries || store.written != c.written || !c.counts && store.counted > 60 {
			t.Errorf("%v: %d queries, %d rows read, %d rows counted, %d written", c.cmd, store.queries, read, store.counted, store.written)
		}
	}
}
