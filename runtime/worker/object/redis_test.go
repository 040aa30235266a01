package object_test

import (
	"flag"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/internal/subject"
	"github.com/redis2cf/redis2cf/runtime/internal/testneed"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/worker/object"
)

var (
	seedFlag     = flag.Int64("seed", 1, "seed of the random tests")
	commandsFlag = flag.Int("commands", 6000, "commands that each comparison with redis-server sends")
)

// single drives an object with one client, and now and then loses its memory. It is a
// difftest.Subject.
type single struct {
	t      *testing.T
	tight  bool
	r      *rig
	l      *lane
	db     int
	proto  int
	epoch  uint64 // while the client watches or is in a transaction
	steps  int
	opened int
}

func (s *single) Reset(proto int) {
	if s.r != nil {
		_ = s.r.db.Close()
	}
	s.r = newRig(s.t)
	if s.tight {
		s.r.opt = object.Options{ResidentRows: []int{1, 8, 2, 100, 30}[s.opened%5]}
		s.r.memory = 3000
		s.r.start()
	}
	s.l, s.db, s.proto, s.epoch, s.steps = s.r.lane(1), 0, proto, 0, 0
}

func (s *single) Exec(now int64, seed uint64, cmds []resp.Command) (replies []resp.Reply) {
	s.r.now, s.r.seed = now, seed
	res := s.l.frame(frame.Group{Client: 1, DB: s.db, Protocol: s.proto, Epoch: s.epoch, Commands: cmds})[0]
	if res.Status != frame.StatusDone {
		s.t.Fatalf("%v: status %d", cmds, res.Status)
	}
	s.db, s.proto = res.DB, res.Protocol
	for _, cmd := range cmds {
		switch cmd.Name() {
		case "WATCH", "MULTI":
			s.epoch = s.l.epoch
		case "EXEC", "DISCARD", "UNWATCH", "RESET":
			s.epoch = 0
		}
	}
	return res.Replies
}

func (s *single) Settle() {
	s.steps++
	s.r.take(s.r.object().Sweep(1 + s.steps%50))
	if s.steps%3 == 0 && s.epoch == 0 {
		s.opened++
		s.r.restart(1)
		s.l.epoch = welcomeOf(s.t, s.r.messages(1))
	}
}

func (s *single) Reopens() bool { return true }

func welcomeOf(t testing.TB, came [][]byte) uint64 {
	t.Helper()
	for _, b := range came {
		var w frame.Welcome
		if w.Decode(b) == nil {
			return w.Epoch
		}
	}
	t.Fatal("no welcome came")
	return 0
}

func TestFramesAnswerLikeRedis(t *testing.T) {
	againstRedis(t, &single{t: t}, 0)
}

// TestFramesOverRowsAnswerLikeRedis does so with next to nothing in memory.
func TestFramesOverRowsAnswerLikeRedis(t *testing.T) {
	againstRedis(t, &single{t: t, tight: true}, 1)
}

func againstRedis(t *testing.T, s *single, off int64) {
	addr := testneed.RedisServer(t)
	for _, proto := range []int{2, 3} {
		difftest.Run(t, s, difftest.Options{
			Addr: addr, Seed: *seedFlag + off, Commands: *commandsFlag / 2, Proto: proto, Settle: 20, Served: subject.Remembered,
		})
	}
	t.Logf("seed %d, opened %d times", *seedFlag+off, s.opened)
}

// several drives an object with clients that block, serve each other and listen,
// half of them over a connection of their own. It is a difftest.Clients.
type several struct {
	t       *testing.T
	r       *rig
	lanes   []*lane // of each client
	numbers []uint64
	db      []int
	proto   []int
	epoch   []uint64
	tickets []uint64 // of the client's blocked command, 0: it does not wait
	next    uint64
	came    [][]resp.Reply
	acks    map[*lane][]uint64
}

func (s *several) ResetClients(n, proto int) {
	if s.r != nil {
		_ = s.r.db.Close()
	}
	s.r = newRig(s.t)
	*s = several{t: s.t, r: s.r, acks: map[*lane][]uint64{}}
	lanes := []*lane{s.r.lane(1), s.r.lane(2)}
	for i := 0; i < n; i++ {
		s.lanes, s.numbers = append(s.lanes, lanes[i%2]), append(s.numbers, uint64(i+1))
		s.db, s.proto, s.epoch, s.tickets, s.came = append(s.db, 0), append(s.proto, proto), append(s.epoch, 0), append(s.tickets, 0), append(s.came, nil)
	}
	for i := range s.lanes {
		s.Send(i, s.r.now, 1, resp.Command{"PING"}) // so that the engine numbers them alike
		s.came[i] = nil
	}
}

func (s *several) Send(client int, now int64, seed uint64, cmd resp.Command) {
	s.r.now, s.r.seed = now, seed
	l := s.lanes[client]
	s.next++
	f := frame.Frame{Acks: s.acks[l], Groups: []frame.Group{{
		Client: s.numbers[client], DB: s.db[client], Protocol: s.proto[client], Epoch: s.epoch[client], Ticket: s.next, Commands: []resp.Command{cmd},
	}}}
	delete(s.acks, l)
	l.seq++
	f.Seq = l.seq
	s.r.send(l.conn, f.Append(nil))
	s.collect(client, cmd)
}

// collect reads what came on all connections.
func (s *several) collect(sender int, cmd resp.Command) {
	for _, l := range []*lane{s.lanes[0], s.lanes[1]} {
		for _, b := range s.r.messages(l.conn) {
			var a frame.Answer
			var m frame.Messages
			switch {
			case a.Decode(b) == nil:
				res := a.Results[0]
				s.db[sender], s.proto[sender] = res.DB, res.Protocol
				for _, r := range res.Replies {
					if r.Kind != resp.None {
						s.came[sender] = append(s.came[sender], r)
					}
				}
				if res.Status == frame.StatusBlocked {
					s.tickets[sender] = s.next
				} else if res.Status != frame.StatusDone {
					s.t.Fatalf("%v: status %d", cmd, res.Status)
				}
				switch cmd.Name() {
				case "WATCH", "MULTI":
					s.epoch[sender] = l.epoch
				case "EXEC", "DISCARD", "UNWATCH", "RESET":
					s.epoch[sender] = 0
				}
			case m.Decode(b) == nil:
				for _, p := range m.Pushes {
					for i := range s.numbers {
						if s.lanes[i] == l && s.numbers[i] == p.Client {
							s.came[i] = append(s.came[i], p.Reply)
						}
					}
				}
				for _, w := range m.Wakes {
					for i := range s.numbers {
						if s.lanes[i] == l && s.tickets[i] == w.Ticket {
							s.came[i] = append(s.came[i], w.Reply)
							s.tickets[i] = 0
						}
					}
					s.acks[l] = append(s.acks[l], w.Ticket)
				}
			default:
				s.t.Fatalf("%v: %q came", cmd, b)
			}
		}
	}
}

func (s *several) Blocked(client int) bool { return s.tickets[client] != 0 }

func (s *several) TimeOut(client int, now int64) {
	s.r.now = now
	s.r.take(s.r.object().TimeOut(s.lanes[client].id, s.tickets[client]))
	s.collect(client, nil)
}

func (s *several) Came(client int) []resp.Reply {
	r := s.came[client]
	s.came[client] = nil
	return r
}

// TestRandomClientsOfAnObject lets clients of two connections block, serve each
// other, interleave their transactions and listen.
func TestRandomClientsOfAnObject(t *testing.T) {
	addr := testneed.RedisServer(t)
	for _, proto := range []int{2, 3} {
		difftest.RunClients(t, &several{t: t}, 4, difftest.Options{
			Addr: addr, Seed: *seedFlag + 40, Commands: *commandsFlag / 2, Proto: proto, Served: engine.Served,
		})
	}
}
