package runtime

import (
	"context"
	"encoding/json"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// JSONCmd is the result of JSON.GET and JSON.NUMINCRBY: JSON text, or values
// where the store answered an array.
type JSONCmd struct {
	baseCmd
	val      string
	expanded interface{}
}

func newJSONCmd(ctx context.Context, args ...interface{}) *JSONCmd {
	return &JSONCmd{baseCmd: baseCmd{ctx: ctx, args: args, kind: CmdTypeJSON}}
}

// String shows the command and its text.
func (cmd *JSONCmd) String() string {
	cmd.await()
	return cmdString(&cmd.baseCmd, cmd.val)
}

// SetVal sets the text.
func (cmd *JSONCmd) SetVal(val string) { cmd.val = val }

// Val is the result as JSON text.
func (cmd *JSONCmd) Val() string {
	cmd.await()
	if cmd.val != "" || cmd.expanded == nil {
		return cmd.val
	}
	text, err := json.Marshal(cmd.expanded)
	if err != nil {
		cmd.SetErr(err)
		return ""
	}
	return string(text)
}

// Result is the result as JSON text, and the error.
func (cmd *JSONCmd) Result() (string, error) {
	cmd.await()
	val := cmd.Val()
	return val, cmd.err
}

// Expanded is the result as encoding/json's values.
func (cmd *JSONCmd) Expanded() (interface{}, error) {
	cmd.await()
	if cmd.val != "" && cmd.expanded == nil {
		if err := json.Unmarshal([]byte(cmd.val), &cmd.expanded); err != nil {
			return nil, err
		}
	}
	return cmd.expanded, nil
}

func (cmd *JSONCmd) readReply(r resp.Reply, proto int) error {
	if !isArray(r, proto) {
		s, err := readString(r, proto)
		if err == nil && s == "" {
			err = Nil
		}
		cmd.val = s
		return err
	}
	elems, err := readArray(r, proto)
	if err != nil {
		return err
	}
	if len(elems) == 0 {
		cmd.val = "[]"
		return nil
	}
	expanded := make([]interface{}, len(elems))
	for i, e := range elems {
		if expanded[i], err = readAny(e, proto); err != nil {
			return err
		}
	}
	cmd.expanded = expanded
	return nil
}

// Clone copies the command and its result.
func (cmd *JSONCmd) Clone() Cmder {
	cmd.await()
	return &JSONCmd{baseCmd: cmd.cloneBase(), val: cmd.val, expanded: cmd.expanded}
}

// isArray reports whether a reply is an array on the wire: sets and push
// messages are not, in protocol 3.
func isArray(r resp.Reply, proto int) bool {
	switch r.Kind {
	case resp.Array, resp.Pairs:
		return true
	case resp.Map, resp.Set, resp.Push, resp.NilArray:
		return proto == 2
	}
	return false
}

// JSONSliceCmd is the result of JSON.MGET and JSON.TYPE.
type JSONSliceCmd struct{ valueCmd[[]interface{}] }

// NewJSONSliceCmd returns a command that was not sent yet.
func NewJSONSliceCmd(ctx context.Context, args ...interface{}) *JSONSliceCmd {
	return &JSONSliceCmd{valueCmd[[]interface{}]{baseCmd: baseCmd{ctx: ctx, args: args, kind: CmdTypeJSONSlice}}}
}

func (cmd *JSONSliceCmd) readReply(r resp.Reply, proto int) (err error) {
	if isArray(r, proto) {
		cmd.val, err = readSlice(r, proto)
		return err
	}
	// go-redis reads what is no array as a list of strings.
	texts, err := readStrings(r, proto)
	if err != nil {
		return err
	}
	cmd.val = make([]interface{}, len(texts))
	for i, s := range texts {
		cmd.val[i] = s
	}
	return nil
}

// Clone copies the command and its result.
func (cmd *JSONSliceCmd) Clone() Cmder {
	cmd.await()
	return &JSONSliceCmd{valueCmd[[]interface{}]{baseCmd: cmd.cloneBase(), val: cloneSlice(cmd.val)}}
}

// IntPointerSliceCmd is the result of commands that answer an integer for each
// value of one kind, and nil for others.
type IntPointerSliceCmd struct{ valueCmd[[]*int64] }

// NewIntPointerSliceCmd returns a command that was not sent yet.
func NewIntPointerSliceCmd(ctx context.Context, args ...interface{}) *IntPointerSliceCmd {
	return &IntPointerSliceCmd{valueCmd[[]*int64]{baseCmd: baseCmd{ctx: ctx, args: args, kind: CmdTypeIntPointerSlice}}}
}

func (cmd *IntPointerSliceCmd) readReply(r resp.Reply, proto int) error {
	elems, err := readArray(r, proto)
	if err != nil {
		return err
	}
	cmd.val = make([]*int64, len(elems))
	for i, e := range elems {
		if e.IsNil() {
			continue
		}
		n, err := readInt(e, proto)
		if err != nil {
			return err
		}
		cmd.val[i] = &n
	}
	return nil
}

// Clone copies the command and its result.
func (cmd *IntPointerSliceCmd) Clone() Cmder {
	cmd.await()
	return &IntPointerSliceCmd{valueCmd[[]*int64]{baseCmd: cmd.cloneBase(), val: cloneSlice(cmd.val)}}
}
