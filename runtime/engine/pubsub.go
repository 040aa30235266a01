package engine

import (
	"slices"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// topics knows who listens to what, in the order in which they came.
type topics struct {
	channels map[string][]*session
	patterns map[string][]*session
	shards   map[string][]*session
	bytes    int // of memory that all of it takes, about
}

// topicBytes is about how many bytes of memory a subscription takes beside the name.
const topicBytes = 160

// leave removes a session from every topic without telling it.
func (t *topics) leave(s *session) {
	for name := range s.topics {
		remove(t.channels, name, s)
	}
	for name := range s.globs {
		remove(t.patterns, name, s)
	}
	for name := range s.shards {
		remove(t.shards, name, s)
	}
	for _, names := range [...]map[string]struct{}{s.topics, s.globs, s.shards} {
		for name := range names {
			t.bytes -= topicBytes + len(name)
		}
	}
	s.topics, s.globs, s.shards = nil, nil, nil
}

func remove(m map[string][]*session, name string, s *session) {
	list := m[name]
	if i := slices.Index(list, s); i >= 0 {
		list = slices.Delete(list, i, i+1)
	}
	if len(list) == 0 {
		delete(m, name)
	} else {
		m[name] = list
	}
}

var pubsubHandlers = map[string]handler{
	"subscribe": cmdSubscribe, "unsubscribe": cmdUnsubscribe,
	"psubscribe": cmdPSubscribe, "punsubscribe": cmdPUnsubscribe,
	"ssubscribe": cmdSSubscribe, "sunsubscribe": cmdSUnsubscribe,
	"publish": cmdPublish, "spublish": cmdSPublish,
	"pubsub|channels": cmdPubSubChannels, "pubsub|numsub": cmdPubSubNumSub, "pubsub|numpat": cmdPubSubNumPat,
	"pubsub|shardchannels": cmdPubSubShardChannels, "pubsub|shardnumsub": cmdPubSubShardNumSub,
}

// kind is one of the three ways to subscribe.
type kind struct {
	number TopicKind
	word   string
	all    func(*topics) *map[string][]*session
	own    func(*session) *map[string]struct{}
}

var (
	plainKind = kind{TopicChannel, "subscribe", func(t *topics) *map[string][]*session { return &t.channels }, func(s *session) *map[string]struct{} { return &s.topics }}
	globKind  = kind{TopicPattern, "psubscribe", func(t *topics) *map[string][]*session { return &t.patterns }, func(s *session) *map[string]struct{} { return &s.globs }}
	shardKind = kind{TopicShard, "ssubscribe", func(t *topics) *map[string][]*session { return &t.shards }, func(s *session) *map[string]struct{} { return &s.shards }}
)

// count is the number that confirmations carry: channels and patterns together,
// sharded channels apart.
func (k kind) count(s *session) int {
	if k.word == "ssubscribe" {
		return len(s.shards)
	}
	return len(s.topics) + len(s.globs)
}

func (e *Engine) push(s *session, elems ...resp.Reply) {
	e.pushes = append(e.pushes, Push{s.id, resp.Reply{Kind: resp.Push, Elems: elems}})
}

var errTopics = resp.NewError("ERR max number of subscriptions reached")

func (c *call) subscribe(k kind) resp.Reply {
	if most := c.e.opt.MaxTopics; most > 0 {
		more := 0
		for _, name := range c.args[1:] {
			more += topicBytes + len(name)
		}
		if c.e.topics.bytes+more > most {
			return errTopics
		}
	}
	for _, name := range c.args[1:] {
		if c.e.listen(c.s, k, name) {
			c.e.topic(c.s, k, name, true)
		}
		c.e.push(c.s, resp.NewBulk(k.word), resp.NewBulk(name), intReply(int64(k.count(c.s))))
	}
	return resp.Reply{Kind: resp.None}
}

func (c *call) unsubscribe(k kind) resp.Reply {
	all, own := k.all(&c.e.topics), k.own(c.s)
	word := k.word[:len(k.word)-len("subscribe")] + "unsubscribe"
	names := []string(c.args[1:])
	if len(names) == 0 {
		for name := range *own {
			names = append(names, name)
		}
		slices.Sort(names)
		if len(names) == 0 {
			c.e.push(c.s, resp.NewBulk(word), nilReply, intReply(int64(k.count(c.s))))
		}
	}
	for _, name := range names {
		if _, ok := (*own)[name]; ok {
			delete(*own, name)
			remove(*all, name, c.s)
			c.e.topics.bytes -= topicBytes + len(name)
			c.e.topic(c.s, k, name, false)
		}
		c.e.push(c.s, resp.NewBulk(word), resp.NewBulk(name), intReply(int64(k.count(c.s))))
	}
	return resp.Reply{Kind: resp.None}
}

func cmdSubscribe(c *call) resp.Reply    { return c.subscribe(plainKind) }
func cmdUnsubscribe(c *call) resp.Reply  { return c.unsubscribe(plainKind) }
func cmdPSubscribe(c *call) resp.Reply   { return c.subscribe(globKind) }
func cmdPUnsubscribe(c *call) resp.Reply { return c.unsubscribe(globKind) }
func cmdSSubscribe(c *call) resp.Reply   { return c.subscribe(shardKind) }
func cmdSUnsubscribe(c *call) resp.Reply { return c.unsubscribe(shardKind) }

func cmdPublish(c *call) resp.Reply {
	return intReply(c.e.publish(c.args[1], resp.NewBulk(c.args[2])))
}

// publish sends a message to those who listen and returns how many got it.
func (e *Engine) publish(channel string, message resp.Reply) (n int64) {
	for _, s := range e.topics.channels[channel] {
		e.push(s, resp.NewBulk("message"), resp.NewBulk(channel), message)
		n++
	}
	if len(e.topics.patterns) == 0 {
		return n
	}
	globs := make([]string, 0, len(e.topics.patterns))
	for glob := range e.topics.patterns {
		if match(glob, channel, false) {
			globs = append(globs, glob)
		}
	}
	slices.Sort(globs)
	for _, glob := range globs {
		for _, s := range e.topics.patterns[glob] {
			e.push(s, resp.NewBulk("pmessage"), resp.NewBulk(glob), resp.NewBulk(channel), message)
			n++
		}
	}
	return n
}

func cmdSPublish(c *call) resp.Reply {
	n := int64(0)
	for _, s := range c.e.topics.shards[c.args[1]] {
		c.e.push(s, resp.NewBulk("smessage"), resp.NewBulk(c.args[1]), resp.NewBulk(c.args[2]))
		n++
	}
	return intReply(n)
}

// activeTopics lists the channels of PUBSUB CHANNELS and SHARDCHANNELS, which
// take one pattern at most.
func (c *call) activeTopics(m map[string][]*session) resp.Reply {
	args, names := c.args[2:], []string{}
	if len(args) > 1 {
		return resp.NewError("ERR unknown subcommand or wrong number of arguments for '" + oneLine(clip(c.args[1])) + "'. Try PUBSUB HELP.")
	}
	for name := range m {
		if len(args) == 0 || match(args[0], name, false) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return resp.Bulks(names)
}

func countTopics(m map[string][]*session, names []string) resp.Reply {
	elems := make([]resp.Reply, 0, 2*len(names))
	for _, name := range names {
		elems = append(elems, resp.NewBulk(name), intReply(int64(len(m[name]))))
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

func cmdPubSubChannels(c *call) resp.Reply { return c.activeTopics(c.e.topics.channels) }
func cmdPubSubNumSub(c *call) resp.Reply   { return countTopics(c.e.topics.channels, c.args[2:]) }
func cmdPubSubShardChannels(c *call) resp.Reply {
	return c.activeTopics(c.e.topics.shards)
}
func cmdPubSubShardNumSub(c *call) resp.Reply { return countTopics(c.e.topics.shards, c.args[2:]) }

func cmdPubSubNumPat(c *call) resp.Reply { return intReply(int64(len(c.e.topics.patterns))) }
