package runtime

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"

	"github.com/cespare/xxhash/v2"

	"github.com/redis2cf/redis2cf/runtime/store"
)

// A ring whose shards name several stores, or several servers of a test, is split
// as go-redis splits it: by the same hash, so that data copied shard by shard is
// found. All other rings are one store, where nothing needs splitting. A ring without
// shards answers nothing.

var (
	errShardsDown = errors.New("redis: all ring shards are down")
	errNoShardKey = errors.New("redis: Watch requires at least one shard")
	errManyShards = errors.New("redis: Watch requires all keys to be in the same shard")
)

// ringShards are the shards of a ring. They do not change; SetAddrs makes others.
type ringShards struct {
	names  []string // in order
	byName map[string]*Client
	byAddr map[string]*Client
	hash   ConsistentHash
}

// split tells whether the shards are several stores. It asks anew each time,
// because a program may set CFSTORE_URL after it made its clients.
func (t target) split() bool {
	distinct, local, named := map[string]bool{}, false, false
	for _, addr := range t.addrs {
		distinct[spelled(addr, "")] = true
		b, ok := store.Local(addr)
		local = local || ok
		named = named || isStoreURL(addr)
		if ok {
			_ = b.Close()
		}
	}
	return len(distinct) > 1 && (local || named && os.Getenv(StoreVariable) == "")
}

// shards returns the ring's shards, or nil when it is one store. What it is at
// the first command holds.
func (c *Ring) shards() *ringShards {
	if s := c.several.Load(); s != nil {
		return s.orNone()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.several.Load(); s != nil {
		return s.orNone()
	}
	s := &ringShards{}
	if opt := c.ring.Load(); len(opt.Addrs) == 0 || c.shard.link.where.split() {
		s = c.newShards(opt, nil)
	}
	c.several.Store(s)
	return s.orNone()
}

func (s *ringShards) orNone() *ringShards {
	if s.names == nil {
		return nil
	}
	return s
}

// newShards makes the shards' clients; those of addresses that were there stay.
func (c *Ring) newShards(opt *RingOptions, old *ringShards) *ringShards {
	s := &ringShards{byName: map[string]*Client{}, byAddr: map[string]*Client{}, names: make([]string, 0, len(opt.Addrs))}
	for name := range opt.Addrs {
		s.names = append(s.names, name)
	}
	sort.Strings(s.names)
	for _, name := range s.names {
		addr := opt.Addrs[name]
		shard := s.byAddr[addr]
		if shard == nil && old != nil {
			shard = old.byAddr[addr]
		}
		if shard == nil {
			o := &Options{}
			copyFields(o, opt)
			o.Addr = addr
			where := target{plan: c.shard.link.where.plan, addrs: []string{addr}}
			if opt.TLSConfig != nil {
				where.remote = "TLS"
			}
			shard = made(opt.NewClient, where, o, c.shard.link.refused)
		}
		s.byName[name], s.byAddr[addr] = shard, shard
	}
	newHash := opt.NewConsistentHash
	if newHash == nil {
		newHash = newRendezvous
	}
	s.hash = newHash(append([]string(nil), s.names...))
	return s
}

// close closes the shards that others does not have.
func (s *ringShards) close(others *ringShards) error {
	var first error
	for addr, shard := range s.byAddr {
		if others != nil && others.byAddr[addr] == shard {
			continue
		}
		if err := shard.Close(); first == nil {
			first = err
		}
	}
	return first
}

// rendezvous gives a key to the shard whose hash together with the key's is the
// highest.
type rendezvous struct {
	names  []string
	hashes []uint64
}

func newRendezvous(names []string) ConsistentHash {
	r := &rendezvous{names: names}
	for _, name := range names {
		r.hashes = append(r.hashes, xxhash.Sum64String(name))
	}
	return r
}

// Get names the shard of a key.
func (r *rendezvous) Get(key string) string {
	name, best, h := "", uint64(0), xxhash.Sum64String(key)
	for i, node := range r.hashes {
		if score := xorshift(h ^ node); i == 0 || score > best {
			name, best = r.names[i], score
		}
	}
	return name
}

// xorshift is one step of xorshift64*.
func xorshift(x uint64) uint64 {
	x ^= x >> 12
	x ^= x << 25
	x ^= x >> 27
	return x * 2685821657736338717
}

// hashTag is the part of a key that decides its shard.
func hashTag(key string) string {
	if _, rest, ok := strings.Cut(key, "{"); ok {
		if tag, _, ok := strings.Cut(rest, "}"); ok && tag != "" {
			return tag
		}
	}
	return key
}

func (s *ringShards) nameOf(key string) string { return s.hash.Get(hashTag(key)) }

func (s *ringShards) ofKey(key string) (*Client, error) {
	if c := s.byName[s.nameOf(key)]; c != nil {
		return c, nil
	}
	return nil, errShardsDown
}

// keyless are the commands that any shard may answer.
var keyless = func() map[string]bool {
	set := map[string]bool{}
	for _, name := range strings.Fields(`acl asking auth bgrewriteaof bgsave client cluster command config debug
		discard echo exec failover function hello info latency lolwut module monitor multi ping psubscribe
		pubsub punsubscribe quit readonly readwrite replicaof role save script select shutdown slaveof slowlog
		subscribe swapdb time unsubscribe unwatch wait waitaof`) {
		set[name] = true
	}
	return set
}()

// firstKey is the key that decides the shard of a command, as go-redis finds it.
func firstKey(cmd Cmder) string {
	b := cmd.base()
	pos := int(b.keyPos)
	word := func(i int) string {
		if i >= len(b.args) {
			return ""
		}
		return b.stringArg(i)
	}
	if pos == 0 {
		pos = 1
		switch name := cmd.Name(); {
		case keyless[name]:
			return ""
		default:
			pos = keyPosition(name, word, len(b.args))
		}
	}
	return word(pos)
}

// keyPosition is where the first key of a command stands whose key is not its
// first argument; 0 when it has none.
func keyPosition(name string, word func(int) string, words int) int {
	switch name {
	case "eval", "evalsha", "eval_ro", "evalsha_ro", "fcall", "fcall_ro":
		if word(2) == "0" {
			return words
		}
		return 3
	case "memory", "object", "xinfo", "xgroup", "bitop", "sintercard", "zinter", "zunion", "zdiff", "zintercard", "lmpop", "zmpop":
		return 2
	case "blmpop", "bzmpop":
		return 3
	case "xread", "xreadgroup":
		for i := 1; i < words; i++ {
			if strings.EqualFold(word(i), "streams") {
				return i + 1
			}
		}
	}
	return 1
}

func (c *Ring) process(ctx context.Context, cmd Cmder) error {
	s := c.shards()
	if s == nil {
		return c.shard.state.Load().process(ctx, cmd)
	}
	shard, err := s.ofKey(firstKey(cmd))
	if err != nil {
		return err
	}
	return shard.state.Load().process(ctx, cmd)
}

func (c *Ring) processPipeline(ctx context.Context, cmds []Cmder) error {
	s := c.shards()
	if s == nil {
		return c.shard.state.Load().pipeline(ctx, cmds)
	}
	return s.each(cmds, func(shard *Client, cmds []Cmder) error {
		return shard.state.Load().pipeline(ctx, cmds)
	})
}

// processTxPipeline runs a transaction for each shard that has a key of it.
func (c *Ring) processTxPipeline(ctx context.Context, cmds []Cmder) error {
	s := c.shards()
	if s == nil {
		return c.shard.state.Load().txPipeline(ctx, cmds)
	}
	return s.each(cmds[1:len(cmds)-1], func(shard *Client, cmds []Cmder) error {
		return shard.state.Load().txPipeline(ctx, wrapTx(ctx, cmds))
	})
}

// each hands every shard its commands, all shards at once. The error is that of
// the first shard, by name, that has one.
func (s *ringShards) each(cmds []Cmder, send func(shard *Client, cmds []Cmder) error) error {
	parts := map[*Client][]Cmder{}
	for _, cmd := range cmds {
		shard, err := s.ofKey(firstKey(cmd))
		if err != nil {
			setErr(cmds, err)
			return err
		}
		parts[shard] = append(parts[shard], cmd)
	}
	errs := make(map[*Client]error, len(parts))
	var mu sync.Mutex
	var wg sync.WaitGroup
	for shard, cmds := range parts {
		wg.Add(1)
		go func(shard *Client, cmds []Cmder) {
			defer wg.Done()
			err := send(shard, cmds)
			mu.Lock()
			defer mu.Unlock()
			errs[shard] = err
		}(shard, cmds)
	}
	wg.Wait()
	for _, name := range s.names {
		if err := errs[s.byName[name]]; err != nil {
			return err
		}
	}
	return firstErr(cmds)
}

// watchShard is the one shard of the keys.
func (s *ringShards) watchShard(keys []string) (*Client, error) {
	var one *Client
	for _, key := range keys {
		if key == "" {
			continue
		}
		shard, err := s.ofKey(key)
		switch {
		case err != nil:
			return nil, err
		case one != nil && one != shard:
			return nil, errManyShards
		}
		one = shard
	}
	if one == nil {
		return nil, errNoShardKey
	}
	return one, nil
}

// list are the shards, each once, in the order of their names.
func (s *ringShards) list() []*Client {
	var list []*Client
	seen := map[*Client]bool{}
	for _, name := range s.names {
		if shard := s.byName[name]; !seen[shard] {
			seen[shard] = true
			list = append(list, shard)
		}
	}
	return list
}

// severalStores is why a ring of several stores is no way to one of them.
func (t target) severalStores() error {
	return fmt.Errorf("redis2cf: the shards of the ring are several stores (%s); take one of its clients", strings.Join(t.names(), ", "))
}
