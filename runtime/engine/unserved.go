package engine

import (
	"fmt"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var errNoCluster = resp.NewError("ERR This instance has cluster support disabled")

// unserved is the error for a command that Redis has and the engine has not: the
// table's advice says what to do in its place.
func unserved(name string) resp.Reply {
	if head, _, _ := strings.Cut(name, "|"); head == "cluster" || name == "asking" || name == "readonly" || name == "readwrite" {
		return errNoCluster
	}
	advice := notServed[name]
	if advice == "" {
		advice = notHonoured[name]
	}
	return resp.NewError("ERR unsupported command '" + name + "': " + advice)
}

// notHonoured are the commands that are served in part, with what to do in place
// of the rest.
var notHonoured = map[string]string{
	"client|tracking": "there are no invalidation messages. The embedded engine is in the process and needs no cache; behind the gateway, cache in the program or let the plan place the family on KV.",
	"debug":           "the embedded engine answers DEBUG SLEEP and DEBUG OBJECT alone.",
	"replicaof":       "Cloudflare replicates the store; move keys between servers with redis2cf copy.",
}

// badSubcommand is the error for a sub-command with too many arguments, which
// Redis itself cannot tell from one that it does not know.
func (c *call) badSubcommand() resp.Reply {
	return resp.NewError(fmt.Sprintf("ERR unknown subcommand or wrong number of arguments for '%s'. Try %s HELP.", oneLine(clip(c.args[1])), strings.ToUpper(c.args[0])))
}

// lineCommand finds the command of a command line, sub-command included.
func lineCommand(args resp.Command) *command {
	cmd := findCommand(args[0])
	switch {
	case cmd == nil || cmd.flags&flagSub != 0: // a sub-command is not called by "config|get"
		return nil
	case cmd.flags&flagContainer != 0 && len(args) > 1:
		return findCommand(cmd.name + "|" + strings.ToLower(args[1]))
	}
	return cmd
}

// refused is the error for a command line that names no command that the engine
// serves.
func refused(args resp.Command) resp.Reply {
	name := strings.ToLower(args[0])
	if _, known := commandTable[name]; known && !strings.Contains(name, "|") {
		if len(args) == 1 && notServed[name] != "" && commandTable[name].flags&flagContainer != 0 {
			return errArity(name)
		}
		if len(args) > 1 {
			if sub := name + "|" + strings.ToLower(args[1]); notServed[sub] != "" && !strings.Contains(args[1], "|") {
				return unserved(sub)
			}
			if findCommand(name) != nil || commandTable[name].flags&flagContainer != 0 {
				return resp.NewError(fmt.Sprintf("ERR unknown subcommand '%s'. Try %s HELP.", oneLine(clip(args[1])), strings.ToUpper(name)))
			}
		}
		return unserved(name)
	}
	return unknownCommand(args)
}

func unknownCommand(args resp.Command) resp.Reply {
	var b strings.Builder
	fmt.Fprintf(&b, "ERR unknown command '%s', with args beginning with: ", clip(args[0]))
	n := 0
	for _, a := range args[1:] {
		if n >= 128 {
			break
		}
		a, _, _ = strings.Cut(a, "\x00")
		a = a[:min(len(a), 128-n)]
		n += len(a) + 3
		fmt.Fprintf(&b, "'%s' ", a)
	}
	return resp.NewError(oneLine(b.String()))
}

// oneLine replaces what must not stand in an error reply.
func oneLine(s string) string { return newlines.Replace(s) }

var newlines = strings.NewReplacer("\r", " ", "\n", " ")
