package main

import (
	"bytes"
	"os"
	"strconv"
	"time"
)

// tick is the unit of /proc's times: USER_HZ, which is 100 on every Linux.
const tick = time.Second / 100

// processCPU is what a process has used so far, in user and system mode.
func processCPU(pid int) time.Duration {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	// Behind the name, which is in parentheses, stands the third field.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(string(fields[11]), 10, 64) // the kernel writes numbers
	system, _ := strconv.ParseInt(string(fields[12]), 10, 64)
	return time.Duration(user+system) * tick
}
