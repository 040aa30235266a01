package kvprimary

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// reads joins what callers read at the same time: while as many calls of KV.Read are under
// way as may be, further names wait, and go together in the next one. Nobody waits while
// there is room.
type reads struct {
	mu      sync.Mutex
	waiting *batch // goes next; nil: none
	flying  int    // calls under way
}

// batch is the names of one call.
type batch struct {
	names []string
	at    map[string]int
	done  chan struct{}

	values []Value // after done
	err    error
}

// add puts names into the batch and says where they are.
func (b *batch) add(names []string) []int {
	places := make([]int, len(names))
	for i, name := range names {
		at, ok := b.at[name]
		if !ok {
			at = len(b.names)
			b.at[name] = at
			b.names = append(b.names, name)
		}
		places[i] = at
	}
	return places
}

// read reads names: one value each.
func (c *Client) read(ctx context.Context, names []string) ([]Value, error) {
	r := &c.reads
	r.mu.Lock()
	b := r.waiting
	if b == nil {
		b = &batch{at: make(map[string]int, len(names)), done: make(chan struct{})}
		r.waiting = b
	}
	places := b.add(names)
	if r.flying < c.opt.Reads {
		r.flying++
		r.waiting = nil
		go c.runReads(b)
	}
	r.mu.Unlock()
	select {
	case <-b.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if b.err != nil {
		return nil, b.err
	}
	values := make([]Value, len(places))
	for i, at := range places {
		values[i] = b.values[at]
	}
	return values, nil
}

// runReads reads a batch, and those that were gathered meanwhile.
func (c *Client) runReads(b *batch) {
	for b != nil {
		ctx, cancel := context.WithTimeout(context.Background(), c.opt.Timeout)
		b.values, b.err = c.kv.Read(ctx, b.names)
		cancel()
		if b.err == nil && len(b.values) != len(b.names) {
			b.err = errors.New("KV answered another number of values than it was asked for")
		}
		if b.err != nil {
			b.err = fmt.Errorf("reading from KV: %w", b.err)
		}
		close(b.done)
		c.reads.mu.Lock()
		if b = c.reads.waiting; b == nil {
			c.reads.flying--
		}
		c.reads.waiting = nil
		c.reads.mu.Unlock()
	}
}
