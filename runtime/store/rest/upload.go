package rest

import (
	"errors"
	"io"
	"net/http"
	"sync"
)

// An upload is a request's body that is read from the caller's own reader, which stays
// open, and from its beginning at each attempt.
type upload struct {
	size int64 // bytes

	mu    sync.Mutex
	from  io.ReadSeeker
	turn  int    // of the attempt that may read
	moved func() // is called for each piece that is read; nil: nobody asks
}

func newUpload(from io.ReadSeeker) (*upload, error) {
	size, err := from.Seek(0, io.SeekEnd)
	return &upload{from: from, size: size}, err
}

// open is the body of the next attempt. The network may still read that of an attempt
// which was answered early: it gets nothing any more.
func (u *upload) open() (io.ReadCloser, error) {
	if u.size == 0 {
		return http.NoBody, nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.turn++
	return &uploading{u: u, turn: u.turn}, nil
}

// progress says what is called for each piece that is read from now on.
func (u *upload) progress(moved func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.moved = moved
}

// uploading is the body of one attempt.
type uploading struct {
	u    *upload
	turn int
	at   int64
}

func (b *uploading) Read(p []byte) (int, error) {
	b.u.mu.Lock()
	defer b.u.mu.Unlock()
	if b.turn != b.u.turn {
		return 0, errors.New("the attempt is over")
	}
	if b.at == 0 {
		if _, err := b.u.from.Seek(0, io.SeekStart); err != nil {
			return 0, err
		}
	}
	n, err := b.u.from.Read(p)
	b.at += int64(n)
	if b.u.moved != nil && n > 0 {
		b.u.moved()
	}
	return n, err
}

// Close ends the attempt, and leaves the reader to its owner.
func (b *uploading) Close() error {
	b.u.mu.Lock()
	defer b.u.mu.Unlock()
	if b.turn == b.u.turn {
		b.u.turn++
	}
	return nil
}

// end is called when nobody waits for the request any more: the reader is its owner's.
func (u *upload) end() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.turn++
}
