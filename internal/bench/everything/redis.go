package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// startRedis starts a redis-server at each address, without persistence, and
// stops them again. An address where somebody listens is refused: the tests would
// write into a server that is not ours.
func startRedis(addrs []string, dir string) (stop func(), err error) {
	var running []*exec.Cmd
	stop = func() {
		for _, cmd := range running {
			_ = cmd.Process.Kill() // nothing to save
			_ = cmd.Wait()         // says "killed"
		}
	}
	if len(addrs) == 0 {
		return stop, nil
	}
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		return stop, fmt.Errorf("-redis: %w: install it (apt-get install redis-server), or leave the flag out", err)
	}
	for _, addr := range addrs {
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			stop()
			return stop, fmt.Errorf("-redis %s: %w: write it as localhost:6379", addr, err)
		}
		if host == "" {
			host = "localhost"
		}
		ips, err := net.LookupHost(host)
		if err != nil {
			stop()
			return stop, fmt.Errorf("-redis %s: %w", addr, err)
		}
		if c, err := net.Dial("tcp", net.JoinHostPort(host, port)); err == nil {
			_ = c.Close()
			stop()
			return stop, fmt.Errorf("-redis %s: somebody listens there already: stop that server first", addr)
		}
		args := append([]string{"--port", port, "--save", "", "--appendonly", "no", "--dir", dir, "--bind"}, ips...)
		cmd := exec.Command(bin, args...)
		if err := cmd.Start(); err != nil {
			stop()
			return stop, fmt.Errorf("starting %s: %w", bin, err)
		}
		running = append(running, cmd)
		if err := listens(net.JoinHostPort(host, port)); err != nil {
			stop()
			return stop, fmt.Errorf("redis-server at %s does not answer: %w", addr, err)
		}
	}
	// Servers do not end with this program.
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, os.Interrupt, syscall.SIGTERM)
	end := stop
	go func() {
		<-ended
		end()
		os.Exit(2)
	}()
	return func() { signal.Stop(ended); end() }, nil
}

// listens waits until somebody does.
func listens(addr string) (err error) {
	for range 100 {
		var c net.Conn
		if c, err = net.DialTimeout("tcp", addr, time.Second); err == nil {
			return c.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}
