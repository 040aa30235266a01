package server

import (
	"errors"
	"strconv"
	"time"

	"example.com/chat/internal/events"
	"example.com/chat/internal/history"
	"example.com/chat/internal/lock"
	"example.com/chat/internal/room"
)

var (
	errNotMember = errors.New("server: join the room first")
	errTooFast   = errors.New("server: slow down")
)

const defaultSeats = 8

func (s *Server) createRoom(r request, name string) (interface{}, error) {
	// Two people who create the same room at once must not mix their settings.
	l, err := lock.Acquire(r.Context(), s.rdb, "room:"+name, 10*time.Second)
	if err != nil {
		return nil, err
	}
	seats, err := strconv.Atoi(r.FormValue("seats"))
	if err != nil {
		seats = defaultSeats
	}
	set := room.Settings{Title: r.FormValue("title"), Seats: seats, Created: time.Now().UTC()}
	if err := s.rooms.Save(r.Context(), name, set); err != nil {
		return nil, errors.Join(err, l.Release(r.Context()))
	}
	if err := s.titles.Drop(r.Context(), name); err != nil {
		return nil, errors.Join(err, l.Release(r.Context()))
	}
	return name, l.Release(r.Context())
}

func (s *Server) describe(r request, name string) (interface{}, error) {
	title, err := s.titles.Get(r.Context(), name)
	if err != nil {
		return nil, err
	}
	members, err := s.rooms.Members(r.Context(), name)
	if err != nil {
		return nil, err
	}
	return map[string]interface{}{"title": title, "members": members}, nil
}

func (s *Server) join(r request, name string) (interface{}, error) {
	set, err := s.rooms.Load(r.Context(), name)
	if err != nil {
		return nil, err
	}
	seat, err := s.slots.Take(r.Context(), name, r.sess.User, set.Seats)
	if err != nil {
		return nil, err
	}
	if _, err := s.rooms.Join(r.Context(), name, r.sess.User); err != nil {
		return nil, err
	}
	return map[string]int{"seat": seat}, s.publish(r.Context(), events.Event{Room: name, Kind: "join", User: r.sess.User})
}

func (s *Server) leave(r request, name string) error {
	seat, err := strconv.Atoi(r.FormValue("seat"))
	if err != nil {
		return err
	}
	if _, err := s.slots.Release(r.Context(), name, r.sess.User, seat); err != nil {
		return err
	}
	if err := s.rooms.Leave(r.Context(), name, r.sess.User); err != nil {
		return err
	}
	return s.publish(r.Context(), events.Event{Room: name, Kind: "leave", User: r.sess.User})
}

func (s *Server) read(r request, name string) (interface{}, error) {
	list, err := s.history.Recent(r.Context(), name, history.Limit)
	if err != nil {
		return nil, err
	}
	return list, s.history.MarkRead(r.Context(), r.sess.User, name)
}

func (s *Server) write(r request, name string) (interface{}, error) {
	ctx := r.Context()
	in, err := s.rooms.IsMember(ctx, name, r.sess.User)
	if err != nil {
		return nil, err
	}
	if !in {
		return nil, errNotMember
	}
	ok, err := s.messages.Allow(ctx, r.sess.User)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errTooFast
	}
	members, err := s.rooms.Members(ctx, name)
	if err != nil {
		return nil, err
	}
	others := members[:0]
	for _, m := range members {
		if m != r.sess.User {
			others = append(others, m)
		}
	}
	m := history.Message{User: r.sess.User, Text: r.FormValue("text"), At: time.Now().UTC()}
	if err := s.history.Append(ctx, name, m, others...); err != nil {
		return nil, err
	}
	return m, s.publish(ctx, events.Event{Room: name, Kind: "message", User: m.User, Text: m.Text})
}
