package adapter

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
)

// A Message is one entry of a thread.
type Message struct {
	Number int64           `json:"n"`    // 1 is the first of its thread, with no gaps
	Role   string          `json:"role"` // who speaks: "user", "assistant"; what the program likes
	Text   string          `json:"text"`
	Meta   json.RawMessage `json:"meta,omitempty"` // what else belongs to it
	Time   time.Time       `json:"time"`
}

// Messages keeps threads of messages, which only grow.
type Messages interface {
	// AppendMessage puts a message at the end of a thread, which need not exist, and
	// returns it with its number and time.
	AppendMessage(ctx context.Context, thread string, m Message) (Message, error)
	// Messages are the last messages of a thread, at most limit, the oldest first; none
	// when there is no such thread.
	Messages(ctx context.Context, thread string, limit int) ([]Message, error)
	// MessagesBefore are those before a number, as Messages has them: a page further up.
	MessagesBefore(ctx context.Context, thread string, number int64, limit int) ([]Message, error)
	// DeleteThread removes a thread with all messages; there need not be one.
	DeleteThread(ctx context.Context, thread string) error
}

// appendMessage numbers a message by the list's length, in one step with the push.
var appendMessage = runtime.NewScript(`
local n = redis.call('LLEN', KEYS[1]) + 1
redis.call('RPUSH', KEYS[1], '{"n":' .. string.format('%d', n) .. ARGV[1])
return n`)

// AppendMessage implements Messages.
func (a *Adapter) AppendMessage(ctx context.Context, thread string, m Message) (Message, error) {
	key, err := a.key("messages", thread)
	if err != nil {
		return Message{}, err
	}
	m.Number, m.Time = 0, stamp(a.now())
	text, err := json.Marshal(m)
	if err != nil {
		return Message{}, fmt.Errorf("thread %q: %w", thread, err)
	}
	const begin = `{"n":0`
	m.Number, err = appendMessage.Run(ctx, a.client, []string{key}, string(text[len(begin):])).Int64()
	if err != nil {
		return Message{}, fmt.Errorf("thread %q: %w", thread, err)
	}
	return m, nil
}

// Messages implements Messages.
func (a *Adapter) Messages(ctx context.Context, thread string, limit int) ([]Message, error) {
	return a.messages(ctx, thread, -int64(limit), -1, limit)
}

// MessagesBefore implements Messages.
func (a *Adapter) MessagesBefore(ctx context.Context, thread string, number int64, limit int) ([]Message, error) {
	if number <= 1 {
		return nil, nil
	}
	last := number - 2 // the list counts from 0
	first := last - int64(limit) + 1
	if first < 0 {
		first = 0
	}
	return a.messages(ctx, thread, first, last, limit)
}

func (a *Adapter) messages(ctx context.Context, thread string, first, last int64, limit int) ([]Message, error) {
	key, err := a.key("messages", thread)
	if err != nil {
		return nil, err
	}
	if limit < 1 {
		return nil, fmt.Errorf("thread %q: a limit of %d: at least 1", thread, limit)
	}
	list, err := a.client.LRange(ctx, key, first, last).Result()
	if err != nil {
		return nil, fmt.Errorf("thread %q: %w", thread, err)
	}
	out := make([]Message, len(list))
	for i, text := range list {
		if err := json.Unmarshal([]byte(text), &out[i]); err != nil {
			return nil, fmt.Errorf("thread %q: a message is not what this package writes: %w", thread, err)
		}
	}
	return out, nil
}

// DeleteThread implements Messages.
func (a *Adapter) DeleteThread(ctx context.Context, thread string) error {
	key, err := a.key("messages", thread)
	if err != nil {
		return err
	}
	if err := a.client.Del(ctx, key).Err(); err != nil {
		return fmt.Errorf("thread %q: %w", thread, err)
	}
	return nil
}
