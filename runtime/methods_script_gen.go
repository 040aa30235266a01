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

// FunctionLoad sends FUNCTION LOAD.
func (c cmdable) FunctionLoad(ctx context.Context, code string) *StringCmd {
	cmd := NewStringCmd(ctx, "function", "load", code)
	_ = c(ctx, cmd)
	return cmd
}

// FunctionLoadReplace sends FUNCTION LOAD.
func (c cmdable) FunctionLoadReplace(ctx context.Context, code string) *StringCmd {
	cmd := NewStringCmd(ctx, "function", "load", "replace", code)
	_ = c(ctx, cmd)
	return cmd
}

// FunctionDelete sends FUNCTION DELETE.
func (c cmdable) FunctionDelete(ctx context.Context, libName string) *StringCmd {
	cmd := NewStringCmd(ctx, "function", "delete", libName)
	_ = c(ctx, cmd)
	return cmd
}

// FunctionFlush sends FUNCTION FLUSH.
func (c cmdable) FunctionFlush(ctx context.Context) *StringCmd {
	cmd := NewStringCmd(ctx, "function", "flush")
	_ = c(ctx, cmd)
	return cmd
}

// FunctionKill sends FUNCTION KILL.
func (c cmdable) FunctionKill(ctx context.Context) *StringCmd {
	cmd := NewStringCmd(ctx, "function", "kill")
	_ = c(ctx, cmd)
	return cmd
}

// FunctionFlushAsync sends FUNCTION FLUSH.
func (c cmdable) FunctionFlushAsync(ctx context.Context) *StringCmd {
	cmd := NewStringCmd(ctx, "function", "flush", "async")
	_ = c(ctx, cmd)
	return cmd
}

// FunctionList sends FUNCTION LIST.
func (c cmdable) FunctionList(ctx context.Context, q FunctionListQuery) *FunctionListCmd {
	words := make([]interface{}, 0, 5)
	words = append(words, "function", "list")
	if q.LibraryNamePattern != "" {
		words = append(words, "libraryname", q.LibraryNamePattern)
	}
	if q.WithCode {
		words = append(words, "withcode")
	}
	cmd := NewFunctionListCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// FunctionDump sends FUNCTION DUMP.
func (c cmdable) FunctionDump(ctx context.Context) *StringCmd {
	cmd := NewStringCmd(ctx, "function", "dump")
	_ = c(ctx, cmd)
	return cmd
}

// FunctionRestore sends FUNCTION RESTORE.
func (c cmdable) FunctionRestore(ctx context.Context, libDump string) *StringCmd {
	cmd := NewStringCmd(ctx, "function", "restore", libDump)
	_ = c(ctx, cmd)
	return cmd
}

// FunctionStats sends FUNCTION STATS.
func (c cmdable) FunctionStats(ctx context.Context) *FunctionStatsCmd {
	cmd := NewFunctionStatsCmd(ctx, "function", "stats")
	_ = c(ctx, cmd)
	return cmd
}

// FCall sends FCALL.
func (c cmdable) FCall(ctx context.Context, function string, keys []string, args ...interface{}) *Cmd {
	words := make([]interface{}, 0, 3+len(keys)+len(args))
	words = append(words, "fcall", function, len(keys))
	for _, v := range keys {
		words = append(words, v)
	}
	for _, v := range args {
		words = append(words, v)
	}
	cmd := NewCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// FCallRo sends FCALL_RO.
func (c cmdable) FCallRo(ctx context.Context, function string, keys []string, args ...interface{}) *Cmd {
	words := make([]interface{}, 0, 3+len(keys)+len(args))
	words = append(words, "fcall_ro", function, len(keys))
	for _, v := range keys {
		words = append(words, v)
	}
	for _, v := range args {
		words = append(words, v)
	}
	cmd := NewCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// FCallRO sends FCALL_RO.
func (c cmdable) FCallRO(ctx context.Context, function string, keys []string, args ...interface{}) *Cmd {
	words := make([]interface{}, 0, 3+len(keys)+len(args))
	words = append(words, "fcall_ro", function, len(keys))
	for _, v := range keys {
		words = append(words, v)
	}
	for _, v := range args {
		words = append(words, v)
	}
	cmd := NewCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}
