package dual

import (
	"context"
	"errors"
	"math/rand"
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/goredis"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// A clusterBackend asks every server of a cluster what concerns all keys, or all scripts:
// go-redis asks one of them, whichever, and a move that flushes or lists has to know all.
type clusterBackend struct {
	store.Backend
	client *redis.ClusterClient
}

func (b clusterBackend) NewSession(opt store.SessionOptions) (store.Session, error) {
	s, err := b.Backend.NewSession(opt)
	if err != nil {
		return nil, err
	}
	return &clusterSession{Session: s, client: b.client}, nil
}

type clusterSession struct {
	store.Session
	client *redis.ClusterClient
}

// Execute runs the commands in order.
func (s *clusterSession) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	if len(cmds) > 0 && cmds[0].Name() == "MULTI" {
		return s.Session.Execute(ctx, cmds) // of one server
	}
	var replies []resp.Reply
	for len(cmds) > 0 {
		n := 0
		for n < len(cmds) && !concernsAll(cmds[n]) {
			n++
		}
		if n == 0 {
			r, err := s.everywhere(ctx, cmds[0])
			if err != nil {
				return replies, err
			}
			replies = append(replies, r)
			cmds = cmds[1:]
			continue
		}
		got, err := s.Session.Execute(ctx, cmds[:n])
		replies = append(replies, got...)
		if err != nil {
			return replies, err
		}
		cmds = cmds[n:]
	}
	return replies, nil
}

// concernsAll tells whether a command is for every server.
func concernsAll(cmd resp.Command) bool {
	switch cmd.Name() {
	case "KEYS", "SCAN", "DBSIZE", "RANDOMKEY", "FLUSHDB", "FLUSHALL":
		return true
	case "SCRIPT", "FUNCTION":
		if len(cmd) > 1 {
			switch strings.ToUpper(cmd[1]) {
			case "LOAD", "FLUSH", "DELETE", "RESTORE":
				return true
			}
		}
	}
	return false
}

// scanBits are those of a cursor of SCAN that say which server it is of.
const scanBits = 10

// everywhere runs a command on every master and makes one reply.
func (s *clusterSession) everywhere(ctx context.Context, cmd resp.Command) (resp.Reply, error) {
	nodes, err := s.masters(ctx)
	if err != nil {
		return resp.Reply{}, err
	}
	if len(nodes) == 0 {
		return resp.Reply{}, errors.New("the cluster has no master")
	}
	switch cmd.Name() {
	case "SCAN":
		return scanNode(ctx, nodes, cmd)
	case "RANDOMKEY":
		rand.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
	}
	var sum resp.Reply
	for i, node := range nodes {
		r, err := onNode(ctx, node, cmd)
		switch {
		case err != nil:
			return resp.Reply{}, err
		case r.Kind == resp.Error, cmd.Name() == "RANDOMKEY" && !r.IsNil():
			return r, nil
		case i == 0:
			sum = r
		case r.Kind == resp.Int:
			sum.Int += r.Int
		case r.Kind == resp.Array:
			sum.Elems = append(sum.Elems, r.Elems...)
		}
	}
	return sum, nil
}

// scanNode runs SCAN on the server that the cursor is of, and says which comes next.
func scanNode(ctx context.Context, nodes []*redis.Client, cmd resp.Command) (resp.Reply, error) {
	if len(cmd) < 2 {
		return onNode(ctx, nodes[0], cmd) // which says what is wrong with it
	}
	cursor, err := strconv.ParseUint(cmd[1], 10, 64)
	n := int(cursor & (1<<scanBits - 1))
	if err != nil || n >= len(nodes) {
		return resp.NewError("ERR invalid cursor"), nil
	}
	line := append(resp.Command(nil), cmd...)
	line[1] = strconv.FormatUint(cursor>>scanBits, 10)
	r, err := onNode(ctx, nodes[n], line)
	if err != nil || len(r.Elems) != 2 {
		return r, err
	}
	next, err := strconv.ParseUint(r.Elems[0].Str, 10, 64)
	switch {
	case err != nil || next >= 1<<(64-scanBits):
		return resp.NewError("ERR the server's cursor cannot be kept"), nil
	case next != 0:
		next = next<<scanBits | uint64(n)
	case n+1 < len(nodes):
		next = uint64(n + 1)
	}
	r.Elems[0].Str = strconv.FormatUint(next, 10)
	return r, nil
}

// masters are the servers that have slots, in an order that stays while they do.
func (s *clusterSession) masters(ctx context.Context) ([]*redis.Client, error) {
	var mu sync.Mutex
	var out []*redis.Client
	err := s.client.ForEachMaster(ctx, func(_ context.Context, c *redis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		out = append(out, c)
		return nil
	})
	sort.Slice(out, func(i, j int) bool { return out[i].Options().Addr < out[j].Options().Addr })
	return out, err
}

// onNode runs a command on one server. The client is the cluster's.
func onNode(ctx context.Context, c *redis.Client, cmd resp.Command) (resp.Reply, error) {
	b, err := runtime.BackendOf(goredis.FromGoRedis(c))
	if err != nil {
		return resp.Reply{}, err
	}
	s, err := b.NewSession(store.SessionOptions{Protocol: 2})
	if err != nil {
		return resp.Reply{}, err
	}
	replies, err := s.Execute(ctx, []resp.Command{cmd})
	if err = errors.Join(err, s.Close()); err != nil {
		return resp.Reply{}, err
	}
	return replies[0], nil
}
