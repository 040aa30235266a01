package frame

import "github.com/redis2cf/redis2cf/runtime/resp"

// An AnswerReader reads an Answer result by result into memory that others lend,
// so that each caller of a shared frame gets his replies where he wants them.
type AnswerReader struct {
	Seq   uint64
	Epoch uint64
	r     reader
	left  int
}

// ReadAnswer begins to read an answer. The strings of results are copies of b.
func ReadAnswer(b []byte) (AnswerReader, error) {
	a := AnswerReader{r: reader{b: b}}
	a.r.kind(KindAnswer)
	a.Seq, a.Epoch = a.r.num(), a.r.num()
	a.left = a.r.count(4, "results")
	return a, a.err()
}

// Left is how many results were not read yet.
func (a *AnswerReader) Left() int { return a.left }

func (a *AnswerReader) err() error {
	if a.left == 0 {
		return a.r.end()
	}
	return a.r.err
}

// Next reads the next result. Its replies are appended to res.Replies; lists lie
// in scratch, which may be nil.
func (a *AnswerReader) Next(res *Result, scratch *resp.Scratch) error {
	r := &a.r
	a.left--
	res.Status, res.Protocol = Status(r.byte()), int(r.byte())
	res.DB = r.small(maxDB, "the database")
	for n := r.count(1, "replies"); n > 0; n-- {
		res.Replies = append(res.Replies, resp.Reply{})
		r.replyIn(&res.Replies[len(res.Replies)-1], 0, scratch)
	}
	res.Again = r.again(res.Status)
	return a.err()
}

// Skip passes over the next result, whose replies nobody wants, and returns its status.
func (a *AnswerReader) Skip() (Status, error) {
	r := &a.r
	a.left--
	status := Status(r.byte())
	r.byte()
	r.small(maxDB, "the database")
	for n := r.count(1, "replies"); n > 0; n-- {
		r.skip(0)
	}
	if status == StatusBlocked {
		for n := r.most(MaxWords, 1, "words"); n > 0; n-- {
			r.pass()
		}
	}
	return status, a.err()
}

// status is the text of a status. The few that there are need no memory of their own.
func (r *reader) status() string {
	n := r.count(1, "bytes")
	b := r.b[:n]
	r.b = r.b[n:]
	switch string(b) {
	case "OK":
		return "OK"
	case "QUEUED":
		return "QUEUED"
	case "PONG":
		return "PONG"
	}
	return string(b)
}

func (r *reader) replyIn(to *resp.Reply, depth int, scratch *resp.Scratch) {
	if len(r.b) == 0 {
		r.reply(to, depth)
		return
	}
	switch resp.Kind(r.b[0]) {
	case resp.Status:
		r.b = r.b[1:]
		to.Kind, to.Str = resp.Status, r.status()
	case resp.Array, resp.Map, resp.Set, resp.Pairs, resp.Push:
		to.Kind = resp.Kind(r.byte())
		if depth == MaxDepth {
			r.fail("a reply is nested too deep")
			return
		}
		to.Elems = scratch.Elems(r.count(1, "elements"))
		for i := range to.Elems {
			r.replyIn(&to.Elems[i], depth+1, scratch)
		}
	default:
		r.reply(to, depth)
	}
}

func (r *reader) skip(depth int) {
	switch kind := resp.Kind(r.byte()); kind {
	case resp.Nil, resp.NilArray, resp.None:
	case resp.Int, resp.Bool:
		r.signed()
	case resp.Blob:
		r.signed()
		r.pass()
	case resp.Double:
		r.fixed()
		r.pass()
	case resp.Status, resp.Error, resp.Bulk, resp.BigNumber, resp.Verbatim:
		r.pass()
	case resp.Array, resp.Map, resp.Set, resp.Pairs, resp.Push:
		if depth == MaxDepth {
			r.fail("a reply is nested too deep")
			return
		}
		for n := r.count(1, "elements"); n > 0; n-- {
			r.skip(depth + 1)
		}
	default:
		r.fail("a reply is of no known kind")
	}
}

// pass passes over a string.
func (r *reader) pass() {
	n := r.count(1, "bytes")
	r.b = r.b[n:]
}
