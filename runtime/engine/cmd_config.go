package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var configHandlers = map[string]handler{
	"config|get": cmdConfigGet, "config|set": cmdConfigSet, "config|resetstat": cmdConfigResetStat, "config|rewrite": cmdConfigRewrite,
	"config": cmdContainer,
}

// maxClients is what Redis says by default; the engine counts no connections.
const maxClients = 10000

// A setting is a parameter of CONFIG: one that holds here, at its fixed value, or
// one that can be set.
type setting struct {
	name string
	get  func(*Engine) string
	// set takes a value, or says what is wrong with it; nil: the value is fixed.
	set func(e *Engine, value string) (wrong string)
}

func always(value string) func(*Engine) string { return func(*Engine) string { return value } }

// settings are in the order of their names. The thresholds of encodings are those
// by which OBJECT ENCODING answers.
var settings = []setting{
	{"active-expire-effort", always("1"), nil},
	{"activedefrag", always("no"), nil},
	{"aof-use-rdb-preamble", always("yes"), nil},
	{"appendfsync", always("always"), nil},
	{"appendonly", func(e *Engine) string { return yesNo(!e.volatile) }, nil},
	{"busy-reply-threshold", always("5000"), nil},
	{"cluster-enabled", always("no"), nil},
	{"databases", func(e *Engine) string { return strconv.Itoa(e.opt.Databases) }, nil},
	{"hash-max-listpack-entries", always("512"), nil},
	{"hash-max-listpack-value", always("64"), nil},
	{"hz", always("10"), nil},
	{"latency-monitor-threshold", always("0"), nil},
	{"latency-tracking", always("no"), nil},
	{"list-max-listpack-size", always("-2"), nil},
	{"lua-time-limit", always("5000"), nil},
	{"maxclients", always(strconv.Itoa(maxClients)), nil},
	{"maxmemory", func(e *Engine) string { return strconv.FormatInt(e.memoryLimit(), 10) }, nil},
	{"maxmemory-policy", always("noeviction"), nil},
	{"notify-keyspace-events", func(e *Engine) string { return e.admin.notify.String() }, setNotify},
	{"proto-max-bulk-len", always(strconv.Itoa(maxString)), nil},
	{"replica-read-only", always("yes"), nil},
	{"save", always(""), nil},
	{"set-max-intset-entries", always("512"), nil},
	{"slowlog-log-slower-than", func(e *Engine) string { return e.admin.slow.threshold() }, setSlowThreshold},
	{"slowlog-max-len", func(e *Engine) string { return strconv.Itoa(e.admin.slow.limit()) }, setSlowLimit},
	{"stream-node-max-bytes", always("4096"), nil},
	{"stream-node-max-entries", always("100"), nil},
	{"tcp-keepalive", always("300"), nil},
	{"timeout", always("0"), nil},
	{"zset-max-listpack-entries", always("128"), nil},
	{"zset-max-listpack-value", always("64"), nil},
}

// oldNames are Redis's older names of settings.
var oldNames = map[string]string{
	"hash-max-ziplist-entries": "hash-max-listpack-entries", "hash-max-ziplist-value": "hash-max-listpack-value",
	"list-max-ziplist-size":    "list-max-listpack-size",
	"zset-max-ziplist-entries": "zset-max-listpack-entries", "zset-max-ziplist-value": "zset-max-listpack-value",
	"slave-read-only": "replica-read-only",
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func findSetting(name string) *setting {
	name = strings.ToLower(name)
	if now, old := oldNames[name]; old {
		name = now
	}
	i, ok := slices.BinarySearchFunc(settings, name, func(s setting, name string) int { return strings.Compare(s.name, name) })
	if !ok {
		return nil
	}
	return &settings[i]
}

func cmdConfigGet(c *call) resp.Reply {
	elems, seen := []resp.Reply{}, map[string]bool{}
	add := func(name string, s *setting) {
		if s != nil && !seen[name] {
			seen[name] = true
			elems = append(elems, resp.NewBulk(name), resp.NewBulk(s.get(c.e)))
		}
	}
	for _, pattern := range c.args[2:] {
		if !strings.ContainsAny(pattern, "[*?") {
			add(pattern, findSetting(pattern))
			continue
		}
		for i := range settings {
			if match(pattern, settings[i].name, true) {
				add(settings[i].name, &settings[i])
			}
		}
	}
	return resp.Reply{Kind: resp.Map, Elems: elems}
}

// cmdConfigSet sets all or nothing. A fixed parameter may be set to what it is.
func cmdConfigSet(c *call) resp.Reply {
	if len(c.args)%2 != 0 {
		return errSyntax
	}
	failed := func(name, why string) resp.Reply {
		return resp.NewError(fmt.Sprintf("ERR CONFIG SET failed (possibly related to argument '%s') - %s", oneLine(clip(name)), why))
	}
	chosen := make([]*setting, 0, len(c.args)/2-1)
	for i := 2; i < len(c.args); i += 2 {
		s := findSetting(c.args[i])
		switch {
		case s == nil:
			return resp.NewError(fmt.Sprintf("ERR Unknown option or number of arguments for CONFIG SET - '%s'", oneLine(clip(c.args[i]))))
		case s.name == "databases" || s.name == "cluster-enabled":
			return failed(c.args[i], "can't set immutable config")
		case slices.Contains(chosen, s):
			return failed(c.args[i], "duplicate parameter")
		}
		chosen = append(chosen, s)
	}
	old := make([]string, len(chosen))
	for i, s := range chosen {
		value := c.args[2*i+3]
		old[i] = s.get(c.e)
		wrong := ""
		switch {
		case s.set != nil:
			wrong = s.set(c.e, value)
		case !strings.EqualFold(value, old[i]):
			wrong = "redis2cf keeps this at '" + old[i] + "'; the store's URL and options say what can be chosen"
		}
		if wrong == "" {
			continue
		}
		for j := 0; j < i; j++ {
			if chosen[j].set != nil {
				chosen[j].set(c.e, old[j])
			}
		}
		return failed(s.name, wrong)
	}
	for _, s := range chosen {
		if s.set != nil {
			c.e.keepSetting(s)
		}
	}
	return resp.OK
}

func cmdConfigResetStat(c *call) resp.Reply {
	c.e.resetStats()
	return resp.OK
}

func cmdConfigRewrite(*call) resp.Reply {
	return resp.NewError("ERR The server is running without a config file")
}
