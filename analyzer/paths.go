package analyzer

import (
	"go/types"
	"strings"
)

// Import paths that sites are told by.
const (
	GoRedisPath   = "github.com/redis/go-redis/v9"
	GoRedisV8Path = "github.com/go-redis/redis/v8"
	RuntimePath   = "github.com/redis2cf/redis2cf/runtime"
)

// origin says on which side of a migration a package stands.
type origin uint8

const (
	foreign  origin = iota
	goRedis         // go-redis v9 or v8, or one of their sub-packages
	migrated        // the runtime's facade
)

// IsGoRedis tells whether a package is go-redis, v9 or v8, or a sub-package.
func IsGoRedis(path string) bool {
	return path == GoRedisPath || strings.HasPrefix(path, GoRedisPath+"/") || IsV8(path)
}

// IsV8 tells whether a package is go-redis v8 or a sub-package.
func IsV8(path string) bool {
	return path == GoRedisV8Path || strings.HasPrefix(path, GoRedisV8Path+"/")
}

func originOf(pkg *types.Package) origin {
	if pkg == nil {
		return foreign
	}
	switch path := pkg.Path(); {
	case IsGoRedis(path):
		return goRedis
	case path == RuntimePath || strings.HasPrefix(path, RuntimePath+"/"):
		return migrated
	}
	return foreign
}

// views are the interfaces of the facade that a view narrows a client to.
var views = map[string]bool{
	"KeyOps": true, "Strings": true, "HyperLogLogs": true, "Lists": true, "Hashes": true,
	"Sets": true, "SortedSets": true, "Streams": true, "JSON": true,
}

// named gives the declared type behind pointers and aliases, nil for others.
func named(t types.Type) *types.Named {
	t = types.Unalias(t)
	if p, ok := t.Underlying().(*types.Pointer); ok {
		if n, ok := t.(*types.Named); ok {
			return n
		}
		t = types.Unalias(p.Elem())
	}
	n, _ := t.(*types.Named)
	return n
}

// redisType finds the first type of go-redis or the facade in a signature.
func redisType(sig *types.Signature) *types.Named {
	for _, tuple := range [...]*types.Tuple{sig.Results(), sig.Params()} {
		for i := 0; i < tuple.Len(); i++ {
			t := tuple.At(i).Type()
			if s, ok := t.Underlying().(*types.Slice); ok {
				t = s.Elem()
			}
			if n := named(t); n != nil && originOf(n.Obj().Pkg()) != foreign {
				return n
			}
			if f, ok := t.Underlying().(*types.Signature); ok {
				if n := redisType(f); n != nil {
					return n
				}
			}
		}
	}
	return nil
}
