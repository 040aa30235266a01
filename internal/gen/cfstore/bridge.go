package cfstore

import (
	"path"
	"strings"

	"github.com/dave/jennifer/jen"
)

// A Bridge is one version of go-redis that bridges lead to.
type Bridge struct {
	File  string // of the generated package, only where a program uses one of its functions
	Path  string // of the runtime's package
	Redis string // of go-redis
	Infix string // behind GoRedis in the functions' names
}

// Bridges are those that there are.
var Bridges = []Bridge{
	{"bridge.go", RuntimePath + "/goredis", "github.com/redis/go-redis/v9", ""},
	{"bridge_v8.go", RuntimePath + "/goredisv8", "github.com/go-redis/redis/v8", "V8"},
}

// Name is what one of the functions is called in the generated package.
func (b Bridge) Name(of string) string {
	return strings.Replace(of, "GoRedis", "GoRedis"+b.Infix, 1)
}

// bridges are the functions of the file of bridges. A type with a star in front is
// a pointer, and one of go-redis when it goes in where a result goes out.
var bridges = []struct {
	name, from, to string
	in             bool // from go-redis to the facade
	doc            string
}{
	{"GoRedis", "*Client", "*Client", false, `GoRedis returns a go-redis client of a client's store and database. A client has one,
which its Close closes, and which has none of its hooks. GoRedis(nil) is nil.`},
	{"GoRedisCluster", "*ClusterClient", "*ClusterClient", false, `GoRedisCluster is GoRedis for a ClusterClient: one node has all slots.`},
	{"GoRedisUniversal", "UniversalClient", "UniversalClient", false, `GoRedisUniversal is GoRedis for a client of any kind. It panics when c is not a client
of this package.`},
	{"GoRedisCmdable", "Cmdable", "Cmdable", false, `GoRedisCmdable is GoRedis for a client that is known as a Cmdable. It panics when c is
not a client: a pipeline and a transaction have no other side.`},
	{"GoRedisOf", "interface{}", "UniversalClient", false, `GoRedisOf is GoRedisUniversal for a client that is known by an interface of the module's
own. A struct that embeds a client is taken for that client, and so is what has a method
Unwrap() UniversalClient. It panics when there is no client in c.`},
	{"FromGoRedis", "UniversalClient", "*Client", true, `FromGoRedis returns a client whose commands go through a go-redis client: the data is
where that client has it. FromGoRedis(GoRedis(c)) is c.`},
	{"FromGoRedisCluster", "*ClusterClient", "*ClusterClient", true, `FromGoRedisCluster is FromGoRedis where a ClusterClient is wanted.`},
	{"BesideGoRedis", "*Client", "*Client", true, `BesideGoRedis returns the client of the store that stands beside a go-redis client, which
keeps the commands whose data the store does not have. It is made at the first call,
with the same options; its Close closes both.`},
}

// bridge is the file that is there while the program uses go-redis and the facade
// beside each other.
func (g *generator) bridge(of Bridge) *jen.File {
	f := g.file()
	f.ImportName(of.Redis, "redis")
	f.ImportName(of.Path, path.Base(of.Path))
	for i, line := range []string{
		"The bridges between this package and go-redis. This file is here because code of the",
		"module still needs go-redis's own types: it links go-redis, and makes Nil, TxFailedErr",
		"and ErrClosed the same values on both sides. When no call of a bridge is left, redis2cf",
		"-w removes it.",
	} {
		if i == 0 {
			f.HeaderComment("")
		}
		f.HeaderComment(line)
	}
	local := func(t string) *jen.Statement {
		return pointer(t).Id(strings.TrimPrefix(t, "*"))
	}
	genuine := func(t string) *jen.Statement {
		return pointer(t).Qual(of.Redis, strings.TrimPrefix(t, "*"))
	}
	for _, b := range bridges {
		if b.name == "BesideGoRedis" && of.Infix != "" {
			continue // v8 has no command that needs data of its own
		}
		from, to := local(b.from), genuine(b.to)
		if b.in {
			from, to = genuine(b.from), local(b.to)
		}
		args := []jen.Code{jen.Id("c")}
		if b.name == "BesideGoRedis" {
			args = append(args, jen.Id("NewClient"))
		}
		for _, line := range strings.Split(strings.ReplaceAll(b.doc, "GoRedis", "GoRedis"+of.Infix), "\n") {
			f.Comment(line)
		}
		f.Func().Id(of.Name(b.name)).Params(jen.Id("c").Add(from)).Add(to).Block(
			jen.Return(jen.Qual(of.Path, b.name).Call(args...))).Line()
	}
	return f
}

func pointer(t string) *jen.Statement {
	if strings.HasPrefix(t, "*") {
		return jen.Op("*")
	}
	return jen.Null()
}
