package gateway

import (
	"context"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// topics are what a session has subscribed to in several objects. Each object counts
// for itself, and patterns are in all of them; the subscriber is told as if it were one.
type topics struct {
	names map[string]map[string]bool // by "subscribe", "psubscribe", "ssubscribe"
	lead  *object                    // whose confirmations count for what is in all objects
}

// kindOf is under which command's name the names are kept that a confirmation or its
// command speaks of.
func kindOf(word string) string {
	word = strings.ToLower(word)
	if i := strings.Index(word, "unsubscribe"); i >= 0 {
		return word[:i] + "subscribe"
	}
	return word
}

// inAll reports whether a topic is subscribed to in all objects: the events of keys
// come from each, and a pattern may match channels of each.
func inAll(kind, name string) bool {
	return kind == "psubscribe" || kind == "subscribe" && strings.HasPrefix(name, "__key")
}

// count is what confirmations say: channels and patterns together, or shard channels.
func (t *topics) count(kind string) int64 {
	if kind == "ssubscribe" {
		return int64(len(t.names[kind]))
	}
	return int64(len(t.names["subscribe"]) + len(t.names["psubscribe"]))
}

// filter makes one confirmation of those of all objects. It reports false for what the
// subscriber need not see.
func (t *topics) filter(c *client, r resp.Reply) (resp.Reply, bool) {
	if len(r.Elems) != 3 || !strings.HasSuffix(r.Elems[0].Str, "subscribe") {
		return r, true
	}
	word, name := r.Elems[0].Str, r.Elems[1].Str
	kind := kindOf(word)
	if inAll(kind, name) && c.l.o != t.lead {
		return r, false
	}
	if word == kind {
		if t.names[kind] == nil {
			t.names[kind] = map[string]bool{}
		}
		t.names[kind][name] = true
	} else {
		delete(t.names[kind], name)
	}
	r.Elems = slices.Clone(r.Elems)
	r.Elems[2] = resp.NewInt(t.count(kind))
	return r, true
}

// listenIn prepares the session to hear from an object.
func (s *Session) listenIn(o *object) error {
	c, err := s.client(o.lanes[0])
	if err != nil {
		return err
	}
	c.setListens()
	return nil
}

// subscribe subscribes to each topic where it is published.
func subscribe(ctx context.Context, w *course, cmd resp.Command) (resp.Reply, error) {
	if len(cmd) < 2 {
		return w.first(ctx, cmd)
	}
	w.s.pushMu.Lock()
	if w.s.topics == nil {
		w.s.topics = &topics{names: map[string]map[string]bool{}, lead: w.r.all[0]}
	}
	w.s.pushMu.Unlock()
	return w.eachTopic(ctx, cmd[0], cmd[1:])
}

// eachTopic runs a command for each of its topics, in order: their confirmations come
// in order, too.
func (w *course) eachTopic(ctx context.Context, word string, names []string) (resp.Reply, error) {
	kind := kindOf(word)
	for _, name := range names {
		objects := w.r.all
		if !inAll(kind, name) {
			objects = []*object{w.r.channelObject(name)}
		}
		for _, o := range objects {
			if err := w.s.listenIn(o); err != nil {
				return resp.Reply{}, err
			}
		}
		replies, err := w.everywhere(ctx, objects, resp.Command{word, name})
		if r := firstOrError(replies); err != nil || r.Kind == resp.Error {
			return r, err
		}
	}
	return resp.Reply{Kind: resp.None}, nil
}

// unsubscribe leaves topics, or all of its kind.
func unsubscribe(ctx context.Context, w *course, cmd resp.Command) (resp.Reply, error) {
	if len(cmd) > 1 {
		return w.eachTopic(ctx, cmd[0], cmd[1:])
	}
	w.s.pushMu.Lock()
	var names []string
	if t := w.s.topics; t != nil {
		for name := range t.names[kindOf(cmd[0])] {
			names = append(names, name)
		}
	}
	w.s.pushMu.Unlock()
	if len(names) == 0 {
		return w.first(ctx, cmd) // whose confirmation says so
	}
	slices.Sort(names)
	return w.eachTopic(ctx, cmd[0], names)
}
