package engine

import (
	"math"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// xclaimArgs are the options of XCLAIM.
type xclaimArgs struct {
	minIdle       int64
	ids           []streamID
	at            int64 // time of delivery in Unix milliseconds
	retries       int64 // -1: counted
	force, justID bool
	last          streamID
}

func (c *call) xclaimArgs() (a xclaimArgs, bad resp.Reply) {
	var ok bool
	if a.minIdle, ok = parseInt(c.args[4]); !ok {
		return a, resp.NewError("ERR Invalid min-idle-time argument for XCLAIM")
	}
	a.minIdle = max(a.minIdle, 0)
	i := 5
	for ; i < len(c.args); i++ {
		id, ok := strictID(c.args[i])
		if !ok {
			break // options follow
		}
		a.ids = append(a.ids, id)
	}
	a.at, a.retries = -1, -1
	for ; i < len(c.args); i++ {
		more := i+1 < len(c.args)
		switch opt := strings.ToUpper(c.args[i]); {
		case opt == "FORCE":
			a.force = true
		case opt == "JUSTID":
			a.justID = true
		case opt == "IDLE" && more:
			i++
			n, ok := parseInt(c.args[i])
			if !ok {
				return a, resp.NewError("ERR Invalid IDLE option argument for XCLAIM")
			}
			a.at = c.e.nowMs - n
		case opt == "TIME" && more:
			i++
			if a.at, ok = parseInt(c.args[i]); !ok {
				return a, resp.NewError("ERR Invalid TIME option argument for XCLAIM")
			}
		case opt == "RETRYCOUNT" && more:
			i++
			if a.retries, ok = parseInt(c.args[i]); !ok {
				return a, resp.NewError("ERR Invalid RETRYCOUNT option argument for XCLAIM")
			}
		case opt == "LASTID" && more:
			i++
			if a.last, ok = strictID(c.args[i]); !ok {
				return a, errStreamID
			}
		default:
			return a, resp.NewError("ERR Unrecognized XCLAIM option '" + oneLine(cString(c.args[i])) + "'")
		}
	}
	if a.at < 0 || a.at > c.e.nowMs {
		a.at = c.e.nowMs
	}
	return a, resp.Reply{}
}

func cmdXClaim(c *call) resp.Reply {
	ent, s, ok := c.stream(c.args[1])
	if !ok {
		return errWrongType
	}
	if s == nil || s.groups[c.args[2]] == nil {
		return errNoKeyOrGroup(c.args[1], c.args[2])
	}
	g := s.groups[c.args[2]]
	a, bad := c.xclaimArgs()
	if bad.Kind == resp.Error {
		return bad
	}
	if g.last.less(a.last) {
		s.move(g, a.last, g.read)
	}
	elems := []resp.Reply{}
	for _, id := range a.ids {
		e := s.find(id)
		if e == nil { // removed from the stream: nothing is left to work on
			s.settle(g, id)
			continue
		}
		p := g.pending.find(id)
		if p == nil {
			if !a.force {
				continue
			}
			p = s.addPending(g, id)
		}
		if p.consumer != nil && a.minIdle > 0 && c.e.nowMs-p.at < a.minIdle {
			continue
		}
		count := p.count
		if a.retries >= 0 {
			count = a.retries
		} else if !a.justID {
			count++
		}
		s.assign(g, p, s.consumer(g, c.args[3], c.e.nowMs), a.at, count)
		elems = append(elems, claimed(e, a.justID))
	}
	c.e.noted(ent)
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

// claimed is what a claim answers for an entry.
func claimed(e *streamEntry, justID bool) resp.Reply {
	if justID {
		return e.id.reply()
	}
	return e.reply()
}

// claimAttempts is how many pending entries XAUTOCLAIM looks at for each one that
// it may claim.
const claimAttempts = 10

func cmdXAutoClaim(c *call) resp.Reply {
	minIdle, ok := parseInt(c.args[4])
	if !ok {
		return resp.NewError("ERR Invalid min-idle-time argument for XAUTOCLAIM")
	}
	from, _, bad := idBounds(c.args[5], "+")
	if bad.Kind == resp.Error {
		return bad
	}
	count, justID := int64(100), false
	for i := 6; i < len(c.args); i++ {
		switch opt := strings.ToUpper(c.args[i]); {
		case opt == "COUNT" && i+1 < len(c.args):
			i++
			if count, ok = parseInt(c.args[i]); !ok || count < 1 || count > math.MaxInt64/16 { // Redis's own limit
				return resp.NewError("ERR COUNT must be > 0")
			}
		case opt == "JUSTID":
			justID = true
		default:
			return errSyntax
		}
	}
	ent, s, ok := c.stream(c.args[1])
	if !ok {
		return errWrongType
	}
	if s == nil || s.groups[c.args[2]] == nil {
		return errNoKeyOrGroup(c.args[1], c.args[2])
	}
	g := s.groups[c.args[2]]
	// One more than may be looked at: it is where the next call goes on.
	page := g.pending.page(from, maxStreamID, count*claimAttempts+1, nil)
	elems, gone := []resp.Reply{}, []resp.Reply{}
	var next streamID
	left := count
	for i, p := range page {
		if left == 0 || int64(i) == count*claimAttempts {
			next = p.id
			break
		}
		e := s.find(p.id)
		if e == nil {
			s.settle(g, p.id)
			gone = append(gone, p.id.reply())
			left--
			continue
		}
		if minIdle > 0 && c.e.nowMs-p.at < minIdle {
			continue
		}
		deliveries := p.count
		if !justID {
			deliveries++
		}
		s.assign(g, p, s.consumer(g, c.args[3], c.e.nowMs), c.e.nowMs, deliveries)
		elems = append(elems, claimed(e, justID))
		left--
	}
	c.e.noted(ent)
	return resp.NewArray(next.reply(), resp.Reply{Kind: resp.Array, Elems: elems}, resp.Reply{Kind: resp.Array, Elems: gone})
}
