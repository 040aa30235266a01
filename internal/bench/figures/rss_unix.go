//go:build unix

package figures

import (
	"os"
	"runtime"
	"syscall"
)

// MaxRSS is the largest resident size of a finished process and its children,
// in bytes. Linux counts it in KB, Darwin in bytes.
func MaxRSS(p *os.ProcessState) int64 {
	u, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(u.Maxrss)
	}
	return int64(u.Maxrss) << 10
}
