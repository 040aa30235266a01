package difftest

import "github.com/redis2cf/redis2cf/runtime/resp"

// Shrink cuts a difference's commands down to a few that still show one. try
// runs commands from the start. The result may be another difference than the
// first; it is as real.
func Shrink(d *Difference, try func([]resp.Command) (*Difference, error)) *Difference {
	again := func(cmds []resp.Command) bool {
		next, err := try(cmds)
		if err != nil || next == nil {
			return false
		}
		d = next
		return true
	}
	if !again(d.Cmds) {
		return d // it depends on more than the commands: show all of them
	}
	for size := max(len(d.Cmds)/2, 1); ; {
		cut := false
		for from := 0; from < len(d.Cmds); {
			rest := append(append([]resp.Command(nil), d.Cmds[:from]...), d.Cmds[min(from+size, len(d.Cmds)):]...)
			if again(rest) {
				cut = true
			} else {
				from += size
			}
		}
		if size == 1 {
			if !cut {
				break
			}
			continue
		}
		size = (size + 1) / 2
	}
	shortenArgs(&d, again)
	return d
}

// shortenArgs leaves out arguments one by one, from the end of each command.
func shortenArgs(d **Difference, again func([]resp.Command) bool) {
	for i := 0; i < len((*d).Cmds); i++ {
		if placeholder((*d).Cmds[i]) != "" {
			continue // the payload would stand where it is echoed
		}
		for from := len((*d).Cmds[i]) - 1; from > 0 && i < len((*d).Cmds); from-- {
			for _, n := range []int{32, 8, 2, 1} {
				cmd := (*d).Cmds[i]
				if from+n > len(cmd) || from < 1 {
					continue
				}
				cmds := append([]resp.Command(nil), (*d).Cmds...)
				cmds[i] = append(cmd[:from:from], cmd[from+n:]...)
				if again(cmds) || i >= len((*d).Cmds) {
					break
				}
			}
		}
	}
}
