package main

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// redis70 is what redis-server 7.0.15 says of its commands (see harvest). The
// summaries and help texts are Redis's, under its 3-clause BSD licence of that version.
//
//go:embed redis70.txt
var redis70 string

// newer describes what the engine has beyond Redis 7.0: name, since, complexity,
// summary.
//
//go:embed newer.txt
var newer string

// groupNames are Redis's names of groups where the table has others.
var groupNames = map[string]string{
	"zset": "sorted-set", "json": "module", "script": "scripting", "tx": "transactions",
}

// descriptions gives the engine's table of descriptions: a line for each command
// that it answers, with name, properties and documentation. The notation is
// harvest's.
func descriptions(commands []spec.Command) (string, error) {
	lines := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(redis70), "\n") {
		name, _, _ := strings.Cut(line, "\t")
		lines[name] = line
	}
	for _, line := range strings.Split(strings.TrimSpace(newer), "\n") {
		f := strings.Split(line, "\t")
		if len(f) != 4 {
			return "", fmt.Errorf("newer.txt: %q has %d columns, not 4", line, len(f))
		}
		c, ok := spec.CommandOf(strings.Split(f[0], "|"))
		if !ok || lines[f[0]] != "" {
			return "", fmt.Errorf("newer.txt: %s is not in the command table, or Redis 7.0 has it", f[0])
		}
		lines[f[0]] = describe(c, f)
	}
	var b strings.Builder
	for _, e := range entries(commands) {
		if !e.Answered {
			continue
		}
		line, ok := lines[e.Name]
		if !ok {
			return "", fmt.Errorf("%s is answered, and nothing describes it", e.Name)
		}
		b.WriteString(line + "\n")
		if text, ok := lines[e.Name+"|help text"]; ok {
			b.WriteString(text + "\n")
		}
	}
	return b.String(), nil
}

// describe makes the line of a command that Redis 7.0 does not have.
func describe(c *spec.Command, f []string) string {
	has := map[string]bool{"module": c.Since == "json"}
	for _, flag := range c.Flags {
		has[flag] = true
	}
	var flags, acl []string
	for _, flag := range []string{"write", "readonly", "denyoom", "module", "admin", "pubsub", "noscript", "blocking", "loading", "stale", "fast"} {
		if has[flag] {
			flags = append(flags, "+"+flag)
		}
	}
	for _, cat := range []struct {
		name string
		in   bool
	}{
		{"write", has["write"]}, {"read", has["readonly"]}, {"hash", c.Group == "hash"},
		{"fast", has["fast"]}, {"slow", !has["fast"]}, {"connection", c.Group == "connection"},
	} {
		if cat.in {
			acl = append(acl, "+@"+cat.name)
		}
	}
	keys := ""
	if c.FirstKey > 0 {
		last, access := c.LastKey, "+RO +access"
		if last > 0 {
			last -= c.FirstKey
		}
		if c.Write {
			access = "+RW +update"
		}
		keys = fmt.Sprintf("{flags <%s> begin_search {type index spec {index :%d}} find_keys {type range spec {lastkey :%d keystep :%d limit :0}}}",
			access, c.FirstKey, last, c.Step)
	}
	group := c.Group
	if name, ok := groupNames[group]; ok {
		group = name
	}
	module := ""
	if has["module"] {
		module = " module ReJSON"
	}
	return fmt.Sprintf("%s\t[<%s> <%s> <> <%s>]\t{summary %s since %s group %s complexity %s%s}",
		f[0], strings.Join(flags, " "), strings.Join(acl, " "), keys, strconv.Quote(f[3]), f[1], group, strconv.Quote(f[2]), module)
}
