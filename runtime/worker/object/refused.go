package object

import (
	"strings"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
)

// refuse is a statement that fails, always: a program that ends with it tells whether
// what stands before it would be stored.
var refuse = statement("INSERT INTO garbage (id, type) VALUES (-1, NULL)")

// refuseText is in the error of refuse.
const refuseText = "garbage.type"

// findRefused finds the first unit without which the store would take what is before
// it: -1 when it is none of them.
func (o *Object) findRefused(s *session, f *frame.Frame, culprits map[int32]string, cause error) (unit int32, why string) {
	total := int32(0)
	for i := range f.Groups {
		for commands := f.Groups[i].Commands; len(commands) > 0; total++ {
			commands = commands[unitLen(commands):]
		}
	}
	accepts := func(n int32) (ok bool) {
		o.direct = true // the journal would take everything
		defer func() {
			o.direct = false
			if p := recover(); p != nil {
				ok = false
			}
			o.in.unit = -1
		}()
		if o.open() != nil || o.load(s) != nil {
			return false
		}
		answer, err := o.run(s, f, true, culprits, n)
		if err != nil {
			return false
		}
		p, _, _, err := o.program(s, f.Seq, answer)
		if err != nil {
			why = err.Error()
			return false
		}
		if p == nil {
			return true
		}
		p.Statement(refuse)
		if err = o.exec.Exec(p.Bytes()); err == nil || strings.Contains(err.Error(), refuseText) {
			return err != nil
		}
		why = clip(err.Error())
		return false
	}
	defer func() {
		if o.open() != nil || o.load(s) != nil {
			unit = -1
		}
	}()
	if total == 0 || !accepts(0) {
		return -1, ""
	}
	low, high := int32(0), total // low is accepted; high is not, unless the cause has gone
	why = ""
	for high-low > 1 {
		if mid := (low + high) / 2; accepts(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	if why == "" {
		why = clip(cause.Error()) // it was the last unit
	}
	return low, errRefused + why
}

// clip shortens what is echoed.
func clip(s string) string {
	if len(s) > 128 {
		return s[:128]
	}
	return s
}
