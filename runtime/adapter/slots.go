package adapter

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
)

// Slots keeps named values of something, each of which changes by itself: what a
// conversation knows so far, the settings of a user.
type Slots interface {
	// SetSlots sets some of the slots of an id, all of them in one step; a nil value
	// removes one. The others stay.
	SetSlots(ctx context.Context, id string, slots map[string]any) error
	// Slots are all slots of an id, as JSON; none when there are none.
	Slots(ctx context.Context, id string) (map[string]json.RawMessage, error)
	// DeleteSlots removes all slots of an id; there need not be any.
	DeleteSlots(ctx context.Context, id string) error
}

// SetSlots implements Slots.
func (a *Adapter) SetSlots(ctx context.Context, id string, slots map[string]any) error {
	key, err := a.key("slots", id)
	if err != nil {
		return err
	}
	var set []any
	var gone []string
	names := make([]string, 0, len(slots))
	for name := range slots {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if slots[name] == nil {
			gone = append(gone, name)
			continue
		}
		text, err := json.Marshal(slots[name])
		if err != nil {
			return fmt.Errorf("slots %q: %s: %w", id, name, err)
		}
		set = append(set, name, text)
	}
	if len(names) == 0 {
		return nil
	}
	tx := a.client.TxPipeline()
	if len(set) > 0 {
		tx.HSet(ctx, key, set...)
	}
	if len(gone) > 0 {
		tx.HDel(ctx, key, gone...)
	}
	if _, err := tx.Exec(ctx); err != nil {
		return fmt.Errorf("slots %q: %w", id, err)
	}
	return nil
}

// Slots implements Slots.
func (a *Adapter) Slots(ctx context.Context, id string) (map[string]json.RawMessage, error) {
	key, err := a.key("slots", id)
	if err != nil {
		return nil, err
	}
	fields, err := a.client.HGetAll(ctx, key).Result()
	if err != nil {
		return nil, fmt.Errorf("slots %q: %w", id, err)
	}
	out := make(map[string]json.RawMessage, len(fields))
	for name, text := range fields {
		out[name] = json.RawMessage(text)
	}
	return out, nil
}

// DeleteSlots implements Slots.
func (a *Adapter) DeleteSlots(ctx context.Context, id string) error {
	key, err := a.key("slots", id)
	if err != nil {
		return err
	}
	if err := a.client.Del(ctx, key).Err(); err != nil {
		return fmt.Errorf("slots %q: %w", id, err)
	}
	return nil
}
