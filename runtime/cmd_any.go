package runtime

import (
	"context"
	"fmt"
	"strconv"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Cmd is the result of a command whose type of reply is not known beforehand:
// Do, Eval and their like. Its accessors convert.
type Cmd struct{ valueCmd[interface{}] }

// NewCmd returns a command that was not sent yet.
func NewCmd(ctx context.Context, args ...interface{}) *Cmd {
	return &Cmd{valueCmd[interface{}]{baseCmd: baseCmd{ctx: ctx, args: args, kind: CmdTypeGeneric}}}
}

// NewCmdResult returns a command with a result, for tests.
func NewCmdResult(val interface{}, err error) *Cmd {
	var cmd Cmd
	cmd.val, cmd.err = val, err
	return &cmd
}

func (cmd *Cmd) readReply(r resp.Reply, proto int) (err error) {
	cmd.val, err = readAny(r, proto)
	return err
}

// Clone copies the command and its result.
func (cmd *Cmd) Clone() Cmder {
	cmd.await()
	return &Cmd{valueCmd[interface{}]{baseCmd: cmd.cloneBase(), val: cmd.val}}
}

// Text is the result as a string; other replies than strings are an error.
func (cmd *Cmd) Text() (string, error) { return convert(cmd, toText) }

// Int is the result as an int; strings are parsed.
func (cmd *Cmd) Int() (int, error) { return convert(cmd, toInt) }

// Int64 is the result as an int64; strings are parsed.
func (cmd *Cmd) Int64() (int64, error) { return convert(cmd, toInt64) }

// Uint64 is the result as a uint64; strings are parsed.
func (cmd *Cmd) Uint64() (uint64, error) { return convert(cmd, toUint64) }

// Float32 is the result as a float32; strings are parsed.
func (cmd *Cmd) Float32() (float32, error) { return convert(cmd, toFloat32) }

// Float64 is the result as a float64; strings are parsed.
func (cmd *Cmd) Float64() (float64, error) { return convert(cmd, toFloat64) }

// Bool is the result as a bool; integers other than 0 are true, strings are parsed.
func (cmd *Cmd) Bool() (bool, error) { return convert(cmd, toBool) }

// Slice is the result as a slice of values.
func (cmd *Cmd) Slice() ([]interface{}, error) { return convert(cmd, toSlice) }

// StringSlice is the result as a slice of strings.
func (cmd *Cmd) StringSlice() ([]string, error) { return convertAll(cmd, toText) }

// Int64Slice is the result as a slice of int64.
func (cmd *Cmd) Int64Slice() ([]int64, error) { return convertAll(cmd, toInt64) }

// Uint64Slice is the result as a slice of uint64.
func (cmd *Cmd) Uint64Slice() ([]uint64, error) { return convertAll(cmd, toUint64) }

// Float32Slice is the result as a slice of float32.
func (cmd *Cmd) Float32Slice() ([]float32, error) { return convertAll(cmd, toFloat32) }

// Float64Slice is the result as a slice of float64.
func (cmd *Cmd) Float64Slice() ([]float64, error) { return convertAll(cmd, toFloat64) }

// BoolSlice is the result as a slice of bool.
func (cmd *Cmd) BoolSlice() ([]bool, error) { return convertAll(cmd, toBool) }

func convert[T any](cmd *Cmd, to func(interface{}) (T, error)) (T, error) {
	cmd.await()
	if cmd.err != nil {
		var zero T
		return zero, cmd.err
	}
	return to(cmd.val)
}

func convertAll[T any](cmd *Cmd, to func(interface{}) (T, error)) ([]T, error) {
	values, err := cmd.Slice()
	if err != nil {
		return nil, err
	}
	out := make([]T, len(values))
	for i, v := range values {
		if out[i], err = to(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func unexpected(val interface{}, wanted string) error {
	return fmt.Errorf("redis: unexpected type=%T for %s", val, wanted)
}

func toText(val interface{}) (string, error) {
	if s, ok := val.(string); ok {
		return s, nil
	}
	return "", unexpected(val, "String")
}

func toInt(val interface{}) (int, error) {
	switch val := val.(type) {
	case int64:
		return int(val), nil
	case string:
		return strconv.Atoi(val)
	}
	return 0, unexpected(val, "Int")
}

func toInt64(val interface{}) (int64, error) {
	switch val := val.(type) {
	case int64:
		return val, nil
	case string:
		return strconv.ParseInt(val, 10, 64)
	}
	return 0, unexpected(val, "Int64")
}

func toUint64(val interface{}) (uint64, error) {
	switch val := val.(type) {
	case int64:
		return uint64(val), nil
	case string:
		return strconv.ParseUint(val, 10, 64)
	}
	return 0, unexpected(val, "Uint64")
}

func toFloat32(val interface{}) (float32, error) {
	switch val := val.(type) {
	case int64:
		return float32(val), nil
	case string:
		f, err := strconv.ParseFloat(val, 32)
		if err != nil {
			return 0, err
		}
		return float32(f), nil
	}
	return 0, unexpected(val, "Float32")
}

func toFloat64(val interface{}) (float64, error) {
	switch val := val.(type) {
	case int64:
		return float64(val), nil
	case string:
		return strconv.ParseFloat(val, 64)
	}
	return 0, unexpected(val, "Float64")
}

func toBool(val interface{}) (bool, error) {
	switch val := val.(type) {
	case bool:
		return val, nil
	case int64:
		return val != 0, nil
	case string:
		return strconv.ParseBool(val)
	}
	return false, unexpected(val, "Bool")
}

func toSlice(val interface{}) ([]interface{}, error) {
	if s, ok := val.([]interface{}); ok {
		return s, nil
	}
	return nil, unexpected(val, "Slice")
}
