package goredis

import (
	"errors"
	"fmt"
	"math/big"
	"sort"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// arguments are a command's words as go-redis takes them.
func arguments(cmd resp.Command) []interface{} {
	args := make([]interface{}, len(cmd))
	for i, word := range cmd {
		args[i] = word
	}
	return args
}

// replyOf is a command's result as a reply. Its error is one that the server did
// not answer: the network's, or the context's.
func replyOf(val interface{}, err error) (resp.Reply, error) {
	if err != nil {
		if r, ok := answered(err); ok {
			return r, nil
		}
		return resp.Reply{}, err
	}
	return value(val), nil
}

// answered is an error of the server as a reply.
func answered(err error) (resp.Reply, bool) {
	if errors.Is(err, redis.Nil) {
		return resp.Reply{Kind: resp.Nil}, true
	}
	if errors.Is(err, redis.TxFailedErr) {
		return resp.Reply{Kind: resp.NilArray}, true
	}
	var e redis.Error
	if errors.As(err, &e) {
		return resp.NewError(e.Error()), true
	}
	return resp.Reply{}, false
}

// value is what go-redis reads of a reply of any type, as a reply again.
func value(v interface{}) resp.Reply {
	switch v := v.(type) {
	case nil:
		return resp.Reply{Kind: resp.Nil}
	case string:
		return resp.NewBulk(v)
	case int64:
		return resp.NewInt(v)
	case float64:
		return resp.NewDouble(v)
	case bool:
		return resp.NewBool(v)
	case *big.Int:
		return resp.Reply{Kind: resp.BigNumber, Str: v.String()}
	case []interface{}:
		elems := make([]resp.Reply, len(v))
		for i, e := range v {
			elems[i] = value(e)
		}
		return resp.NewArray(elems...)
	case map[interface{}]interface{}:
		return mapping(v)
	case error:
		if r, ok := answered(v); ok {
			return r
		}
		return resp.NewError("ERR " + v.Error())
	}
	return resp.NewBulk(fmt.Sprint(v))
}

// mapping is a map as a reply. Its order was lost on the way; that of the keys
// takes its place, so that the same reply is the same every time.
func mapping(m map[interface{}]interface{}) resp.Reply {
	keys := make([]interface{}, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return fmt.Sprint(keys[i]) < fmt.Sprint(keys[j]) })
	r := resp.Reply{Kind: resp.Map, Elems: make([]resp.Reply, 0, 2*len(m))}
	for _, k := range keys {
		r.Elems = append(r.Elems, value(k), value(m[k]))
	}
	return r
}
