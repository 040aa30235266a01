package runtime

import (
	"context"
	"errors"
)

// Units of a BitCount's range.
const (
	BitCountIndexByte string = "BYTE"
	BitCountIndexBit  string = "BIT"
)

// BitCount is a range of bytes, or with Unit BIT of bits, both ends included.
type BitCount struct {
	Start, End int64
	Unit       string
}

// BitCount counts the bits that are set, in a range or everywhere.
func (c cmdable) BitCount(ctx context.Context, key string, bitCount *BitCount) *IntCmd {
	args := make([]interface{}, 2, 5)
	args[0], args[1] = "bitcount", key
	if bitCount != nil {
		args = append(args, bitCount.Start, bitCount.End)
		switch bitCount.Unit {
		case "":
		case BitCountIndexByte, BitCountIndexBit:
			args = append(args, bitCount.Unit)
		default:
			return refused("redis: invalid bitcount index")
		}
	}
	cmd := NewIntCmd(ctx, args...)
	_ = c(ctx, cmd)
	return cmd
}

// BitPos finds the first bit of a value, from pos[0] to pos[1] in bytes.
func (c cmdable) BitPos(ctx context.Context, key string, bit int64, pos ...int64) *IntCmd {
	if len(pos) > 2 {
		return refused("too many arguments")
	}
	args := make([]interface{}, 3, 5)
	args[0], args[1], args[2] = "bitpos", key, bit
	for _, p := range pos {
		args = append(args, p)
	}
	cmd := NewIntCmd(ctx, args...)
	_ = c(ctx, cmd)
	return cmd
}

// refused is a command that is not sent because its arguments say nothing.
func refused(text string) *IntCmd { return NewIntResult(0, errors.New(text)) }

// BitFieldRO reads integers of any width: pairs of type and offset.
func (c cmdable) BitFieldRO(ctx context.Context, key string, values ...interface{}) *IntSliceCmd {
	if len(values)%2 != 0 {
		cmd := NewIntSliceCmd(ctx)
		cmd.SetErr(errors.New("BitFieldRO: invalid number of arguments, must be even"))
		return cmd
	}
	args := make([]interface{}, 2, 2+3*len(values)/2)
	args[0], args[1] = "BITFIELD_RO", key
	for i := 0; i < len(values); i += 2 {
		args = append(args, "GET", values[i], values[i+1])
	}
	cmd := NewIntSliceCmd(ctx, args...)
	_ = c(ctx, cmd)
	return cmd
}
