package runtime

import (
	"context"
	"fmt"
	"time"
)

// SetArgs are the options of SET. Mode is NX, XX, or one of the comparisons
// IFEQ, IFNE (with MatchValue) and IFDEQ, IFDNE (with MatchDigest).
type SetArgs struct {
	Mode        string
	MatchValue  interface{}
	MatchDigest uint64
	TTL         time.Duration // 0: no expiration
	ExpireAt    time.Time
	Get         bool // answer the old value
	KeepTTL     bool
}

// Set stores a value. Expiration 0 means none, KeepTTL keeps the key's own.
func (c cmdable) Set(ctx context.Context, key string, value interface{}, expiration time.Duration) *StatusCmd {
	args := make([]interface{}, 3, 5)
	args[0], args[1], args[2] = "set", key, value
	if expiration > 0 {
		args = expiry(ctx, args, expiration)
	} else if expiration == KeepTTL {
		args = append(args, "keepttl")
	}
	cmd := NewStatusCmd(ctx, args...)
	_ = c(ctx, cmd)
	return cmd
}

// SetArgs stores a value with SET's options.
func (c cmdable) SetArgs(ctx context.Context, key string, value interface{}, a SetArgs) *StatusCmd {
	args := []interface{}{"set", key, value}
	if a.KeepTTL {
		args = append(args, "keepttl")
	}
	if !a.ExpireAt.IsZero() {
		args = append(args, "exat", a.ExpireAt.Unix())
	}
	if a.TTL > 0 {
		args = expiry(ctx, args, a.TTL)
	}
	if a.Mode != "" {
		args = append(args, a.Mode)
		switch a.Mode {
		case "ifeq", "IFEQ", "ifne", "IFNE":
			if a.MatchValue != nil {
				args = append(args, a.MatchValue)
			}
		case "ifdeq", "IFDEQ", "ifdne", "IFDNE":
			if a.MatchDigest != 0 {
				args = append(args, fmt.Sprintf("%016x", a.MatchDigest))
			}
		}
	}
	if a.Get {
		args = append(args, "get")
	}
	cmd := NewStatusCmd(ctx, args...)
	_ = c(ctx, cmd)
	return cmd
}

// SetFromBuffer stores the bytes of a buffer.
func (c cmdable) SetFromBuffer(ctx context.Context, key string, buf []byte) *StatusCmd {
	cmd := NewStatusCmd(ctx, "set", key, buf)
	_ = c(ctx, cmd)
	return cmd
}

// SetNX stores a value if the key does not exist.
func (c cmdable) SetNX(ctx context.Context, key string, value interface{}, expiration time.Duration) *BoolCmd {
	return c.setIf(ctx, key, value, expiration, "nx")
}

// SetXX stores a value if the key exists.
func (c cmdable) SetXX(ctx context.Context, key string, value interface{}, expiration time.Duration) *BoolCmd {
	return c.setIf(ctx, key, value, expiration, "xx")
}

func (c cmdable) setIf(ctx context.Context, key string, value interface{}, expiration time.Duration, when string) *BoolCmd {
	args := make([]interface{}, 3, 6)
	args[0], args[1], args[2] = "set", key, value
	switch expiration {
	case 0:
	case KeepTTL:
		args = append(args, "keepttl")
	default:
		args = expiry(ctx, args, expiration)
	}
	cmd := NewBoolCmd(ctx, append(args, when)...)
	_ = c(ctx, cmd)
	return cmd
}

// GetEx reads a value and sets its expiration; 0 removes it, a negative one
// leaves it alone.
func (c cmdable) GetEx(ctx context.Context, key string, expiration time.Duration) *StringCmd {
	args := make([]interface{}, 2, 4)
	args[0], args[1] = "getex", key
	if expiration > 0 {
		args = expiry(ctx, args, expiration)
	} else if expiration == 0 {
		args = append(args, "persist")
	}
	cmd := NewStringCmd(ctx, args...)
	_ = c(ctx, cmd)
	return cmd
}

// GetToBuffer reads a value into the caller's buffer.
func (c cmdable) GetToBuffer(ctx context.Context, key string, buf []byte) *ZeroCopyStringCmd {
	cmd := NewZeroCopyStringCmd(ctx, buf, "get", key)
	_ = c(ctx, cmd)
	return cmd
}

// LCS finds the longest common subsequence of two strings.
func (c cmdable) LCS(ctx context.Context, q *LCSQuery) *LCSCmd {
	cmd := NewLCSCmd(ctx, q)
	_ = c(ctx, cmd)
	return cmd
}
