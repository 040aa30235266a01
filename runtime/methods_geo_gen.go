// Code generated from internal/spec by internal/gen/facade; DO NOT EDIT.

package runtime

import "context"

// GeoHash sends GEOHASH.
func (c cmdable) GeoHash(ctx context.Context, key string, members ...string) *StringSliceCmd {
	words := make([]interface{}, 0, 2+len(members))
	words = append(words, "geohash", key)
	for _, v := range members {
		words = append(words, v)
	}
	cmd := NewStringSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// GeoPos sends GEOPOS.
func (c cmdable) GeoPos(ctx context.Context, key string, members ...string) *GeoPosCmd {
	words := make([]interface{}, 0, 2+len(members))
	words = append(words, "geopos", key)
	for _, v := range members {
		words = append(words, v)
	}
	cmd := NewGeoPosCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}
