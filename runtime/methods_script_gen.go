// Code generated from internal/spec by internal/gen/facade; DO NOT EDIT.

package runtime

import (
	"context"
	arg "github.com/redis2cf/redis2cf/runtime/internal/arg"
)

// Eval sends EVAL.
func (c cmdable) Eval(ctx context.Context, script string, keys []string, args ...interface{}) *Cmd {
	words := make([]interface{}, 0, 3+len(keys)+len(args))
	words = append(words, "eval", script, len(keys))
	for _, v := range keys {
		words = append(words, v)
	}
	words = arg.Flatten(words, args)
	cmd := NewCmd(ctx, words...)
	_ = c(ctx, cmd)
	if HasErrorPrefix(cmd.err, "NOSCRIPT") {
		cmd.err = ErrNoScript
	}
	return cmd
}

// EvalRO sends EVAL_RO.
func (c cmdable) EvalRO(ctx context.Context, script string, keys []string, args ...interface{}) *Cmd {
	words := make([]interface{}, 0, 3+len(keys)+len(args))
	words = append(words, "eval_ro", script, len(keys))
	for _, v := range keys {
		words = append(words, v)
	}
	words = arg.Flatten(words, args)
	cmd := NewCmd(ctx, words...)
	_ = c(ctx, cmd)
	if HasErrorPrefix(cmd.err, "NOSCRIPT") {
		cmd.err = ErrNoScript
	}
	return cmd
}

// EvalSha sends EVALSHA.
func (c cmdable) EvalSha(ctx context.Context, sha1 string, keys []string, args ...interface{}) *Cmd {
	words := make([]interface{}, 0, 3+len(keys)+len(args))
	words = append(words, "evalsha", sha1, len(keys))
	for _, v := range keys {
		words = append(words, v)
	}
	words = arg.Flatten(words, args)
	cmd := NewCmd(ctx, words...)
	_ = c(ctx, cmd)
	if HasErrorPrefix(cmd.err, "NOSCRIPT") {
		cmd.err = ErrNoScript
	}
	return cmd
}

// EvalShaRO sends EVALSHA_RO.
func (c cmdable) EvalShaRO(ctx context.Context, sha1 string, keys []string, args ...interface{}) *Cmd {
	words := make([]interface{}, 0, 3+len(keys)+len(args))
	words = append(words, "evalsha_ro", sha1, len(keys))
	for _, v := range keys {
		words = append(words, v)
	}
	words = arg.Flatten(words, args)
	cmd := NewCmd(ctx, words...)
	_ = c(ctx, cmd)
	if HasErrorPrefix(cmd.err, "NOSCRIPT") {
		cmd.err = ErrNoScript
	}
	return cmd
}

// ScriptExists sends SCRIPT EXISTS.
func (c cmdable) ScriptExists(ctx context.Context, hashes ...string) *BoolSliceCmd {
	words := make([]interface{}, 0, 2+len(hashes))
	words = append(words, "script", "exists")
	for _, v := range hashes {
		words = append(words, v)
	}
	cmd := NewBoolSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// ScriptFlush sends SCRIPT FLUSH.
func (c cmdable) ScriptFlush(ctx context.Context) *StatusCmd {
	cmd := NewStatusCmd(ctx, "script", "flush")
	_ = c(ctx, cmd)
	return cmd
}

// ScriptLoad sends SCRIPT LOAD.
func (c cmdable) ScriptLoad(ctx context.Context, script string) *StringCmd {
	cmd := NewStringCmd(ctx, "script", "load", script)
	_ = c(ctx, cmd)
	return cmd
}
