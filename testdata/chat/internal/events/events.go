// Package events carries live events between the processes of the application.
package events

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/redis/go-redis/v9"

	"example.com/chat/internal/keys"
)

// An Event is something that happened in a room.
type Event struct {
	Room string `json:"-"`
	Kind string `json:"kind"`
	User string `json:"user"`
	Text string `json:"text,omitempty"`
}

// Sender is the part of a client that Publish needs.
type Sender interface {
	Publish(ctx context.Context, channel string, message interface{}) *redis.IntCmd
}

// Publish sends an event to everybody who listens to its room and returns how
// many there are.
func Publish(ctx context.Context, s Sender, e Event) (int64, error) {
	data, err := json.Marshal(e)
	if err != nil {
		return 0, err
	}
	return s.Publish(ctx, keys.Events(e.Room), data).Result()
}

// A Listener receives events until it is closed.
type Listener struct {
	C   <-chan Event
	sub *redis.PubSub
}

// Listen subscribes to rooms, or to all of them when none is named. Events that
// are sent after it returned are received.
func Listen(ctx context.Context, rdb *redis.Client, rooms ...string) (*Listener, error) {
	var sub *redis.PubSub
	if len(rooms) == 0 {
		sub = rdb.PSubscribe(ctx, keys.EventsPattern)
	} else {
		channels := make([]string, len(rooms))
		for i, room := range rooms {
			channels[i] = keys.Events(room)
		}
		sub = rdb.Subscribe(ctx, channels...)
	}
	if _, err := sub.Receive(ctx); err != nil { // the confirmation
		_ = sub.Close()
		return nil, fmt.Errorf("events: subscribing: %w", err)
	}
	c := make(chan Event)
	go forward(sub.Channel(), c, ctx.Done())
	return &Listener{C: c, sub: sub}, nil
}

// forward decodes messages until their channel is closed.
func forward(in <-chan *redis.Message, out chan<- Event, done <-chan struct{}) {
	defer close(out)
	for m := range in {
		e := Event{Room: keys.RoomOfEvents(m.Channel)}
		if json.Unmarshal([]byte(m.Payload), &e) != nil {
			continue // not ours
		}
		select {
		case out <- e:
		case <-done:
			return
		}
	}
}

// Close ends the subscription; C is closed after it.
func (l *Listener) Close() error { return l.sub.Close() }
