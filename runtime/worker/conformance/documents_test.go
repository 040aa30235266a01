package conformance

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// documents runs random commands on JSON documents, which redis-server has not, for
// the followers to be compared with.
func documents(t *testing.T, s *single, seed int64) {
	rnd := rand.New(rand.NewSource(seed))
	s.Reset(3)
	defer s.close()
	key := func() string { return fmt.Sprintf("json:%d", rnd.Intn(4)) }
	for frames := 0; frames < 60; frames++ {
		var cmds []resp.Command
		for n := rnd.Intn(8); n >= 0; n-- {
			switch rnd.Intn(10) {
			case 0:
				cmds = append(cmds, resp.Command{"DEL", key()})
			case 1:
				cmds = append(cmds, resp.Command{"RENAME", key(), key()})
			case 2:
				cmds = append(cmds, resp.Command{"COPY", key(), key(), "REPLACE"})
			case 3:
				cmds = append(cmds, resp.Command{"EXPIRE", key(), "10000"})
			case 4, 5:
				cmds = append(cmds, resp.Command{"JSON.NUMINCRBY", key(), "$..n", fmt.Sprint(rnd.Intn(100))})
			case 6:
				cmds = append(cmds, resp.Command{"JSON.ARRAPPEND", key(), "$.list", `"é"`, "null"})
			default:
				cmds = append(cmds, resp.Command{"JSON.SET", key(), "$", fmt.Sprintf(`{"n":%d,"list":[1,{"n":0.5}]}`, rnd.Intn(1000))})
			}
		}
		s.Exec(0, 0, cmds)
	}
}
