package engine

import (
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var commandHandlers = map[string]handler{
	"command": cmdCommand, "command|count": cmdCommandCount, "command|list": cmdCommandList, "command|info": cmdCommandInfo,
	"command|docs": cmdCommandDocs, "command|getkeys": cmdCommandGetKeys, "command|getkeysandflags": cmdCommandGetKeysAndFlags,
}

// helps are the containers with a HELP, whose text stands in commandDocs.
var helps = []string{
	"acl", "client", "command", "config", "function", "latency", "memory", "module", "object", "pubsub", "script",
	"slowlog", "xgroup", "xinfo",
}

func init() {
	for _, name := range helps {
		commandHandlers[name+"|help"] = cmdHelp
	}
}

// cmdHelp answers the help of the container that the command belongs to.
func cmdHelp(c *call) resp.Reply { return docValue(described(c.cmd.name + " text").about) }

// served are the commands that the engine answers, by name and in order. A
// container is followed by its sub-commands; "config-x" would not come between.
func served() []*command {
	if servedCommands == nil {
		for name, cmd := range commands {
			if name == cmd.name {
				servedCommands = append(servedCommands, cmd)
			}
		}
		slices.SortFunc(servedCommands, func(a, b *command) int {
			return strings.Compare(strings.ReplaceAll(a.name, "|", "\x00"), strings.ReplaceAll(b.name, "|", "\x00"))
		})
	}
	return servedCommands
}

var servedCommands []*command

// subcommands are the sub-commands of a container.
func (cmd *command) subcommands() []*command {
	if cmd.flags&flagContainer == 0 {
		return nil
	}
	var subs []*command
	for _, other := range served() {
		if strings.HasPrefix(other.name, cmd.name+"|") {
			subs = append(subs, other)
		}
	}
	return subs
}

// topCommands are the served commands without the sub-commands.
func topCommands() []*command {
	var top []*command
	for _, cmd := range served() {
		if !strings.Contains(cmd.name, "|") {
			top = append(top, cmd)
		}
	}
	return top
}

// reply is the command's entry in COMMAND INFO.
func (cmd *command) reply() resp.Reply {
	about := docValue(described(cmd.name).about).Elems
	subs := resp.Reply{Kind: resp.Set, Elems: []resp.Reply{}}
	if cmd.flags&flagContainer != 0 {
		subs.Kind = resp.Array
	}
	for _, sub := range cmd.subcommands() {
		subs.Elems = append(subs.Elems, sub.reply())
	}
	return resp.NewArray(
		resp.NewBulk(cmd.name), intReply(int64(cmd.arity)), about[0],
		intReply(int64(cmd.first)), intReply(int64(cmd.last)), intReply(int64(cmd.step)),
		about[1], about[2], about[3], subs)
}

// docs is the command's entry in COMMAND DOCS.
func (cmd *command) docs() resp.Reply {
	d := docValue(described(cmd.name).docs)
	if subs := cmd.subcommands(); len(subs) > 0 {
		all := resp.Reply{Kind: resp.Map}
		for _, sub := range subs {
			all.Elems = append(all.Elems, resp.NewBulk(sub.name), sub.docs())
		}
		d.Elems = append(d.Elems, resp.NewBulk("subcommands"), all)
	}
	return d
}

func cmdCommand(*call) resp.Reply {
	elems := []resp.Reply{}
	for _, cmd := range topCommands() {
		elems = append(elems, cmd.reply())
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

func cmdCommandCount(*call) resp.Reply { return intReply(int64(len(topCommands()))) }

// named finds a command by the name that COMMAND takes: a sub-command is
// written "config|get".
func named(name string) *command { return commands[strings.ToLower(name)] }

func cmdCommandInfo(c *call) resp.Reply {
	if len(c.args) == 2 {
		return cmdCommand(c)
	}
	elems := make([]resp.Reply, 0, len(c.args)-2)
	for _, name := range c.args[2:] {
		if cmd := named(name); cmd != nil {
			elems = append(elems, cmd.reply())
		} else {
			elems = append(elems, nilReply)
		}
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

func cmdCommandDocs(c *call) resp.Reply {
	var asked []*command
	if len(c.args) == 2 {
		asked = topCommands()
	}
	for _, name := range c.args[2:] {
		if cmd := named(name); cmd != nil {
			asked = append(asked, cmd)
		}
	}
	docs := resp.Reply{Kind: resp.Map, Elems: []resp.Reply{}}
	for _, cmd := range asked {
		docs.Elems = append(docs.Elems, resp.NewBulk(cmd.name), cmd.docs())
	}
	return docs
}

func cmdCommandList(c *call) resp.Reply {
	keep := func(*command) bool { return true }
	for i := 2; i < len(c.args); i += 3 {
		if len(c.args)-i != 3 || !strings.EqualFold(c.args[i], "FILTERBY") {
			return errSyntax
		}
		arg := c.args[i+2]
		switch strings.ToUpper(c.args[i+1]) {
		case "PATTERN":
			keep = func(cmd *command) bool { return match(arg, cmd.name, true) }
		case "ACLCAT":
			keep = func(cmd *command) bool { return cmd.inCategory(arg) }
		case "MODULE":
			keep = func(cmd *command) bool {
				module := field(docValue(described(cmd.name).docs), "module")
				return module.Kind == resp.Bulk && strings.EqualFold(module.Str, arg)
			}
		default:
			return errSyntax
		}
	}
	names := []string{}
	for _, cmd := range served() {
		if keep(cmd) {
			names = append(names, cmd.name)
		}
	}
	return resp.Bulks(names)
}

// inCategory reports whether a command belongs to a category of Redis's ACL.
func (cmd *command) inCategory(category string) bool {
	for _, cat := range docValue(described(cmd.name).about).Elems[1].Elems {
		if strings.EqualFold(cat.Str, "@"+category) {
			return true
		}
	}
	return false
}
