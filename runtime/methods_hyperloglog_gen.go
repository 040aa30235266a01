// Code generated from internal/spec by internal/gen/facade; DO NOT EDIT.

package runtime

import (
	"context"
	arg "github.com/redis2cf/redis2cf/runtime/internal/arg"
)

// PFAdd sends PFADD.
func (c cmdable) PFAdd(ctx context.Context, key string, els ...interface{}) *IntCmd {
	words := make([]interface{}, 0, 2+len(els))
	words = append(words, "pfadd", key)
	words = arg.Flatten(words, els)
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// PFCount sends PFCOUNT.
func (c cmdable) PFCount(ctx context.Context, keys ...string) *IntCmd {
	words := make([]interface{}, 0, 1+len(keys))
	words = append(words, "pfcount")
	for _, v := range keys {
		words = append(words, v)
	}
	cmd := NewIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// PFMerge sends PFMERGE.
func (c cmdable) PFMerge(ctx context.Context, dest string, keys ...string) *StatusCmd {
	words := make([]interface{}, 0, 2+len(keys))
	words = append(words, "pfmerge", dest)
	for _, v := range keys {
		words = append(words, v)
	}
	cmd := NewStatusCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}
