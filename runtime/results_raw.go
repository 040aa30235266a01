package runtime

import (
	"context"
	"io"
	"slices"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// RawCmd is the result of DoRaw: the reply as bytes of the client's protocol. An
// error of the command is such a reply, too, and no error of the result.
type RawCmd struct{ valueCmd[[]byte] }

// NewRawCmd returns a command that was not sent yet.
func NewRawCmd(ctx context.Context, args ...interface{}) *RawCmd {
	return &RawCmd{valueCmd[[]byte]{baseCmd: baseCmd{ctx: ctx, args: args, kind: CmdTypeGeneric}}}
}

// Bytes is Result.
func (cmd *RawCmd) Bytes() ([]byte, error) { return cmd.Result() }

func (cmd *RawCmd) readReply(r resp.Reply, proto int) error {
	cmd.val = resp.AppendReply(nil, proto, r)
	return nil
}

// Clone copies the command and its result.
func (cmd *RawCmd) Clone() Cmder {
	cmd.await()
	return &RawCmd{valueCmd[[]byte]{baseCmd: cmd.cloneBase(), val: slices.Clone(cmd.val)}}
}

// RawWriteToCmd is the result of DoRawWriteTo: how many bytes of the reply were
// written. An error of the command is written, too, and no error of the result.
type RawWriteToCmd struct {
	valueCmd[int64]
	w io.Writer
}

// NewRawWriteToCmd returns a command that was not sent yet.
func NewRawWriteToCmd(ctx context.Context, w io.Writer, args ...interface{}) *RawWriteToCmd {
	return &RawWriteToCmd{valueCmd[int64]{baseCmd: baseCmd{ctx: ctx, args: args, kind: CmdTypeGeneric}}, w}
}

// NoRetry is true: what was written cannot be taken back.
func (cmd *RawWriteToCmd) NoRetry() bool { return true }

func (cmd *RawWriteToCmd) readReply(r resp.Reply, proto int) error {
	n, err := cmd.w.Write(resp.AppendReply(nil, proto, r))
	cmd.val = int64(n)
	return err
}

// Clone copies the command and its result, with the same writer.
func (cmd *RawWriteToCmd) Clone() Cmder {
	cmd.await()
	return &RawWriteToCmd{valueCmd[int64]{baseCmd: cmd.cloneBase(), val: cmd.val}, cmd.w}
}

// DoRaw sends a command of any name and returns its reply as bytes.
func (c cmdable) DoRaw(ctx context.Context, args ...interface{}) *RawCmd {
	cmd := NewRawCmd(ctx, args...)
	_ = c(ctx, cmd)
	return cmd
}

// DoRawWriteTo sends a command of any name and writes its reply to w.
func (c cmdable) DoRawWriteTo(ctx context.Context, w io.Writer, args ...interface{}) *RawWriteToCmd {
	cmd := NewRawWriteToCmd(ctx, w, args...)
	_ = c(ctx, cmd)
	return cmd
}
