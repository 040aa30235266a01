package engine

import (
	"math"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var waitHandlers = map[string]handler{"wait": cmdWait}

// cmdWait waits for replicas, of which there are none: it answers 0 at once when
// that is enough, and else when its time is up.
func cmdWait(c *call) resp.Reply {
	replicas, ok := parseInt(c.args[1])
	if !ok {
		return errNotInt
	}
	timeout, ok := parseInt(c.args[2])
	switch {
	case !ok || timeout > math.MaxInt64/1000-c.e.nowMs:
		return resp.NewError("ERR timeout is not an integer or out of range")
	case timeout < 0:
		return errTimeoutNeg
	case replicas <= 0:
		return intReply(0)
	}
	until := int64(0)
	if timeout > 0 {
		until = c.e.now + timeout*1000
	}
	r := c.waitFor(nil, until, intReply(0))
	if c.wait != nil {
		c.wait.timeout = intReply(0)
	}
	return r
}
