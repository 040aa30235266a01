package cli

import (
	"context"
	"net"

	"github.com/redis2cf/redis2cf/runtime/respserver"
	"github.com/redis2cf/redis2cf/runtime/store"
	_ "github.com/redis2cf/redis2cf/runtime/store/memory" // the demo's "Redis" keeps everything in memory
)

// A respServer is a Redis endpoint in this process.
type respServer struct {
	addr    string
	backend store.Backend
	cancel  context.CancelFunc
	done    chan error
}

// startRESP puts a Redis endpoint with the embedded engine on a free loopback
// port.
func startRESP() (*respServer, error) {
	backend, err := store.Open("memory://redis2cf-demo")
	if err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		_ = backend.Close()
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &respServer{addr: ln.Addr().String(), backend: backend, cancel: cancel, done: make(chan error, 1)}
	go func() { s.done <- respserver.Serve(ctx, ln, backend, respserver.Options{}) }()
	return s, nil
}

// stop closes the connections and the store.
func (s *respServer) stop() error {
	s.cancel()
	err := <-s.done
	if cerr := s.backend.Close(); err == nil {
		err = cerr
	}
	return err
}
