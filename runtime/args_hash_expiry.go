package runtime

import (
	"context"
	"time"
)

// HExpireArgs are the conditions of HEXPIRE and its kin; the first that is set
// counts.
type HExpireArgs struct {
	NX bool // only fields that do not expire
	XX bool // only fields that expire
	GT bool // only to a later time
	LT bool // only to an earlier time
}

// withFields appends the condition and the fields.
func (a HExpireArgs) withFields(args []interface{}, fields []string) []interface{} {
	switch {
	case a.NX:
		args = append(args, "NX")
	case a.XX:
		args = append(args, "XX")
	case a.GT:
		args = append(args, "GT")
	case a.LT:
		args = append(args, "LT")
	}
	return appendFields(args, len(fields), fields)
}

func appendFields(args []interface{}, n int, words []string) []interface{} {
	args = append(args, "FIELDS", n)
	for _, w := range words {
		args = append(args, w)
	}
	return args
}

// HExpireWithArgs has fields expire after a time in seconds.
func (c cmdable) HExpireWithArgs(ctx context.Context, key string, expiration time.Duration, expirationArgs HExpireArgs, fields ...string) *IntSliceCmd {
	return c.fieldsExpire(ctx, expirationArgs, fields, "HEXPIRE", key, formatSec(ctx, expiration))
}

// HPExpireWithArgs has fields expire after a time in milliseconds.
func (c cmdable) HPExpireWithArgs(ctx context.Context, key string, expiration time.Duration, expirationArgs HExpireArgs, fields ...string) *IntSliceCmd {
	return c.fieldsExpire(ctx, expirationArgs, fields, "HPEXPIRE", key, formatMs(ctx, expiration))
}

// HExpireAtWithArgs has fields expire at a time, to the second.
func (c cmdable) HExpireAtWithArgs(ctx context.Context, key string, tm time.Time, expirationArgs HExpireArgs, fields ...string) *IntSliceCmd {
	return c.fieldsExpire(ctx, expirationArgs, fields, "HEXPIREAT", key, tm.Unix())
}

// HPExpireAtWithArgs has fields expire at a time, to the millisecond.
func (c cmdable) HPExpireAtWithArgs(ctx context.Context, key string, tm time.Time, expirationArgs HExpireArgs, fields ...string) *IntSliceCmd {
	return c.fieldsExpire(ctx, expirationArgs, fields, "HPEXPIREAT", key, tm.UnixNano()/int64(time.Millisecond))
}

func (c cmdable) fieldsExpire(ctx context.Context, a HExpireArgs, fields []string, args ...interface{}) *IntSliceCmd {
	cmd := NewIntSliceCmd(ctx, a.withFields(args, fields)...)
	_ = c(ctx, cmd)
	return cmd
}

// HGetEXExpirationType says what HGETEX does to the expiry of fields.
type HGetEXExpirationType string

// The options of HGETEX.
const (
	HGetEXExpirationEX      HGetEXExpirationType = "EX"
	HGetEXExpirationPX      HGetEXExpirationType = "PX"
	HGetEXExpirationEXAT    HGetEXExpirationType = "EXAT"
	HGetEXExpirationPXAT    HGetEXExpirationType = "PXAT"
	HGetEXExpirationPERSIST HGetEXExpirationType = "PERSIST"
)

// HGetEXOptions are the options of HGETEX.
type HGetEXOptions struct {
	ExpirationType HGetEXExpirationType
	ExpirationVal  int64 // seconds or milliseconds, from now or since 1970
}

// HGetEXWithArgs answers fields and changes when they expire.
func (c cmdable) HGetEXWithArgs(ctx context.Context, key string, options *HGetEXOptions, fields ...string) *StringSliceCmd {
	args := []interface{}{"HGETEX", key}
	if options.ExpirationType != "" {
		args = append(args, string(options.ExpirationType))
		if options.ExpirationType != HGetEXExpirationPERSIST {
			args = append(args, options.ExpirationVal)
		}
	}
	cmd := NewStringSliceCmd(ctx, appendFields(args, len(fields), fields)...)
	_ = c(ctx, cmd)
	return cmd
}

// HSetEXCondition says when HSETEX sets fields.
type HSetEXCondition string

// The conditions of HSETEX.
const (
	HSetEXFNX HSetEXCondition = "FNX" // when none of them is there
	HSetEXFXX HSetEXCondition = "FXX" // when all of them are there
)

// HSetEXExpirationType says what HSETEX does to the expiry of fields.
type HSetEXExpirationType string

// The options of HSETEX.
const (
	HSetEXExpirationEX      HSetEXExpirationType = "EX"
	HSetEXExpirationPX      HSetEXExpirationType = "PX"
	HSetEXExpirationEXAT    HSetEXExpirationType = "EXAT"
	HSetEXExpirationPXAT    HSetEXExpirationType = "PXAT"
	HSetEXExpirationKEEPTTL HSetEXExpirationType = "KEEPTTL"
)

// HSetEXOptions are the options of HSETEX.
type HSetEXOptions struct {
	Condition      HSetEXCondition
	ExpirationType HSetEXExpirationType
	ExpirationVal  int64 // seconds or milliseconds, from now or since 1970
}

// HSetEX sets fields, given as names and values in turn.
func (c cmdable) HSetEX(ctx context.Context, key string, fieldsAndValues ...string) *IntCmd {
	return c.HSetEXWithArgs(ctx, key, &HSetEXOptions{}, fieldsAndValues...)
}

// HSetEXWithArgs sets fields, given as names and values in turn, and when they
// expire.
func (c cmdable) HSetEXWithArgs(ctx context.Context, key string, options *HSetEXOptions, fieldsAndValues ...string) *IntCmd {
	args := []interface{}{"HSETEX", key}
	if options.Condition != "" {
		args = append(args, string(options.Condition))
	}
	if options.ExpirationType != "" {
		args = append(args, string(options.ExpirationType))
		if options.ExpirationType != HSetEXExpirationKEEPTTL {
			args = append(args, options.ExpirationVal)
		}
	}
	cmd := NewIntCmd(ctx, appendFields(args, len(fieldsAndValues)/2, fieldsAndValues)...)
	_ = c(ctx, cmd)
	return cmd
}
