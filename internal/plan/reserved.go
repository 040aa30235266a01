package plan

import (
	"strings"
	"sync"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// Reserved tells whether a family cannot have this name, because the generated
// package has it from the facade, or could get it from a later one. Names of
// go-redis that nothing will ever answer stay free: Cache is too good a name.
func Reserved(name string) bool {
	for _, end := range familiesOfNames {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return reserved()[name]
}

// notInGoRedis are the facade's own names.
var notInGoRedis = []string{
	"KeyOps", "Strings", "HyperLogLogs", "Lists", "Hashes", "Sets", "SortedSets", "Streams", "JSON",
	"HookV8", "FromHookV8", "ZValues", "IsStale",
	"ErrNoStore", "ErrTwoServers", "ErrUnsupported", "Namespace",
	"GoRedis", "GoRedisCluster", "GoRedisUniversal", "GoRedisCmdable", "FromGoRedis", "FromGoRedisCluster", "StoreVariable",
	"Logging", "PubSubStats", "RankScore", "ShardPicker",
}

// familiesOfNames are the endings of go-redis's many commands, results and
// interfaces.
var familiesOfNames = []string{"Cmd", "Cmdable", "Result"}

var reserved = sync.OnceValue(func() map[string]bool {
	names := setOf(notInGoRedis...)
	for _, s := range spec.Symbols() {
		name := s.Facade
		if name == "" {
			name = s.Name
		}
		if s.Verdict != spec.Manual && s.Kind != "field" && !strings.Contains(name, ".") {
			names[name] = true
		}
	}
	return names
})
