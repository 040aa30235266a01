// Code generated from internal/spec by internal/gen/facade; DO NOT EDIT.

package runtime

import "context"

// JSONArrAppend sends JSON.ARRAPPEND.
func (c cmdable) JSONArrAppend(ctx context.Context, key string, path string, values ...interface{}) *IntSliceCmd {
	words := make([]interface{}, 0, 3+len(values))
	words = append(words, "JSON.ARRAPPEND", key, path)
	for _, v := range values {
		words = append(words, v)
	}
	cmd := NewIntSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// JSONArrIndex sends JSON.ARRINDEX.
func (c cmdable) JSONArrIndex(ctx context.Context, key string, path string, value ...interface{}) *IntSliceCmd {
	words := make([]interface{}, 0, 3+len(value))
	words = append(words, "JSON.ARRINDEX", key, path)
	for _, v := range value {
		words = append(words, v)
	}
	cmd := NewIntSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// JSONArrInsert sends JSON.ARRINSERT.
func (c cmdable) JSONArrInsert(ctx context.Context, key string, path string, index int64, values ...interface{}) *IntSliceCmd {
	words := make([]interface{}, 0, 4+len(values))
	words = append(words, "JSON.ARRINSERT", key, path, index)
	for _, v := range values {
		words = append(words, v)
	}
	cmd := NewIntSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// JSONArrLen sends JSON.ARRLEN.
func (c cmdable) JSONArrLen(ctx context.Context, key string, path string) *IntSliceCmd {
	cmd := NewIntSliceCmd(ctx, "JSON.ARRLEN", key, path)
	_ = c(ctx, cmd)
	return cmd
}

// JSONArrPop sends JSON.ARRPOP.
func (c cmdable) JSONArrPop(ctx context.Context, key string, path string, index int) *StringSliceCmd {
	cmd := NewStringSliceCmd(ctx, "JSON.ARRPOP", key, path, index)
	_ = c(ctx, cmd)
	return cmd
}

// JSONArrTrim sends JSON.ARRTRIM.
func (c cmdable) JSONArrTrim(ctx context.Context, key string, path string) *IntSliceCmd {
	cmd := NewIntSliceCmd(ctx, "JSON.ARRTRIM", key, path)
	_ = c(ctx, cmd)
	return cmd
}

// JSONClear sends JSON.CLEAR.
func (c cmdable) JSONClear(ctx context.Context, key string, path string) *IntCmd {
	cmd := NewIntCmd(ctx, "JSON.CLEAR", key, path)
	_ = c(ctx, cmd)
	return cmd
}

// JSONDel sends JSON.DEL.
func (c cmdable) JSONDel(ctx context.Context, key string, path string) *IntCmd {
	cmd := NewIntCmd(ctx, "JSON.DEL", key, path)
	_ = c(ctx, cmd)
	return cmd
}

// JSONForget sends JSON.FORGET.
func (c cmdable) JSONForget(ctx context.Context, key string, path string) *IntCmd {
	cmd := NewIntCmd(ctx, "JSON.FORGET", key, path)
	_ = c(ctx, cmd)
	return cmd
}

// JSONMerge sends JSON.MERGE.
func (c cmdable) JSONMerge(ctx context.Context, key string, path string, value string) *StatusCmd {
	cmd := NewStatusCmd(ctx, "JSON.MERGE", key, path, value)
	_ = c(ctx, cmd)
	return cmd
}

// JSONMGet sends JSON.MGET.
func (c cmdable) JSONMGet(ctx context.Context, path string, keys ...string) *JSONSliceCmd {
	words := make([]interface{}, 0, 2+len(keys))
	words = append(words, "JSON.MGET")
	for _, v := range keys {
		words = append(words, v)
	}
	words = append(words, path)
	cmd := NewJSONSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// JSONMSet sends JSON.MSET.
func (c cmdable) JSONMSet(ctx context.Context, params ...interface{}) *StatusCmd {
	words := make([]interface{}, 0, 1+len(params))
	words = append(words, "JSON.MSET")
	for _, v := range params {
		words = append(words, v)
	}
	cmd := NewStatusCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// JSONObjKeys sends JSON.OBJKEYS.
func (c cmdable) JSONObjKeys(ctx context.Context, key string, path string) *SliceCmd {
	cmd := NewSliceCmd(ctx, "JSON.OBJKEYS", key, path)
	_ = c(ctx, cmd)
	return cmd
}

// JSONObjLen sends JSON.OBJLEN.
func (c cmdable) JSONObjLen(ctx context.Context, key string, path string) *IntPointerSliceCmd {
	cmd := NewIntPointerSliceCmd(ctx, "JSON.OBJLEN", key, path)
	_ = c(ctx, cmd)
	return cmd
}

// JSONStrAppend sends JSON.STRAPPEND.
func (c cmdable) JSONStrAppend(ctx context.Context, key string, path string, value string) *IntPointerSliceCmd {
	cmd := NewIntPointerSliceCmd(ctx, "JSON.STRAPPEND", key, path, value)
	_ = c(ctx, cmd)
	return cmd
}

// JSONStrLen sends JSON.STRLEN.
func (c cmdable) JSONStrLen(ctx context.Context, key string, path string) *IntPointerSliceCmd {
	cmd := NewIntPointerSliceCmd(ctx, "JSON.STRLEN", key, path)
	_ = c(ctx, cmd)
	return cmd
}

// JSONToggle sends JSON.TOGGLE.
func (c cmdable) JSONToggle(ctx context.Context, key string, path string) *IntPointerSliceCmd {
	cmd := NewIntPointerSliceCmd(ctx, "JSON.TOGGLE", key, path)
	_ = c(ctx, cmd)
	return cmd
}

// JSONType sends JSON.TYPE.
func (c cmdable) JSONType(ctx context.Context, key string, path string) *JSONSliceCmd {
	cmd := NewJSONSliceCmd(ctx, "JSON.TYPE", key, path)
	_ = c(ctx, cmd)
	return cmd
}
