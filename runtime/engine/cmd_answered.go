package engine

import (
	"fmt"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// answeredHandlers answer commands about machinery that is not there as a Redis
// does that has nothing to report, so that clients, tools and test suites go on.
var answeredHandlers = map[string]handler{
	"save": cmdSave, "bgsave": cmdBGSave, "bgrewriteaof": cmdBGRewriteAOF,
	"replicaof": cmdReplicaOf, "slaveof": cmdReplicaOf, "debug": cmdDebug, "monitor": cmdMonitor,
	"module": cmdContainer, "module|list": cmdNothing, "script|kill": cmdScriptKill,
	"latency": cmdContainer, "latency|latest": cmdNothing, "latency|history": cmdNothing, "latency|reset": cmdLatencyReset,
	"latency|histogram": cmdLatencyHistogram, "latency|doctor": cmdLatencyDoctor, "latency|graph": cmdLatencyGraph,
	"acl": cmdContainer, "acl|whoami": cmdACLWhoAmI, "acl|cat": cmdACLCat,
}

// cmdNothing answers that there is nothing to list.
func cmdNothing(*call) resp.Reply { return emptyArray }

// What was acknowledged is saved already.

func cmdSave(*call) resp.Reply { return resp.OK }

func cmdBGSave(c *call) resp.Reply {
	if len(c.args) > 1 && (len(c.args) > 2 || !strings.EqualFold(c.args[1], "SCHEDULE")) {
		return errSyntax
	}
	return resp.NewStatus("Background saving started")
}

func cmdBGRewriteAOF(*call) resp.Reply {
	return resp.NewStatus("Background append only file rewriting started")
}

// cmdReplicaOf agrees to be nobody's replica.
func cmdReplicaOf(c *call) resp.Reply {
	if strings.EqualFold(c.args[1], "NO") && strings.EqualFold(c.args[2], "ONE") {
		return resp.OK
	}
	return unserved("replicaof")
}

// cmdDebug answers the two of DEBUG's many sub-commands that clients and test
// suites use.
func cmdDebug(c *call) resp.Reply {
	switch sub := strings.ToUpper(c.args[1]); {
	case sub == "SLEEP" && len(c.args) == 3:
		until, bad := c.timeoutArg(c.args[2])
		if bad.Kind == resp.Error || until == 0 {
			return resp.OK
		}
		r := c.waitFor(nil, until, resp.OK)
		if c.wait != nil {
			c.wait.timeout = resp.OK
		}
		return r
	case sub == "OBJECT" && len(c.args) == 3:
		ent := c.e.peek(c.s.db, c.args[2])
		if ent == nil {
			return errNoSuchKey
		}
		idle := max(c.e.nowMs-ent.access, 0) / 1000
		return resp.NewStatus(fmt.Sprintf("Value at:0x0 refcount:1 encoding:%s serializedlength:%d lru:%d lru_seconds_idle:%d",
			c.e.encoding(ent), len(c.e.dump(ent)), ent.access/1000&(1<<24-1), idle))
	}
	return unserved("debug")
}

func cmdScriptKill(*call) resp.Reply {
	return resp.NewError("NOTBUSY No scripts in execution right now.")
}

func cmdLatencyReset(*call) resp.Reply { return intReply(0) }

func cmdLatencyHistogram(*call) resp.Reply {
	return resp.Reply{Kind: resp.Map, Elems: []resp.Reply{}}
}

func cmdLatencyDoctor(*call) resp.Reply {
	return verbatim("I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You may use \"CONFIG SET latency-monitor-threshold <milliseconds>.\" in order to enable it. If we weren't in a deep space mission I'd suggest to take a look at https://redis.io/topics/latency-monitor.\n")
}

func cmdLatencyGraph(c *call) resp.Reply {
	return resp.NewError(fmt.Sprintf("ERR No samples available for event '%s'", oneLine(clip(c.args[2]))))
}

func cmdACLWhoAmI(c *call) resp.Reply { return resp.NewBulk(c.s.user()) }

// categories are those of Redis's ACL, in its order.
var categories = []string{
	"keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo", "stream",
	"pubsub", "admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting",
}

func cmdACLCat(c *call) resp.Reply {
	switch len(c.args) {
	case 2:
		return resp.Bulks(categories)
	case 3:
	default:
		return c.badSubcommand()
	}
	names, known := []string{}, false
	for _, cat := range categories {
		known = known || strings.EqualFold(cat, c.args[2])
	}
	if !known {
		return resp.NewError(fmt.Sprintf("ERR Unknown category '%s'", oneLine(clip(c.args[2]))))
	}
	for _, cmd := range served() {
		if cmd.inCategory(c.args[2]) {
			names = append(names, cmd.name)
		}
	}
	return resp.Bulks(names)
}
