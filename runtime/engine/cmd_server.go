package engine

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var serverHandlers = map[string]handler{
	"ping": cmdPing, "echo": cmdEcho, "time": cmdTime, "hello": cmdHello, "auth": cmdAuth, "quit": cmdQuit, "reset": cmdReset,
	"lastsave": cmdLastSave, "role": cmdRole,
	"pubsub": cmdContainer,
}

// cmdContainer is never run: a container has at least one argument, which names
// the sub-command.
func cmdContainer(c *call) resp.Reply { return errArity(c.cmd.name) }

// Version is the version of Redis whose behaviour the engine has.
const Version = "7.0.15"

// verbatim is a text for people, as INFO answers.
func verbatim(text string) resp.Reply { return resp.Reply{Kind: resp.Verbatim, Str: "txt:" + text} }

func cmdPing(c *call) resp.Reply {
	if len(c.args) > 2 {
		return errArity("ping")
	}
	message := "PONG"
	if len(c.args) == 2 {
		message = c.args[1]
	}
	if c.s.proto == 2 && len(c.s.topics)+len(c.s.globs)+len(c.s.shards) > 0 {
		if len(c.args) == 1 {
			message = ""
		}
		return resp.NewArray(resp.NewBulk("pong"), resp.NewBulk(message))
	}
	if len(c.args) == 1 {
		return resp.NewStatus(message)
	}
	return resp.NewBulk(message)
}

func cmdEcho(c *call) resp.Reply { return resp.NewBulk(c.args[1]) }

func cmdTime(c *call) resp.Reply {
	return resp.NewArray(
		resp.NewBulk(strconv.FormatInt(c.e.now/1e6, 10)),
		resp.NewBulk(strconv.FormatInt(c.e.now%1e6, 10)))
}

var errWrongPass = resp.NewError("WRONGPASS invalid username-password pair or user is disabled.")

// admits reports whether the engine lets a user in: it knows just one, without a
// password. Where there are passwords, the front has checked them and keeps them
// to itself.
func admits(user string) bool { return user == "default" }

func cmdAuth(c *call) resp.Reply {
	switch {
	case len(c.args) > 3:
		return errSyntax
	case len(c.args) == 2:
		return resp.NewError("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")
	case !admits(c.args[1]):
		return errWrongPass
	}
	return resp.OK
}

// cmdHello switches the protocol. Passwords are the front's business, see cmdAuth.
func cmdHello(c *call) resp.Reply {
	proto := c.s.proto
	if len(c.args) > 1 {
		n, ok := parseInt(c.args[1])
		if !ok {
			return resp.NewError("ERR Protocol version is not an integer or out of range")
		}
		if n != 2 && n != 3 {
			return resp.NewError("NOPROTO unsupported protocol version")
		}
		proto = int(n)
	}
	for i := 2; i < len(c.args); i++ {
		switch opt := strings.ToUpper(c.args[i]); {
		case opt == "AUTH" && i+2 < len(c.args):
			if !admits(c.args[i+1]) {
				return errWrongPass
			}
			i += 2
		case opt == "SETNAME" && i+1 < len(c.args):
			i++
			if !validName(c.args[i]) {
				return errClientName
			}
			if bad := c.e.longName(c.args[i]); bad.Kind == resp.Error {
				return bad
			}
			c.s.name = c.args[i]
		default:
			return resp.NewError(fmt.Sprintf("ERR Syntax error in HELLO option '%s'", oneLine(clip(c.args[i]))))
		}
	}
	c.s.proto = proto
	return resp.Reply{Kind: resp.Map, Elems: []resp.Reply{
		resp.NewBulk("server"), resp.NewBulk("redis"),
		resp.NewBulk("version"), resp.NewBulk(Version),
		resp.NewBulk("proto"), intReply(int64(proto)),
		resp.NewBulk("id"), intReply(int64(c.s.id)),
		resp.NewBulk("mode"), resp.NewBulk("standalone"),
		resp.NewBulk("role"), resp.NewBulk("master"),
		resp.NewBulk("modules"), emptyArray,
	}}
}

// cmdQuit just answers: the front closes the connection.
func cmdQuit(*call) resp.Reply { return resp.OK }

func cmdReset(c *call) resp.Reply {
	c.e.endMulti(c.s)
	c.e.unwatch(c.s)
	c.e.unsubscribed(c.s)
	c.e.topics.leave(c.s)
	c.e.unmonitor(c.s)
	c.s.db, c.s.proto, c.s.name = 0, 2, ""
	return resp.NewStatus("RESET")
}

// cmdLastSave answers now: what was acknowledged is saved.
func cmdLastSave(c *call) resp.Reply { return intReply(c.e.now / 1e6) }

func cmdRole(*call) resp.Reply { return resp.NewArray(resp.NewBulk("master"), intReply(0), emptyArray) }
