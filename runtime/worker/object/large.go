package object

import (
	"fmt"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// maxAnswer is how many bytes an answer may have: it stands in memory twice, beside
// the data, and must fit into frame.MaxMessage.
const maxAnswer = 12 << 20

// tooLarge is why a command is answered with an error: its reply is the largest of an
// answer that has too many bytes.
type tooLarge struct{ bytes int }

func (e tooLarge) Error() string {
	return fmt.Sprintf("ERR a reply of %d bytes does not fit into an answer of at most %d: ask for less at once", e.bytes, maxAnswer)
}

// tooDeep is why a command is answered with an error: its reply has more lists in
// lists than a message may have.
type tooDeep struct{}

func (tooDeep) Error() string {
	return fmt.Sprintf("ERR a reply with lists in lists more than %d deep does not fit into an answer", frame.MaxDepth)
}

// replyBytes is about how many bytes a reply takes in an answer, never fewer, and
// whether it may be as deep as it is.
func replyBytes(r *resp.Reply) (n int, deep bool) { return bytesBelow(r, 0) }

func bytesBelow(r *resp.Reply, depth int) (n int, deep bool) {
	n = 12 + len(r.Str)
	if depth == frame.MaxDepth && r.Elems != nil {
		return n, true
	}
	for i := range r.Elems {
		more, d := bytesBelow(&r.Elems[i], depth+1)
		n += more
		deep = deep || d
	}
	return n, deep
}

// fit returns how many bytes the replies of a group take at most, and makes them fit
// beside those that the answer has already. A reply that is too much becomes an error,
// the largest one first, and so does one that is too deep. A command that may have changed something must not lose its
// reply: that is a fault for which the frame is run again without it, as it is when the
// memory for the answer is not there. units are the replies' units when they are run
// one by one.
func (o *Object) fit(commands []resp.Command, replies []resp.Reply, units []int32, answer int) int {
	total := 0
	for i := range replies {
		n, deep := replyBytes(&replies[i])
		if deep {
			if !engine.Reads(commands[i]) {
				if units != nil {
					o.in.unit = units[i]
				}
				panic(tooDeep{})
			}
			replies[i] = resp.NewError(tooDeep{}.Error())
			n, _ = replyBytes(&replies[i])
		}
		total += n
	}
	for {
		largest, bytes := -1, 0
		if answer+total > maxAnswer || units != nil {
			for i := range replies {
				if n, _ := replyBytes(&replies[i]); n > bytes {
					largest, bytes = i, n
				}
			}
		}
		if units != nil && largest >= 0 {
			o.in.unit = units[largest]
		}
		if answer+total <= maxAnswer || bytes < 1024 {
			return total
		}
		if !engine.Reads(commands[largest]) {
			panic(tooLarge{bytes})
		}
		replies[largest] = resp.NewError(tooLarge{bytes}.Error())
		n, _ := replyBytes(&replies[largest])
		total += n - bytes
	}
}

// why is what the unit of a fault is answered with.
func (p panicked) why() string {
	switch e := p.cause.(type) {
	case tooLarge:
		return e.Error()
	case tooDeep:
		return e.Error()
	}
	return errFailed
}
