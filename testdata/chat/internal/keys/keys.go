// Package keys names every Redis key and channel of the application, so that
// two packages never disagree on one.
package keys

import (
	"fmt"
	"strings"
)

// Online is the sorted set of users by the time they were last seen.
const Online = "presence:online"

const (
	sessionPrefix = "session:"
	roomPrefix    = "room:"
	lockPrefix    = "lock:"
	eventsPrefix  = "events:"
)

// Sessions matches every session, for scans.
const Sessions = sessionPrefix + "*"

// Session is the key of one login session.
func Session(id string) string { return sessionPrefix + id }

// Messages is the key of a room's latest messages, newest first.
func Messages(room string) string { return "messages:" + room }

// Unread is the key of a user's count of unread messages by room.
func Unread(user string) string { return fmt.Sprintf("unread:%s", user) }

// Room is the key of a room's settings.
func Room(name string) string { return roomPrefix + name }

// Members is the key of the set of a room's members.
func Members(room string) string {
	return strings.Join([]string{"members", room}, ":")
}

// Slots is the key of a room's seats: seat number to user.
func Slots(room string) string { return fmt.Sprintf("slots:%s", room) }

// Lock is the key of a named lock.
func Lock(name string) string { return lockPrefix + name }

// Events is the channel of a room's live events.
func Events(room string) string { return eventsPrefix + room }

// EventsPattern matches the channels of all rooms.
const EventsPattern = eventsPrefix + "*"

// RoomOfEvents is the inverse of Events.
func RoomOfEvents(channel string) string { return strings.TrimPrefix(channel, eventsPrefix) }
