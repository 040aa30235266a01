package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var infoHandlers = map[string]handler{"info": cmdInfo}

// A section writes one part of INFO.
type section struct {
	name  string
	extra bool // just for "all", "everything" or its own name
	lines func(w *infoWriter)
}

var sections = []section{
	{"Server", false, infoServer}, {"Clients", false, infoClients}, {"Memory", false, infoMemory},
	{"Persistence", false, infoPersistence}, {"Stats", false, infoStats}, {"Replication", false, infoReplication},
	{"CPU", false, infoCPU}, {"Modules", false, func(*infoWriter) {}}, {"Commandstats", true, infoCommandStats},
	{"Errorstats", false, infoErrorStats}, {"Cluster", false, func(w *infoWriter) { w.line("cluster_enabled", 0) }},
	{"Keyspace", false, infoKeyspace},
}

type infoWriter struct {
	strings.Builder
	c *call
	e *Engine
}

func (w *infoWriter) line(key string, value any) { fmt.Fprintf(w, "%s:%v\r\n", key, value) }

// bytes writes a size as a number and as people read it.
func (w *infoWriter) bytes(key string, n int64) {
	w.line(key, n)
	w.line(key+"_human", humanBytes(n))
}

// humanBytes writes a size as Redis does: 1.50M.
func humanBytes(n int64) string {
	if n < 1024 {
		return strconv.FormatInt(n, 10) + "B"
	}
	f, i := float64(n)/1024, 0
	for ; f >= 1024 && i < len("KMGTP")-1; i++ {
		f /= 1024
	}
	return fmt.Sprintf("%.2f%c", f, "KMGTP"[i])
}

// cmdInfo answers what the engine knows, under Redis's names. It invents no
// figures: what the engine cannot know, such as the time that a command took,
// stands as 0 where programs that read INFO would miss the field.
func cmdInfo(c *call) resp.Reply {
	want := map[string]bool{}
	for _, a := range c.args[1:] {
		want[strings.ToLower(a)] = true
	}
	usual := len(want) == 0 || want["default"]
	all := want["all"] || want["everything"]
	w := &infoWriter{c: c, e: c.e}
	for _, s := range sections {
		if !all && !want[strings.ToLower(s.name)] && !(usual && !s.extra) {
			continue
		}
		if w.Len() > 0 {
			w.WriteString("\r\n")
		}
		fmt.Fprintf(w, "# %s\r\n", s.name)
		s.lines(w)
	}
	if c.e.opt.Info != nil {
		name, lines := c.e.opt.Info()
		if all || want[strings.ToLower(name)] || usual && len(lines) > 0 {
			if w.Len() > 0 {
				w.WriteString("\r\n")
			}
			fmt.Fprintf(w, "# %s\r\n", name)
			for _, line := range lines {
				w.WriteString(line + "\r\n")
			}
		}
	}
	return verbatim(w.String())
}

func infoServer(w *infoWriter) {
	e, uptime := w.e, (w.e.now-w.e.started)/1e6
	w.line("redis_version", Version)
	w.line("redis_git_sha1", "00000000")
	w.line("redis_git_dirty", 0)
	w.line("redis_build_id", "0")
	w.line("redis_mode", "standalone")
	w.line("os", e.opt.OS)
	w.line("arch_bits", strconv.IntSize)
	w.line("multiplexing_api", "go")
	w.line("server_name", "redis2cf")
	w.line("process_supervised", "no")
	w.line("run_id", e.opt.RunID)
	w.line("tcp_port", w.port())
	w.line("server_time_usec", e.now)
	w.line("uptime_in_seconds", uptime)
	w.line("uptime_in_days", uptime/86400)
	w.line("hz", 10)
	w.line("configured_hz", 10)
	w.line("lru_clock", e.now/1e6&(1<<24-1))
	w.line("config_file", "")
	w.line("io_threads_active", 0)
}

// port is the one that the client came by; 0 for a client in the program.
func (w *infoWriter) port() string {
	addr := w.c.s.peer.LocalAddr
	if i := strings.LastIndexByte(addr, ':'); i >= 0 {
		return addr[i+1:]
	}
	return "0"
}

func infoClients(w *infoWriter) {
	timed := 0
	for _, t := range w.e.tickets {
		timed += int(boolInt(t.until != 0).Int)
	}
	w.line("connected_clients", len(w.e.sessions))
	w.line("cluster_connections", 0)
	w.line("maxclients", maxClients)
	w.line("blocked_clients", len(w.e.tickets))
	w.line("tracking_clients", 0)
	w.line("clients_in_timeout_table", timed)
}

func infoMemory(w *infoWriter) {
	e := w.e
	used, peak, limit := e.memoryUsed(), e.memoryPeak(), e.memoryLimit()
	w.bytes("used_memory", used)
	w.bytes("used_memory_rss", used) // the engine does not see the process around it
	w.bytes("used_memory_peak", peak)
	w.line("used_memory_peak_perc", fmt.Sprintf("%.2f%%", percent(used, peak)))
	w.line("used_memory_overhead", 0)
	w.line("used_memory_startup", 0)
	w.line("used_memory_dataset", used)
	w.line("used_memory_dataset_perc", "100.00%")
	w.line("number_of_cached_scripts", e.scripts.count())
	w.bytes("maxmemory", limit)
	w.line("maxmemory_policy", "noeviction")
	w.line("mem_fragmentation_ratio", "1.00")
	w.line("mem_allocator", "go")
	w.line("active_defrag_running", 0)
	w.line("lazyfree_pending_objects", 0)
}

// infoPersistence says that all is saved: a change is committed before its answer
// leaves, or keeps nothing at all.
func infoPersistence(w *infoWriter) {
	w.line("loading", 0)
	w.line("async_loading", 0)
	w.line("rdb_changes_since_last_save", 0)
	w.line("rdb_bgsave_in_progress", 0)
	w.line("rdb_last_save_time", w.e.now/1e6)
	w.line("rdb_last_bgsave_status", "ok")
	w.line("aof_enabled", boolInt(!w.e.volatile).Int)
	w.line("aof_rewrite_in_progress", 0)
	w.line("aof_last_bgrewrite_status", "ok")
	w.line("aof_last_write_status", "ok")
	w.line("volatile", boolInt(w.e.volatile).Int)
	w.line("last_change", w.e.seq)
}

func infoStats(w *infoWriter) {
	e, errors := w.e, int64(0)
	for _, n := range e.admin.errors {
		errors += n
	}
	w.line("total_connections_received", e.stats.connections)
	w.line("total_commands_processed", e.stats.commands)
	w.line("instantaneous_ops_per_sec", e.admin.rate.perSecond())
	w.line("rejected_connections", 0)
	w.line("sync_full", 0)
	w.line("expired_keys", e.stats.expired)
	w.line("evicted_keys", 0) // what leaves memory stays in the store
	w.line("evicted_clients", 0)
	w.line("keyspace_hits", e.stats.hits)
	w.line("keyspace_misses", e.stats.misses)
	w.line("pubsub_channels", len(e.topics.channels))
	w.line("pubsub_patterns", len(e.topics.patterns))
	w.line("pubsubshard_channels", len(e.topics.shards))
	w.line("latest_fork_usec", 0)
	w.line("total_forks", 0)
	w.line("tracking_clients", 0)
	w.line("unexpected_error_replies", 0)
	w.line("total_error_replies", errors)
}

func infoReplication(w *infoWriter) {
	w.line("role", "master")
	w.line("connected_slaves", 0)
	w.line("master_failover_state", "no-failover")
	w.line("master_replid", w.e.opt.RunID)
	w.line("master_replid2", strings.Repeat("0", 40))
	w.line("master_repl_offset", 0)
	w.line("second_repl_offset", -1)
	w.line("repl_backlog_active", 0)
	w.line("repl_backlog_size", 0)
	w.line("repl_backlog_first_byte_offset", 0)
	w.line("repl_backlog_histlen", 0)
}

// infoCPU has Redis's fields: the engine has no clock to measure by.
func infoCPU(w *infoWriter) {
	for _, name := range []string{"used_cpu_sys", "used_cpu_user", "used_cpu_sys_children", "used_cpu_user_children"} {
		w.line(name, "0.000000")
	}
}

func infoCommandStats(w *infoWriter) {
	for _, cmd := range served() {
		if cmd.number >= len(w.e.admin.calls) {
			continue
		}
		if n := w.e.admin.calls[cmd.number]; n != (callCount{}) {
			w.line("cmdstat_"+cmd.name, fmt.Sprintf("calls=%d,usec=0,usec_per_call=0.00,rejected_calls=%d,failed_calls=%d", n.calls, n.rejected, n.failed))
		}
	}
}

func infoErrorStats(w *infoWriter) {
	words := make([]string, 0, len(w.e.admin.errors))
	for word := range w.e.admin.errors {
		words = append(words, word)
	}
	slices.Sort(words)
	for _, word := range words {
		w.line("errorstat_"+word, fmt.Sprintf("count=%d", w.e.admin.errors[word]))
	}
}

func infoKeyspace(w *infoWriter) {
	type count struct{ expires, ttl int64 }
	counts := map[uint32]count{}
	for _, ent := range w.e.expiry {
		n := counts[ent.db]
		counts[ent.db] = count{n.expires + 1, n.ttl + max(ent.expireAt-w.e.nowMs, 0)}
	}
	for db := 0; db < w.e.opt.Databases; db++ {
		keys, absent := w.e.size(uint32(db))
		if keys == 0 {
			continue
		}
		n := counts[uint32(db)]
		avg := int64(0)
		if n.expires > 0 {
			avg = n.ttl / n.expires
		}
		fmt.Fprintf(w, "db%d:keys=%d,expires=%d,avg_ttl=%d\r\n", db, keys, n.expires+absent, avg)
	}
}

// memoryPeak is the most that was in use when somebody looked.
func (e *Engine) memoryPeak() int64 {
	e.admin.peak = max(e.admin.peak, e.memoryUsed())
	return e.admin.peak
}
