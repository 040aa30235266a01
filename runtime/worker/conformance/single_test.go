package conformance

import (
	"context"
	"math/rand"
	"sync"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// answersWithin is how long a frame may take, workerd's start included.
const answersWithin = time.Minute

// single drives the gateway with one client, each time that it is reset with another
// object. It is a difftest.Subject and a difftest.Reopener.
type single struct {
	t        testing.TB
	r        *rig
	rnd      *rand.Rand
	settings []string // of the URL
	// crashes is between how many frames workerd is killed, about; 0: it is not.
	crashes int
	reopens bool // the object is opened anew in between

	b       store.Backend
	s       store.Session
	watches bool // what is watched does not outlive an object's engine
	crashed int
	held    time.Duration
}

func (s *single) Reset(proto int) {
	s.close()
	s.b = s.r.open(s.r.space(), s.settings...)
	var err error
	if s.s, err = s.b.NewSession(store.SessionOptions{Protocol: proto}); err != nil {
		s.t.Fatal(err)
	}
	s.watches = false
}

func (s *single) close() {
	if s.b == nil {
		return
	}
	if err := s.s.Close(); err != nil {
		s.t.Error(err)
	}
	if err := s.b.Close(); err != nil {
		s.t.Error(err)
	}
	s.b = nil
}

func (s *single) Exec(_ int64, _ uint64, cmds []resp.Command) []resp.Reply {
	ctx, cancel := context.WithTimeout(context.Background(), answersWithin)
	defer cancel()
	watched := s.watches
	for _, cmd := range cmds {
		switch cmd.Name() {
		case "WATCH":
			s.watches = true
		case "EXEC", "DISCARD", "UNWATCH", "RESET":
			s.watches = false
		}
	}
	var crash sync.WaitGroup
	if s.crashes > 0 && !watched && !s.watches && s.rnd.Intn(s.crashes) == 0 {
		// The frame is on its way, in the object, or its answer is.
		delay := time.Duration(s.rnd.Intn(3000)) * time.Microsecond
		s.crashed++
		crash.Add(1)
		time.AfterFunc(delay, func() {
			defer crash.Done()
			if err := s.r.crash(); err != nil {
				s.t.Error(err)
			}
		})
	}
	replies, err := s.s.Execute(ctx, cmds)
	crash.Wait()
	if err != nil {
		s.t.Fatalf("%d commands from %q: %v", len(cmds), cmds[0], err)
	}
	return replies
}

// Settle does nothing: what happens in between happens while frames are on their way.
func (s *single) Settle() {}

func (s *single) Reopens() bool { return s.reopens }
