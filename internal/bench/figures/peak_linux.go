package figures

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// WatchPeak follows the resident size of a running process, without that of its
// children, until the function that it returns is called, which gives the largest in
// bytes. What wait(2) reports has the children in it, and a compiler takes more than
// most programs. The kernel keeps the peak itself; it is read every 10 ms, so that only
// what a process takes in the last moment of its life is missed.
func WatchPeak(pid int) func() int64 {
	stop, done := make(chan struct{}), make(chan int64)
	go func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		var peak int64
		for {
			peak = max(peak, highWater(pid))
			select {
			case <-stop:
				done <- peak
				return
			case <-tick.C:
			}
		}
	}()
	return func() int64 { close(stop); return <-done }
}

// highWater is VmHWM of a process, 0 when it is gone.
func highWater(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, ok := bytes.Cut(status, []byte("VmHWM:"))
	if !ok {
		return 0
	}
	kb, err := strconv.ParseInt(string(bytes.Fields(rest)[0]), 10, 64)
	if err != nil {
		return 0
	}
	return kb << 10
}
