package gateway

import (
	"context"
	"math/rand"
	"slices"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A fan answers a command that is no single object's.
type fan func(ctx context.Context, w *course, cmd resp.Command) (resp.Reply, error)

var fans map[string]fan

func init() {
	fans = map[string]fan{
		"dbsize": toAll(sum), "slowlog len": toAll(sum), "client kill": toAll(sumOrFirst), "latency reset": toAll(sum),
		"pubsub numsub": toAll(sumPairs), "pubsub shardnumsub": toAll(sumPairs),
		"keys": toAll(concat), "slowlog get": toAll(concat),
		"pubsub channels": toAll(concatUnique), "pubsub shardchannels": toAll(concatUnique),
		"client list": toAll(concatText), "script exists": toAll(every),
		"scan": scan, "randomkey": randomKey,
		"publish": publish, "spublish": publish,
		"subscribe": subscribe, "ssubscribe": subscribe, "psubscribe": subscribe,
		"unsubscribe": unsubscribe, "sunsubscribe": unsubscribe, "punsubscribe": unsubscribe,
		"monitor": monitor, "reset": reset,
	}
	for _, name := range []string{
		"flushall", "flushdb", "swapdb", "script load", "script flush", "script kill",
		"function load", "function delete", "function flush", "function restore", "function kill",
		"config set", "config resetstat", "config rewrite", "client pause", "client unpause", "slowlog reset", "memory purge",
	} {
		fans[name] = toAll(firstOrError)
	}
}

// fanOf is what answers a command, nil when an object does.
func fanOf(cmd resp.Command) fan { return fans[nameOf(cmd)] }

// toAll asks all objects and makes one answer of theirs, unless one is an error.
func toAll(merge func(replies []resp.Reply) resp.Reply) fan {
	return func(ctx context.Context, w *course, cmd resp.Command) (resp.Reply, error) {
		replies, err := w.everywhere(ctx, w.r.all, cmd)
		if err != nil {
			return resp.Reply{}, err
		}
		for _, r := range replies {
			if r.Kind == resp.Error && !isNamed(cmd, "client") {
				return r, nil
			}
		}
		return merge(replies), nil
	}
}

func firstOrError(replies []resp.Reply) resp.Reply {
	for _, r := range replies {
		if r.Kind == resp.Error {
			return r
		}
	}
	return replies[0]
}

func sum(replies []resp.Reply) resp.Reply {
	n := int64(0)
	for _, r := range replies {
		n += r.Int
	}
	return resp.NewInt(n)
}

// sumOrFirst adds numbers; where an answer is none, the first that is no error counts.
func sumOrFirst(replies []resp.Reply) resp.Reply {
	n, numbers := int64(0), 0
	for _, r := range replies {
		if r.Kind == resp.Int {
			n += r.Int
			numbers++
		}
	}
	if numbers > 0 {
		return resp.NewInt(n)
	}
	for _, r := range replies {
		if r.Kind != resp.Error {
			return r
		}
	}
	return replies[0]
}

// sumPairs adds the numbers of names and numbers in turn.
func sumPairs(replies []resp.Reply) resp.Reply {
	out := replies[0]
	out.Elems = slices.Clone(out.Elems)
	for _, r := range replies[1:] {
		for i := 1; i < len(r.Elems) && i < len(out.Elems); i += 2 {
			out.Elems[i].Int += r.Elems[i].Int
		}
	}
	return out
}

func concat(replies []resp.Reply) resp.Reply {
	out := resp.Reply{Kind: replies[0].Kind, Elems: []resp.Reply{}}
	for _, r := range replies {
		out.Elems = append(out.Elems, r.Elems...)
	}
	return out
}

func concatUnique(replies []resp.Reply) resp.Reply {
	all := concat(replies)
	seen := map[string]bool{}
	out := all.Elems[:0]
	for _, e := range all.Elems {
		if !seen[e.Str] {
			seen[e.Str] = true
			out = append(out, e)
		}
	}
	all.Elems = out
	return all
}

// concatText puts texts one behind the other; the format before a verbatim one stands once.
func concatText(replies []resp.Reply) resp.Reply {
	out := replies[0]
	for _, r := range replies[1:] {
		if r.Kind == resp.Error {
			return r
		}
		if r.Kind == resp.Verbatim {
			_, r.Str, _ = strings.Cut(r.Str, ":")
		}
		out.Str += r.Str
	}
	return out
}

// every is 1 where all have 1.
func every(replies []resp.Reply) resp.Reply {
	out := replies[0]
	out.Elems = slices.Clone(out.Elems)
	for _, r := range replies[1:] {
		for i := range out.Elems {
			if i < len(r.Elems) {
				out.Elems[i].Int = min(out.Elems[i].Int, r.Elems[i].Int)
			}
		}
	}
	return out
}

// scanBits are the low bits of a cursor that say in which object the scan is: an
// object's own cursors are hashes of 52 bits.
const scanBits = 10

// scan goes from object to object.
func scan(ctx context.Context, w *course, cmd resp.Command) (resp.Reply, error) {
	if len(cmd) < 2 {
		return w.first(ctx, cmd)
	}
	cursor, err := strconv.ParseUint(cmd[1], 10, 64)
	if err != nil {
		return w.first(ctx, cmd)
	}
	at := int(cursor & (1<<scanBits - 1))
	if at >= len(w.r.all) {
		return resp.NewArray(resp.NewBulk("0"), resp.NewArray()), nil // a cursor of a larger plan
	}
	line := slices.Clone(cmd)
	line[1] = strconv.FormatUint(cursor>>scanBits, 10)
	replies, err := w.everywhere(ctx, w.r.all[at:at+1], line)
	if err != nil || len(replies[0].Elems) != 2 {
		return replies[0], err
	}
	next, err := strconv.ParseUint(replies[0].Elems[0].Str, 10, 64)
	switch {
	case err != nil:
		return replies[0], nil
	case next != 0:
		next = next<<scanBits | uint64(at)
	case at+1 < len(w.r.all):
		next = uint64(at + 1)
	}
	return resp.Reply{Kind: replies[0].Kind, Elems: []resp.Reply{resp.NewBulk(strconv.FormatUint(next, 10)), replies[0].Elems[1]}}, nil
}

// first runs a command in the first object.
func (w *course) first(ctx context.Context, cmd resp.Command) (resp.Reply, error) {
	replies, err := w.everywhere(ctx, w.r.all[:1], cmd)
	return replies[0], err
}

// randomKey asks an object drawn at random, and others when that is empty.
func randomKey(ctx context.Context, w *course, cmd resp.Command) (resp.Reply, error) {
	var last resp.Reply
	for _, i := range rand.Perm(len(w.r.all)) {
		replies, err := w.everywhere(ctx, w.r.all[i:i+1], cmd)
		if err != nil {
			return resp.Reply{}, err
		}
		if last = replies[0]; last.Kind == resp.Bulk || last.Kind == resp.Error {
			break
		}
	}
	return last, nil
}

// publish sends a message through the object of its channel.
func publish(ctx context.Context, w *course, cmd resp.Command) (resp.Reply, error) {
	if len(cmd) < 2 {
		return w.first(ctx, cmd)
	}
	replies, err := w.everywhere(ctx, []*object{w.r.channelObject(cmd[1])}, cmd)
	return replies[0], err
}

// reset forgets what the session is, everywhere.
func reset(ctx context.Context, w *course, cmd resp.Command) (resp.Reply, error) {
	replies, err := w.everywhere(ctx, w.r.all, cmd)
	w.s.pushMu.Lock()
	w.s.topics = nil
	w.s.pushMu.Unlock()
	return firstOrError(replies), err
}

func monitor(ctx context.Context, w *course, cmd resp.Command) (resp.Reply, error) {
	for _, o := range w.r.all {
		if err := w.s.listenIn(o); err != nil {
			return resp.Reply{}, err
		}
	}
	replies, err := w.everywhere(ctx, w.r.all, cmd)
	return firstOrError(replies), err
}
