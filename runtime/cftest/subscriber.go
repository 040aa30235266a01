package cftest

import (
	"context"
	"sort"
	"sync"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// PubsubMessage is a message of a channel.
type PubsubMessage struct {
	Channel string
	Message string
}

// PubsubPmessage is a message of a channel that matches a pattern.
type PubsubPmessage struct {
	Pattern string
	Channel string
	Message string
}

// A Subscriber receives messages in the test itself. Its channels must be read:
// what is not stays in memory until Close.
type Subscriber struct {
	m        *Miniredis
	session  store.Session
	messages chan PubsubMessage
	patterns chan PubsubPmessage

	mu     sync.Mutex
	names  map[string]bool
	globs  map[string]bool
	ending sync.Once
	end    chan struct{}
	named  queue // apart, so that a test may read either channel first
	globed queue
}

// queue holds what the test has not read yet.
type queue struct {
	mu    sync.Mutex
	words [][]string
	more  chan struct{}
	done  chan struct{} // closed when nothing is delivered any more
}

// put adds a message, and does not wait.
func (q *queue) put(words []string) {
	q.mu.Lock()
	q.words = append(q.words, words)
	q.mu.Unlock()
	select {
	case q.more <- struct{}{}:
	default:
	}
}

// deliver hands messages on, one at a time, until hand says that it is over.
func (q *queue) deliver(end <-chan struct{}, hand func([]string) bool) {
	defer close(q.done)
	for {
		q.mu.Lock()
		all := q.words
		q.words = nil
		q.mu.Unlock()
		for _, words := range all {
			if !hand(words) {
				return
			}
		}
		select {
		case <-q.more:
		case <-end:
			return
		}
	}
}

func newQueue() queue { return queue{more: make(chan struct{}, 1), done: make(chan struct{})} }

// NewSubscriber makes a subscriber without subscriptions. Close ends it.
func (m *Miniredis) NewSubscriber() *Subscriber {
	s := &Subscriber{
		m: m, messages: make(chan PubsubMessage), patterns: make(chan PubsubPmessage),
		names: map[string]bool{}, globs: map[string]bool{},
		end: make(chan struct{}), named: newQueue(), globed: newQueue(),
	}
	session, err := m.host.Session(store.SessionOptions{Push: s.push})
	m.must(err)
	s.session = session
	go s.named.deliver(s.end, func(w []string) bool {
		select {
		case s.messages <- PubsubMessage{w[1], w[2]}:
			return true
		case <-s.end:
			return false
		}
	})
	go s.globed.deliver(s.end, func(w []string) bool {
		select {
		case s.patterns <- PubsubPmessage{w[1], w[2], w[3]}:
			return true
		case <-s.end:
			return false
		}
	})
	return s
}

// push receives from the engine, and does not wait.
func (s *Subscriber) push(r resp.Reply) {
	words := strs(r)
	switch {
	case len(words) == 3 && words[0] == "message":
		s.named.put(words)
	case len(words) == 4 && words[0] == "pmessage":
		s.globed.put(words)
	}
}

// change subscribes or unsubscribes and returns how many subscriptions there are.
func (s *Subscriber) change(set map[string]bool, command, name string, in bool) int {
	_, err := s.session.Execute(context.Background(), []resp.Command{{command, name}})
	s.m.must(err)
	s.mu.Lock()
	defer s.mu.Unlock()
	if in {
		set[name] = true
	} else {
		delete(set, name)
	}
	return len(s.names) + len(s.globs)
}

// Subscribe subscribes to a channel and returns how many subscriptions there are.
func (s *Subscriber) Subscribe(c string) int { return s.change(s.names, "SUBSCRIBE", c, true) }

// Unsubscribe leaves a channel and returns how many subscriptions there are.
func (s *Subscriber) Unsubscribe(c string) int { return s.change(s.names, "UNSUBSCRIBE", c, false) }

// Psubscribe subscribes to a pattern and returns how many subscriptions there are.
func (s *Subscriber) Psubscribe(pat string) int { return s.change(s.globs, "PSUBSCRIBE", pat, true) }

// Punsubscribe leaves a pattern and returns how many subscriptions there are.
func (s *Subscriber) Punsubscribe(pat string) int {
	return s.change(s.globs, "PUNSUBSCRIBE", pat, false)
}

// Publish sends a message and returns how often it was received, once for each
// subscription that it matches.
func (s *Subscriber) Publish(c, msg string) int { return s.m.Publish(c, msg) }

// Count is the number of channels and patterns.
func (s *Subscriber) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.names) + len(s.globs)
}

// Channels lists the channels, sorted.
func (s *Subscriber) Channels() []string { return s.list(s.names) }

// Patterns lists the patterns, sorted.
func (s *Subscriber) Patterns() []string { return s.list(s.globs) }

func (s *Subscriber) list(set map[string]bool) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Messages are what came in by channels; Close closes it.
func (s *Subscriber) Messages() <-chan PubsubMessage { return s.messages }

// Pmessages are what came in by patterns; Close closes it.
func (s *Subscriber) Pmessages() <-chan PubsubPmessage { return s.patterns }

// Close ends the subscriber and closes its channels.
func (s *Subscriber) Close() {
	s.ending.Do(func() {
		_ = s.session.Close() // a session of memory has nothing that could fail
		close(s.end)
		<-s.named.done
		<-s.globed.done
		close(s.messages)
		close(s.patterns)
	})
}
