package plan

import (
	"net"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// InferClients gives every server but the first a namespace, where one package
// makes clients of several servers whose addresses are constants. It does nothing
// when the plan has clients. Addresses that come from the environment or from
// another package say nothing: api and worker may each have a name for the one
// server that they share, and such programs find out at their first command.
func (p *Plan) InferClients(servers []analyzer.Server) {
	if len(p.Clients) > 0 {
		return
	}
	var all []*known
	for i := range servers {
		if s := &servers[i]; !s.Test {
			all = note(all, s)
		}
	}
	several := false
	for i, a := range all {
		for _, b := range all[i+1:] {
			several = several || shared(a.packages, b.packages)
		}
	}
	if !several {
		return
	}
	taken := map[string]bool{}
	for i, k := range all {
		name := ""
		if i > 0 {
			name = unique(spaceName(k.names[0]), taken)
		}
		for _, addr := range k.names {
			p.Clients = append(p.Clients, Client{Addr: addr, Namespace: name})
		}
	}
}

// A known is one server and the packages that name it.
type known struct{ names, packages []string }

// note adds a server to those that are known; servers with a common address are one.
func note(all []*known, s *analyzer.Server) []*known {
	k := &known{slices.Clone(s.Names), []string{s.Package}}
	var rest []*known
	at := -1
	for _, old := range all {
		if !shared(old.names, k.names) {
			rest = append(rest, old)
			continue
		}
		if at < 0 {
			at = len(rest)
			rest = append(rest, k)
		}
		k.names, k.packages = union(old.names, k.names), union(old.packages, k.packages)
	}
	if at < 0 {
		rest = append(rest, k)
	}
	return rest
}

func shared(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// union keeps the order.
func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// spaceName makes a namespace's name of a server's: queue of queue.internal:6379,
// jobs of master:jobs@s1:26379, redis-6380 of localhost:6380.
func spaceName(server string) string {
	word := server
	if master, ok := strings.CutPrefix(server, "master:"); ok {
		word, _, _ = strings.Cut(master, "@")
	} else if path, ok := strings.CutPrefix(server, "unix:"); ok {
		word = strings.TrimSuffix(path[strings.LastIndexByte(path, '/')+1:], ".sock")
	} else if host, port, err := net.SplitHostPort(server); err == nil {
		word, _, _ = strings.Cut(host, ".")
		if host == "localhost" || net.ParseIP(host) != nil {
			word = "redis-" + port
		}
	}
	word = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, word)
	word = strings.Trim(word[:min(len(word), 36)], "-")
	if store.CheckNamespace(word) != nil {
		word = strings.TrimSuffix("redis-"+word, "-")
	}
	return word
}

func unique(word string, taken map[string]bool) string {
	name := word
	for n := 'b'; taken[name]; n++ {
		name = word + "-" + string(n)
	}
	taken[name] = true
	return name
}
