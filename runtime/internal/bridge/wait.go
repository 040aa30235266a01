package bridge

import (
	"context"
	"strconv"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// wait runs a command that waits for data until it answers or ctx ends. go-redis
// does not end a read when its context does, and giving up on one would lose what
// the command takes a moment later.
func (b *backend) wait(ctx context.Context, own *connection, w wait) (resp.Reply, error) {
	switch {
	case own != nil:
		return b.waitSliced(ctx, own.Sender, w)
	case b.single == nil || !b.canUnblock(ctx):
		return b.waitSliced(ctx, b.client, w)
	}
	return b.waitUnblocked(ctx, w.cmd)
}

// canUnblock asks the server, once, whether it has CLIENT UNBLOCK.
func (b *backend) canUnblock(ctx context.Context) bool {
	if b.unblocks.Load() == 0 {
		switch err := b.single.ClientUnblock(ctx, 0); {
		case err == nil:
			b.unblocks.Store(1)
		case runtime.HasErrorPrefix(err, ""): // an answer
			b.unblocks.Store(-1)
		}
	}
	return b.unblocks.Load() >= 0
}

// waitUnblocked waits on a connection without a read timeout; when ctx ends,
// CLIENT UNBLOCK from another one ends the command. What it has taken by then is
// its reply.
func (b *backend) waitUnblocked(ctx context.Context, words resp.Command) (resp.Reply, error) {
	conn := b.single.Conn(ctx, true)
	defer conn.Close()
	id, err := conn.ClientID(ctx)
	if err != nil {
		r, ok := b.answered(err)
		if ok {
			return r, nil
		}
		return resp.Reply{}, err
	}
	patient := context.WithoutCancel(ctx)
	done := make(chan Result, 1)
	go func() { done <- conn.Do(patient, arguments(words)) }()
	select {
	case res := <-done:
		return b.replyOf(res)
	case <-ctx.Done():
	}
	for pause := time.Millisecond; ; pause = min(2*pause, b.slice) {
		// It may not have reached the server yet; then nothing is unblocked.
		_ = b.single.ClientUnblock(patient, id) // that is why it is asked again
		select {
		case res := <-done:
			r, err := b.replyOf(res)
			if err == nil && r.IsNil() {
				err = ctx.Err()
			}
			return r, err
		case <-time.After(pause):
		}
	}
}

// waitSliced waits a slice at a time: on a connection that has other uses, or
// where the connection is not known.
func (b *backend) waitSliced(ctx context.Context, on Sender, w wait) (resp.Reply, error) {
	words := append(resp.Command(nil), w.cmd...)
	limit, err := strconv.ParseFloat(words[w.timeout], 64)
	if err != nil || limit < 0 {
		return b.one(ctx, on, words) // the server says what is wrong with it
	}
	if r, err := b.fixIDs(ctx, on, words, w.ids); err != nil || r.Kind == resp.Error {
		return r, err
	}
	var end time.Time
	if limit > 0 {
		end = time.Now().Add(time.Duration(limit * float64(w.unit)))
	}
	for {
		piece := b.slice
		if !end.IsZero() {
			piece = min(piece, max(time.Until(end), time.Millisecond))
		}
		if w.unit == time.Second {
			words[w.timeout] = strconv.FormatFloat(piece.Seconds(), 'f', -1, 64)
		} else {
			words[w.timeout] = strconv.FormatInt(max(piece.Milliseconds(), 1), 10)
		}
		r, err := b.one(ctx, on, words)
		if err != nil || !r.IsNil() {
			return r, err
		}
		if err := ctx.Err(); err != nil {
			return resp.Reply{}, err
		}
		if !end.IsZero() && !time.Now().Before(end) {
			return r, nil
		}
	}
}

func (b *backend) one(ctx context.Context, on Sender, words resp.Command) (resp.Reply, error) {
	replies, err := b.pipeline(ctx, on, []resp.Command{words})
	if err != nil {
		return resp.Reply{}, err
	}
	return replies[0], nil
}

// fixIDs replaces XREAD's $ by the last id of the stream: what arrives between
// two slices is new as well. A reply is an error of the server.
func (b *backend) fixIDs(ctx context.Context, on Sender, words resp.Command, ids int) (resp.Reply, error) {
	if ids == 0 || words.Name() != "XREAD" {
		return resp.Reply{}, nil
	}
	streams := len(words) - ids
	for i := ids; i < len(words); i++ {
		if words[i] != "$" {
			continue
		}
		r, err := b.one(ctx, on, resp.Command{"XREVRANGE", words[i-streams], "+", "-", "COUNT", "1"})
		if err != nil || r.Kind == resp.Error {
			return r, err
		}
		words[i] = "0-0"
		if len(r.Elems) > 0 && len(r.Elems[0].Elems) > 0 {
			words[i] = r.Elems[0].Elems[0].Str
		}
	}
	return resp.Reply{}, nil
}
