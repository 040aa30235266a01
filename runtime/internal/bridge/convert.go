package bridge

import (
	"errors"
	"fmt"
	"math/big"
	"sort"

	"github.com/redis2cf/redis2cf/runtime"
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

func allArguments(cmds []resp.Command) [][]interface{} {
	all := make([][]interface{}, len(cmds))
	for i, cmd := range cmds {
		all[i] = arguments(cmd)
	}
	return all
}

// replyOf is a command's result as a reply. Its error is one that the server did
// not answer: the network's, or the context's.
func (b *backend) replyOf(res Result) (resp.Reply, error) {
	if res.Err != nil {
		if r, ok := b.answered(res.Err); ok {
			return r, nil
		}
		return resp.Reply{}, res.Err
	}
	return b.value(res.Val), nil
}

// answered is an error of the server as a reply.
func (b *backend) answered(err error) (resp.Reply, bool) {
	if errors.Is(err, b.client.Errors().Nil) {
		return resp.Reply{Kind: resp.Nil}, true
	}
	if errors.Is(err, b.client.Errors().TxFailed) {
		return resp.Reply{Kind: resp.NilArray}, true
	}
	var e runtime.Error // whichever version's: they are those with its method
	if errors.As(err, &e) {
		return resp.NewError(e.Error()), true
	}
	return resp.Reply{}, false
}

// value is what go-redis reads of a reply of any type, as a reply again.
func (b *backend) value(v interface{}) resp.Reply {
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
			elems[i] = b.value(e)
		}
		return resp.NewArray(elems...)
	case map[interface{}]interface{}:
		return b.mapping(v)
	case error:
		if r, ok := b.answered(v); ok {
			return r
		}
		return resp.NewError("ERR " + v.Error())
	}
	return resp.NewBulk(fmt.Sprint(v))
}

// mapping is a map as a reply. Its order was lost on the way; that of the keys
// takes its place, so that the same reply is the same every time.
func (b *backend) mapping(m map[interface{}]interface{}) resp.Reply {
	keys := make([]interface{}, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return fmt.Sprint(keys[i]) < fmt.Sprint(keys[j]) })
	r := resp.Reply{Kind: resp.Map, Elems: make([]resp.Reply, 0, 2*len(m))}
	for _, k := range keys {
		r.Elems = append(r.Elems, b.value(k), b.value(m[k]))
	}
	return r
}
