package respserver

import (
	"context"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

func (c *conn) admit(ok bool) {
	c.mu.Lock()
	c.ok = ok
	c.mu.Unlock()
}

// called tells the session who the client is.
func (c *conn) called(user string) {
	if s, ok := c.session.(store.UserSetter); ok {
		s.SetUser(user)
	}
}

var errWrongPass = resp.NewError("WRONGPASS invalid username-password pair or user is disabled.")

// authenticate answers AUTH.
func (c *conn) authenticate(cmd resp.Command) resp.Reply {
	user, password := "default", ""
	switch len(cmd) {
	case 1:
		return resp.NewError("ERR wrong number of arguments for 'auth' command")
	case 2:
		password = cmd[1]
		if !c.opt.secured() {
			return resp.NewError("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")
		}
	case 3:
		user, password = cmd[1], cmd[2]
	default:
		return resp.NewError("ERR syntax error")
	}
	if !c.opt.secured() && user == "default" {
		return resp.OK
	}
	if !c.opt.admits(user, password) {
		return errWrongPass
	}
	c.admit(true)
	c.called(user)
	return resp.OK
}

// credentials is the place of AUTH in a HELLO, 0 when there is none, or when the
// version of the protocol is wrong, which Redis sees first.
func credentials(cmd resp.Command) int {
	if len(cmd) < 2 || cmd[1] != "2" && cmd[1] != "3" {
		return 0
	}
	for i := 2; i < len(cmd); i++ {
		switch {
		case strings.EqualFold(cmd[i], "AUTH") && i+2 < len(cmd):
			return i
		case strings.EqualFold(cmd[i], "SETNAME"):
			i++
		default:
			return 0 // a mistake, which ends the command there
		}
	}
	return 0
}

// hello checks the password that HELLO may bring, which the session does not get
// to see, and lets the session switch the protocol.
func (c *conn) hello(ctx context.Context, cmd resp.Command) bool {
	if at := credentials(cmd); at > 0 {
		if r := c.authenticate(resp.Command{"AUTH", cmd[at+1], cmd[at+2]}); r.Kind == resp.Error {
			c.reply(r)
			return true
		}
		cmd = append(append(resp.Command(nil), cmd[:at]...), cmd[at+3:]...)
	}
	if !c.ok && wellFormed(cmd) {
		c.reply(resp.NewError("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time"))
		return true
	}
	replies, err := c.session.Execute(ctx, []resp.Command{cmd})
	if err != nil {
		c.reply(resp.NewError(errorText(err)))
		return false
	}
	for _, r := range replies {
		c.speak(r)
		c.reply(r)
	}
	return true
}

// wellFormed reports whether a HELLO without its AUTH has nothing wrong that Redis
// tells of before it asks for a password.
func wellFormed(cmd resp.Command) bool {
	if len(cmd) > 1 && cmd[1] != "2" && cmd[1] != "3" {
		return false
	}
	for i := 2; i < len(cmd); i += 2 {
		if !strings.EqualFold(cmd[i], "SETNAME") || i+1 == len(cmd) {
			return false
		}
	}
	return true
}

// speak takes the version of the protocol out of HELLO's answer.
func (c *conn) speak(r resp.Reply) {
	for i := 0; r.Kind == resp.Map && i+1 < len(r.Elems); i += 2 {
		if r.Elems[i].Str == "proto" {
			c.proto.Store(int32(r.Elems[i+1].Int))
		}
	}
}
