package stub

import "strings"

// bridge declares the runtime's goredis package. It is short enough to be written by
// hand; a test compares it with the package.
const bridge = `package goredis

import (
	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/runtime"
)

func GoRedis(c *runtime.Client) *redis.Client
func GoRedisCluster(c *runtime.ClusterClient) *redis.ClusterClient
func GoRedisUniversal(c runtime.UniversalClient) redis.UniversalClient
func GoRedisCmdable(c runtime.Cmdable) redis.Cmdable
func GoRedisOf(v interface{}) redis.UniversalClient
func FromGoRedis(c redis.UniversalClient) *runtime.Client
func FromGoRedisCluster(c *redis.ClusterClient) *runtime.ClusterClient
` + beside

const beside = `func BesideGoRedis(c *redis.Client, newClient func(*runtime.Options) *runtime.Client) *runtime.Client
`

// Bridge returns the declarations of the runtime's goredis package as one file.
func Bridge() []byte { return []byte(bridge) }

// BridgeV8 returns those of goredisv8: the same functions for go-redis v8, but for
// BesideGoRedis.
func BridgeV8() []byte {
	return []byte(strings.NewReplacer("package goredis", "package goredisv8", "redis/go-redis/v9", "go-redis/redis/v8", beside, "").Replace(bridge))
}
