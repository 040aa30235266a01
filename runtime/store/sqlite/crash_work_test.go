package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/redis2cf/redis2cf/runtime"
)

var ctx = context.Background()

// crashWorkers is how many clients a child has at once.
const crashWorkers = 6

// crashKinds are what one step of a worker does, in order. Each is answered before
// the next is sent.
var crashKinds = []string{"counter", "list", "transaction", "script", "stream", "collection"}

const crashScript = "redis.call('INCR', KEYS[1]) redis.call('HINCRBY', KEYS[2], 'n', 1) return redis.call('RPUSH', KEYS[3], ARGV[1])"

// bigFields is how many fields the collections have that come and go.
const bigFields = 300

// work does steps until the process is killed, and says which were answered.
func work(url string) {
	c := runtime.NewClient(&runtime.Options{Addr: url})
	for w := 0; w < crashWorkers; w++ {
		go func(w int) {
			if err := workOn(c, w); err != nil {
				fmt.Fprintln(os.Stderr, "worker", w, err)
				fmt.Println("failed")
				os.Exit(1)
			}
		}(w)
	}
	select {}
}

// workOn continues where the worker before was killed.
func workOn(c *runtime.Client, w int) error {
	s, err := read(c, w)
	if err != nil {
		return err
	}
	done := s.done()
	for i := done[len(done)-1] + 1; ; i++ {
		for k, kind := range crashKinds {
			if done[k] >= i {
				continue // the killed one came so far
			}
			if err := step(c, kind, w, i); err != nil {
				return fmt.Errorf("%s %d: %w", kind, i, err)
			}
			done[k] = i
			if _, err := fmt.Fprintf(os.Stdout, "%s%d %d\n", kind, w, i); err != nil {
				return err
			}
		}
	}
}

// step is the i-th step of one kind.
func step(c *runtime.Client, kind string, w, i int) error {
	key := func(name string) string { return fmt.Sprintf("%s:%d", name, w) }
	switch kind {
	case "counter":
		n, err := c.Incr(ctx, "global").Result()
		if err != nil {
			return err
		}
		if err := c.Set(ctx, key("seen"), n, 0).Err(); err != nil {
			return err
		}
		n, err = c.Incr(ctx, key("counter")).Result()
		if err == nil && n != int64(i) {
			err = fmt.Errorf("the counter says %d", n)
		}
		return err
	case "list":
		return c.RPush(ctx, key("list"), i).Err()
	case "transaction":
		_, err := c.TxPipelined(ctx, func(p runtime.Pipeliner) error {
			p.Incr(ctx, key("tx:a"))
			p.HSet(ctx, key("tx:h"), "n", i, fmt.Sprint("f", i%40), i)
			p.ZAdd(ctx, key("tx:z"), runtime.Z{Score: float64(i), Member: "m"})
			p.SAdd(ctx, key("tx:s"), i)
			p.Rename(ctx, key("tx:s"), key("tx:t"))
			p.Rename(ctx, key("tx:t"), key("tx:s"))
			p.LTrim(ctx, key("list"), -200, -1)
			return nil
		})
		return err
	case "script":
		return c.Eval(ctx, crashScript, []string{key("s:a"), key("s:h"), key("s:l")}, i).Err()
	case "stream":
		return c.XAdd(ctx, &runtime.XAddArgs{Stream: key("stream"), MaxLen: 100, ID: fmt.Sprint(i, "-1"), Values: []string{"n", fmt.Sprint(i)}}).Err()
	}
	// A collection comes, and the one before goes: its rows are swept.
	fields := make([]interface{}, 0, 2*bigFields+2)
	for f := 0; f < bigFields; f++ {
		fields = append(fields, fmt.Sprint("f", f), i)
	}
	_, err := c.TxPipelined(ctx, func(p runtime.Pipeliner) error {
		p.Del(ctx, key("big"))
		p.HSet(ctx, key("big"), append(fields, "n", i)...)
		p.Set(ctx, fmt.Sprintf("gone:%d:%d", w, i), "x", 1e6) // 1 ms
		return nil
	})
	return err
}

// workerState is what is stored of one worker's steps.
type workerState struct {
	counter, seen                   int
	listLen, listFirst, listLast    int
	txA, txN, txField, txScore, txS int
	scriptA, scriptH, scriptL       int
	stream, streamLen, bigN, bigLen int
}

// done is how many steps of each kind are stored.
func (s *workerState) done() []int {
	return []int{s.counter, s.listLast, s.txA, s.scriptA, s.stream, s.bigN}
}

// whole tells what is stored whole.
func (s *workerState) whole() map[string]bool {
	return map[string]bool{
		"list":        s.listLast-s.listFirst == max(s.listLen-1, 0),
		"transaction": s.txA == s.txN && s.txA == s.txField && s.txA == s.txScore && s.txA == s.txS,
		"script":      s.scriptA == s.scriptH && s.scriptA == s.scriptL,
		"stream":      s.streamLen == min(s.stream, 100),
		"collection":  s.bigLen == 0 && s.bigN == 0 || s.bigLen == bigFields+1,
	}
}

// read reads what is stored of one worker.
func read(c *runtime.Client, w int) (s workerState, err error) {
	key := func(name string) string { return fmt.Sprintf("%s:%d", name, w) }
	num := func(cmd interface{ Result() (string, error) }) (n int) {
		text, e := cmd.Result()
		if e == nil {
			n, e = strconv.Atoi(text)
		} else if e == runtime.Nil {
			e = nil
		}
		if e != nil && err == nil {
			err = e
		}
		return n
	}
	s.counter, s.seen = num(c.Get(ctx, key("counter"))), num(c.Get(ctx, key("seen")))
	list, err1 := c.LRange(ctx, key("list"), 0, -1).Result()
	if s.listLen = len(list); s.listLen > 0 {
		s.listFirst, _ = strconv.Atoi(list[0])
		s.listLast, _ = strconv.Atoi(list[len(list)-1])
		for i, v := range list {
			if v != strconv.Itoa(s.listFirst+i) && err1 == nil {
				err1 = fmt.Errorf("element %d of the list is %s, the first is %s", i, v, list[0])
			}
		}
	}
	s.txA, s.txN = num(c.Get(ctx, key("tx:a"))), num(c.HGet(ctx, key("tx:h"), "n"))
	s.txField = num(c.HGet(ctx, key("tx:h"), fmt.Sprint("f", s.txA%40)))
	score, err2 := c.ZScore(ctx, key("tx:z"), "m").Result()
	if err2 == runtime.Nil {
		err2 = nil
	}
	s.txScore, s.txS = int(score), int(c.SCard(ctx, key("tx:s")).Val())
	s.scriptA, s.scriptH = num(c.Get(ctx, key("s:a"))), num(c.HGet(ctx, key("s:h"), "n"))
	s.scriptL = int(c.LLen(ctx, key("s:l")).Val())
	entries, err3 := c.XRevRangeN(ctx, key("stream"), "+", "-", 1).Result()
	if len(entries) > 0 {
		_, _ = fmt.Sscanf(entries[0].ID, "%d-1", &s.stream)
	}
	s.streamLen = int(c.XLen(ctx, key("stream")).Val())
	s.bigN, s.bigLen = num(c.HGet(ctx, key("big"), "n")), int(c.HLen(ctx, key("big")).Val())
	for _, e := range []error{err1, err2, err3} {
		if err == nil {
			err = e
		}
	}
	return s, err
}

func stateOf(t *testing.T, c *runtime.Client, w int) workerState {
	t.Helper()
	s, err := read(c, w)
	if err != nil {
		t.Errorf("worker %d: %v", w, err)
	}
	return s
}

func number(t *testing.T, c *runtime.Client, key string) int {
	t.Helper()
	n, err := c.Get(ctx, key).Int()
	if err != nil && err != runtime.Nil {
		t.Error(err)
	}
	return n
}
