package runtime

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Cmder is a command with its result. Only this package implements it.
type Cmder interface {
	// Name is the command in lower case: "set".
	Name() string
	// FullName is Name with the subcommand of CLUSTER and COMMAND.
	FullName() string
	// Args are the command and its arguments. They are the command's own: a
	// hook that changes an element changes what is sent.
	Args() []interface{}
	// String shows the command and its result: "get key: value".
	String() string
	// Clone copies the command and its result.
	Clone() Cmder
	// SetFirstKeyPos says where the first key stands among Args.
	SetFirstKeyPos(int8)
	// SetStepCount says how far apart the keys stand.
	SetStepCount(int8)
	// SetErr sets the error of the result.
	SetErr(error)
	// Err is the error of the result.
	Err() error
	// NoRetry reports that the command must not be sent twice.
	NoRetry() bool
	// GetCmdType says which of the result types this is.
	GetCmdType() CmdType

	base() *baseCmd
	readReply(r resp.Reply, proto int) error
}

// baseCmd is what all commands have.
type baseCmd struct {
	ctx    context.Context
	args   []interface{}
	err    error
	waits  time.Duration // how long a blocking command waits; 0 is forever
	blocks bool          // waits says something
	stale  bool          // see IsStale
	keyPos int8
	step   int8
	kind   CmdType
	flight *flight // of an AutoPipeliner; nil: the result is there
}

func (cmd *baseCmd) base() *baseCmd { return cmd }

// Name is the command in lower case.
func (cmd *baseCmd) Name() string {
	if len(cmd.args) == 0 {
		return ""
	}
	return lower(cmd.stringArg(0))
}

// FullName is Name with the subcommand of CLUSTER and COMMAND.
func (cmd *baseCmd) FullName() string {
	name := cmd.Name()
	if (name == "cluster" || name == "command") && len(cmd.args) > 1 {
		if sub, ok := cmd.args[1].(string); ok {
			return name + " " + sub
		}
	}
	return name
}

// Args are the command and its arguments.
func (cmd *baseCmd) Args() []interface{} { return cmd.args }

func (cmd *baseCmd) stringArg(i int) string {
	switch v := cmd.args[i].(type) {
	case string:
		return v
	case []byte:
		return string(v)
	case *string:
		if v == nil {
			return ""
		}
		return *v
	default:
		return fmt.Sprint(v)
	}
}

// SetFirstKeyPos says where the first key stands among Args.
func (cmd *baseCmd) SetFirstKeyPos(pos int8) { cmd.keyPos = pos }

// SetStepCount says how far apart the keys stand.
func (cmd *baseCmd) SetStepCount(step int8) { cmd.step = step }

// SetErr sets the error of the result.
func (cmd *baseCmd) SetErr(err error) { cmd.err = err }

// Err is the error of the result.
func (cmd *baseCmd) Err() error {
	cmd.await()
	return cmd.err
}

// NoRetry reports that the command must not be sent twice.
func (cmd *baseCmd) NoRetry() bool { return false }

// GetCmdType says which of the result types this is.
func (cmd *baseCmd) GetCmdType() CmdType { return cmd.kind }

// setReadTimeout marks a command that waits for data.
func (cmd *baseCmd) setReadTimeout(d time.Duration) { cmd.waits, cmd.blocks = d, true }

func (cmd *baseCmd) cloneBase() baseCmd {
	cmd.await()
	c := *cmd
	c.flight = nil
	c.args = append(make([]interface{}, 0, len(cmd.args)), cmd.args...)
	return c
}

// valueCmd is a command whose result is one value. The exported result types
// embed it, so that they have its methods.
type valueCmd[T any] struct {
	baseCmd
	val T
}

// SetVal sets the value of the result.
func (cmd *valueCmd[T]) SetVal(val T) { cmd.val = val }

// Val is the value of the result, the zero value after an error.
func (cmd *valueCmd[T]) Val() T {
	cmd.await()
	return cmd.val
}

// Result is the value and the error of the result.
func (cmd *valueCmd[T]) Result() (T, error) {
	cmd.await()
	return cmd.val, cmd.err
}

// String shows the command and its result.
func (cmd *valueCmd[T]) String() string {
	cmd.await()
	return cmdString(&cmd.baseCmd, cmd.val)
}

// cmdString shows a command and its value, or its error.
func cmdString(cmd *baseCmd, val interface{}) string {
	b := make([]byte, 0, 64)
	for i, a := range cmd.args {
		if i > 0 {
			b = append(b, ' ')
		}
		b = appendText(b, a)
	}
	if cmd.err != nil {
		b = append(b, ": "...)
		b = append(b, cmd.err.Error()...)
	} else if val != nil {
		b = append(b, ": "...)
		b = appendText(b, val)
	}
	return string(b)
}

// appendText writes a value for people; commands are marshalled elsewhere.
func appendText(b []byte, v interface{}) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "<nil>"...)
	case string:
		return append(b, v...)
	case []byte:
		return append(b, v...)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case uint64:
		return strconv.AppendUint(b, v, 10)
	case float32:
		return strconv.AppendFloat(b, float64(v), 'f', -1, 64)
	case float64:
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	case bool:
		return strconv.AppendBool(b, v)
	case time.Time:
		return v.AppendFormat(b, time.RFC3339Nano)
	}
	return fmt.Append(b, v)
}
