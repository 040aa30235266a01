package difftest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// state compares every key of the first databases.
func (p *pairing) state() (*Difference, error) {
	if p.multi {
		if _, d, err := p.both([]resp.Command{{"DISCARD"}}); d != nil || err != nil {
			return d, err
		}
	}
	p.subject.Settle()
	for _, db := range []string{"0", "1", "2"} {
		r, d, err := p.both([]resp.Command{{"SELECT", db}, {"KEYS", "*"}})
		if d != nil || err != nil {
			return d, err
		}
		var cmds []resp.Command
		for _, key := range r[1].Elems {
			cmds = append(cmds, resp.Command{"TYPE", key.Str}, resp.Command{"PEXPIRETIME", key.Str})
		}
		if r, d, err = p.both(cmds); d != nil || err != nil {
			return d, err
		}
		var values []resp.Command
		for i := 0; i < len(cmds); i += 2 {
			key := cmds[i][1]
			switch r[i].Str {
			case "string":
				values = append(values, resp.Command{"GET", key})
			case "list":
				values = append(values, resp.Command{"LRANGE", key, "0", "-1"})
			case "hash":
				values = append(values, resp.Command{"HGETALL", key})
			case "set":
				values = append(values, resp.Command{"SMEMBERS", key})
			case "zset":
				values = append(values, resp.Command{"ZRANGE", key, "0", "-1", "WITHSCORES"})
			case "stream":
				if strings.HasPrefix(key, "auto:") { // ids come from the clock
					values = append(values, resp.Command{"XLEN", key})
				} else {
					values = append(values, resp.Command{"XINFO", "STREAM", key, "FULL", "COUNT", "0"})
				}
			}
		}
		if _, d, err = p.both(values); d != nil || err != nil {
			return d, err
		}
		if d, err = p.iterate(cmds, r); d != nil || err != nil {
			return d, err
		}
	}
	if p.functions {
		_, d, err := p.both([]resp.Command{{"FUNCTION", "LIST", "WITHCODE"}})
		return d, err
	}
	return nil, nil
}

// iterate scans the database and the collections of it page by page to the end,
// on both sides, and compares what was seen. types are TYPE and PEXPIRETIME of
// each key, with their replies.
func (p *pairing) iterate(types []resp.Command, r []resp.Reply) (*Difference, error) {
	scans := []resp.Command{{"SCAN", "0", "COUNT", strconv.Itoa(max(len(types)/8, 2))}}
	for i := 0; i < len(types); i += 2 {
		if name := map[string]string{"hash": "HSCAN", "set": "SSCAN", "zset": "ZSCAN"}[r[i].Str]; name != "" {
			scans = append(scans, resp.Command{name, types[i][1], "0", "COUNT", "60"})
		}
	}
	for _, scan := range scans {
		redis := func(cmd resp.Command) (resp.Reply, error) {
			r, err := p.redis.Do([]resp.Command{cmd})
			if err != nil {
				return resp.Reply{}, err
			}
			return r[0], nil
		}
		want, err := allPages(scan, redis)
		if err != nil {
			return nil, err
		}
		got, err := allPages(scan, func(cmd resp.Command) (resp.Reply, error) {
			return onWire(p.exec([]resp.Command{cmd})[0], p.proto), nil
		})
		if err != nil {
			return nil, err
		}
		if reopens(p.subject) {
			want, got = plainZeros(want), plainZeros(got)
			if scan[0] == "ZSCAN" {
				want, got = plainScores(want), plainScores(got)
			}
		}
		if !equalStrings(flat(want, 1), flat(got, 1)) {
			return &Difference{Cmds: p.done, What: Line(scan) + " and so on to the end", Redis: want, Got: got}, nil
		}
	}
	return nil, nil
}

// maxPages is how many pages an iteration may have before it counts as endless.
const maxPages = 10_000

// allPages follows a scan's cursors and returns each thing seen once, those with
// a value as arrays of two.
func allPages(scan resp.Command, do func(resp.Command) (resp.Reply, error)) (resp.Reply, error) {
	at, step := slices.Index(scan, "0"), 1
	if scan[0] == "HSCAN" || scan[0] == "ZSCAN" {
		step = 2
	}
	seen, all := map[string]bool{}, resp.Reply{Kind: resp.Array}
	cmd := slices.Clone(scan)
	for pages := 0; pages < maxPages; pages++ {
		r, err := do(cmd)
		if err != nil || len(r.Elems) != 2 {
			return r, err
		}
		elems := r.Elems[1].Elems
		for i := 0; i+step <= len(elems); i += step {
			pair := resp.NewArray(elems[i : i+step]...)
			if text := Show(pair); !seen[text] {
				seen[text] = true
				all.Elems = append(all.Elems, pair)
			}
		}
		if cmd[at] = r.Elems[0].Str; cmd[at] == "0" {
			return all, nil
		}
	}
	return resp.NewError("the iteration does not end"), nil
}
