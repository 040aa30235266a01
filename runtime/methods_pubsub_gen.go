// Code generated from internal/spec by internal/gen/facade; DO NOT EDIT.

package runtime

import "context"

// Publish sends PUBLISH.
func (c cmdable) Publish(ctx context.Context, channel string, message interface{}) *IntCmd {
	cmd := NewIntCmd(ctx, "publish", channel, message)
	_ = c(ctx, cmd)
	return cmd
}

// SPublish sends SPUBLISH.
func (c cmdable) SPublish(ctx context.Context, channel string, message interface{}) *IntCmd {
	cmd := NewIntCmd(ctx, "spublish", channel, message)
	_ = c(ctx, cmd)
	return cmd
}

// PubSubChannels sends PUBSUB CHANNELS.
func (c cmdable) PubSubChannels(ctx context.Context, pattern string) *StringSliceCmd {
	words := make([]interface{}, 0, 3)
	words = append(words, "pubsub", "channels")
	if pattern != "*" {
		words = append(words, pattern)
	}
	cmd := NewStringSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// PubSubNumSub sends PUBSUB NUMSUB.
func (c cmdable) PubSubNumSub(ctx context.Context, channels ...string) *MapStringIntCmd {
	words := make([]interface{}, 0, 2+len(channels))
	words = append(words, "pubsub", "numsub")
	for _, v := range channels {
		words = append(words, v)
	}
	cmd := NewMapStringIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// PubSubShardChannels sends PUBSUB SHARDCHANNELS.
func (c cmdable) PubSubShardChannels(ctx context.Context, pattern string) *StringSliceCmd {
	words := make([]interface{}, 0, 3)
	words = append(words, "pubsub", "shardchannels")
	if pattern != "*" {
		words = append(words, pattern)
	}
	cmd := NewStringSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// PubSubShardNumSub sends PUBSUB SHARDNUMSUB.
func (c cmdable) PubSubShardNumSub(ctx context.Context, channels ...string) *MapStringIntCmd {
	words := make([]interface{}, 0, 2+len(channels))
	words = append(words, "pubsub", "shardnumsub")
	for _, v := range channels {
		words = append(words, v)
	}
	cmd := NewMapStringIntCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// PubSubNumPat sends PUBSUB NUMPAT.
func (c cmdable) PubSubNumPat(ctx context.Context) *IntCmd {
	cmd := NewIntCmd(ctx, "pubsub", "numpat")
	_ = c(ctx, cmd)
	return cmd
}
