package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/redis2cf/redis2cf/internal/bench/figures"
	"github.com/redis2cf/redis2cf/internal/transfer"
	"github.com/redis2cf/redis2cf/runtime/resp"
	_ "github.com/redis2cf/redis2cf/runtime/store/gateway"
	_ "github.com/redis2cf/redis2cf/runtime/store/memory"
	_ "github.com/redis2cf/redis2cf/runtime/store/sqlite"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// fillPipeline is how many commands are sent at once.
const fillPipeline = 1000

// fill makes keys of all types: half are strings, the rest hashes, lists, sets, sorted
// sets and streams; a third expires, every twentieth stream has a consumer group, and one
// key of 20,000 is a collection of 20,000 elements.
func fill(ctx context.Context, c redis.UniversalClient, keys int) error {
	p := c.Pipeline()
	for i := range keys {
		id := strconv.Itoa(i)
		key := "k:" + id
		switch n := i % 10; {
		case i%20_000 == 19_999:
			for from := 0; from < 20_000; from += 1000 {
				pairs := make([]redis.Z, 1000)
				for j := range pairs {
					pairs[j] = redis.Z{Score: float64(from+j) / 7, Member: "member-" + strconv.Itoa(from+j)}
				}
				p.ZAdd(ctx, key, pairs...)
			}
		case n < 5:
			p.Set(ctx, key, `{"id":`+id+`,"name":"somebody `+id+`","roles":["reader","writer"],"note":"`+strings.Repeat("x", i%300)+`"}`, 0)
		case n == 5:
			p.HSet(ctx, key, "name", "somebody "+id, "mail", id+"@example.com", "seen", i, "theme", "dark", "locale", "de-CH")
		case n == 6:
			p.RPush(ctx, key, "first "+id, "second "+id, "third "+id, "fourth", "fifth")
		case n == 7:
			p.SAdd(ctx, key, i, i+1, i+2, i+3, i+4)
		case n == 8:
			p.ZAdd(ctx, key, redis.Z{Score: float64(i), Member: "a" + id}, redis.Z{Score: 1.5, Member: "b"}, redis.Z{Score: -2, Member: "c"})
		default:
			for range 3 {
				p.XAdd(ctx, &redis.XAddArgs{Stream: key, Values: []any{"event", id, "text", "something happened"}})
			}
			if i%200 == 9 {
				p.XGroupCreate(ctx, key, "workers", "0")
			}
		}
		if i%3 == 0 {
			p.PExpire(ctx, key, time.Hour+time.Duration(i)*time.Millisecond)
		}
		if p.Len() >= fillPipeline || i == keys-1 {
			if _, err := p.Exec(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// childCommand is the first argument of a process that reads or copies: its memory and
// its CPU time are its own.
const childCommand = "child"

// A done is what a child says when it has ended.
type done struct {
	Keys    int64
	Seconds float64
	CPU     float64 // seconds
}

// child reads all keys (read URL), or copies them (copy URL URL CHECKPOINT PROFILE).
func child(args []string) (err error) {
	ctx := context.Background()
	from, err := transfer.Open(ctx, args[1], 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	var d done
	start, cpu := time.Now(), figures.CPUTime()
	switch args[0] {
	case "read":
		d.Keys, err = read(ctx, from)
	case "copy":
		var to transfer.End
		if to, err = transfer.Open(ctx, args[2], 0); err != nil {
			return err
		}
		if args[4] != "" {
			f, err := os.Create(args[4])
			if err != nil {
				return err
			}
			if err := pprof.StartCPUProfile(f); err != nil {
				return err
			}
			defer func() { pprof.StopCPUProfile(); _ = f.Close() }()
		}
		var n transfer.Counts
		n, err = transfer.Copy(ctx, transfer.CopyOptions{From: from, To: to, Checkpoint: args[3]})
		d.Keys = n.Copied
		if n.Left() > 0 || n.Same > 0 {
			err = errors.Join(err, fmt.Errorf("not all keys were copied: %+v", n))
		}
		err = errors.Join(err, to.Close())
	}
	if err != nil {
		return err
	}
	d.Seconds, d.CPU = time.Since(start).Seconds(), (figures.CPUTime() - cpu).Seconds()
	return json.NewEncoder(os.Stdout).Encode(d)
}

// read reads every key as a copy does: pages of SCAN, four pipelines of 200 keys at a
// time, collections that are too large for one in pieces. It keeps nothing.
func read(ctx context.Context, from transfer.End) (keys int64, err error) {
	r, err := value.NewReader(ctx, from)
	if err != nil {
		return 0, err
	}
	nodes, err := from.Nodes(ctx)
	if err != nil {
		return 0, err
	}
	for _, node := range nodes {
		for cursor := "0"; ; {
			page, err := from.Scan(ctx, node, resp.Command{"SCAN", cursor, "COUNT", "1000"})
			if err != nil {
				return keys, err
			}
			names := value.Texts(page.Elems[1])
			keys += int64(len(names))
			g, each := errgroup.WithContext(ctx)
			g.SetLimit(4)
			for part := range slices.Chunk(names, 200) {
				g.Go(func() error {
					list, err := r.Read(each, part)
					if err != nil {
						return err
					}
					for i := range list {
						if list[i].Large {
							if err := r.Pieces(each, list[i].Head, func(value.Piece) error { return nil }); err != nil {
								return err
							}
						}
					}
					return nil
				})
			}
			if err := g.Wait(); err != nil {
				return keys, err
			}
			if cursor = value.Text(page.Elems[0]); cursor == "0" {
				break
			}
		}
	}
	return keys, nil
}

// runChild runs a child, and says how much memory it had at most, in bytes.
func runChild(ctx context.Context, args ...string) (d done, peak int64, err error) {
	exe, err := os.Executable()
	if err != nil {
		return d, 0, err
	}
	cmd := exec.CommandContext(ctx, exe, append([]string{childCommand}, args...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Start(); err != nil {
		return d, 0, err
	}
	watch := figures.WatchPeak(cmd.Process.Pid)
	err = cmd.Wait()
	peak = watch()
	if err != nil {
		return d, peak, fmt.Errorf("%s: %w", args[0], err)
	}
	return d, peak, json.Unmarshal(out.Bytes(), &d)
}

// A result is one line of the table.
type result struct {
	what string
	done
	peak int64
}

// benchCopy copies keys of all types from Redis to each store, beside a reader that
// writes nothing.
func benchCopy(ctx context.Context, o options, dir string) error {
	results, err := copies(ctx, o, dir)
	if err != nil {
		return err
	}
	fmt.Printf("\nCopy of %d keys of all types from redis-server\n\n", o.keys)
	w := figures.NewTable()
	fmt.Fprint(w, "what\tkeys\tkeys/s\tto reading\tCPU µs/key\tpeak MB\t\n")
	base := float64(results[0].Keys) / results[0].Seconds
	for _, r := range results {
		rate := float64(r.Keys) / r.Seconds
		fmt.Fprintf(w, "%s\t%d\t%.0f\t%.2f\t%.1f\t%.0f\t\n", r.what, r.Keys, rate, rate/base, r.CPU*1e6/float64(r.Keys), float64(r.peak)/1e6)
	}
	return w.Flush()
}

func copies(ctx context.Context, o options, dir string) ([]result, error) {
	addr, stop, err := startRedis(dir)
	if err != nil {
		return nil, err
	}
	defer stop()
	c := redis.NewClient(&redis.Options{Addr: addr, ReadTimeout: time.Minute})
	defer c.Close()
	if err := fill(ctx, c, o.keys); err != nil {
		return nil, err
	}
	from := "redis://" + addr
	var out []result
	add := func(what string, args ...string) error {
		d, peak, err := runChild(ctx, args...)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if d.Keys < int64(o.keys) {
			return fmt.Errorf("%s: %d keys instead of %d", what, d.Keys, o.keys)
		}
		fmt.Fprintf(os.Stderr, "%s: %d keys in %.1f s\n", what, d.Keys, d.Seconds)
		out = append(out, result{what, d, peak})
		return nil
	}
	if err := add("SCAN and read alone", "read", from); err != nil {
		return nil, err
	}
	for _, name := range o.stores {
		profile := ""
		if o.profile != "" {
			profile = filepath.Join(o.profile, name+".pprof")
		}
		var to string
		switch name {
		case "memory":
			to = "memory://bench"
		case "file":
			to = "file:" + filepath.Join(dir, "copy.db") + o.file
		case "workerd":
			local, err := startWorker(ctx, dir)
			if err != nil {
				return nil, err
			}
			err = add("copy to workerd", "copy", from, local.URL(), filepath.Join(dir, "workerd.checkpoint"), profile)
			if err := errors.Join(err, local.Stop()); err != nil {
				return nil, err
			}
			continue
		default:
			return nil, fmt.Errorf("there is no store %q", name)
		}
		if err := add("copy to "+name, "copy", from, to, filepath.Join(dir, name+".checkpoint"), profile); err != nil {
			return nil, err
		}
	}
	return out, nil
}
