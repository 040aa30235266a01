package value

import (
	"strconv"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// putScript makes a key what ARGV says, whatever it was: its expiry or -1, then commands,
// each behind the number of its words. A script is one step, and finds its server by its
// key, as MULTI in a cluster does not.
const putScript = `redis.call('DEL', KEYS[1])
local i = 2
while i <= #ARGV do
  local n = tonumber(ARGV[i])
  local cmd = {}
  for j = 1, n do cmd[j] = ARGV[i + j] end
  redis.call(unpack(cmd))
  i = i + n + 1
end
if ARGV[1] ~= '-1' then redis.call('PEXPIREAT', KEYS[1], ARGV[1]) end
return 1`

// Put is the one command that makes a key what was read, whatever is there before. The
// key must have been read whole.
func Put(k *Key) resp.Command {
	if k.Type == TypeString {
		text := ""
		if len(k.Piece) > 0 {
			text = k.Piece[0][0]
		}
		cmd := resp.Command{"SET", k.Head.Key, text}
		if k.Expire != NoExpiry {
			cmd = append(cmd, "PXAT", strconv.FormatInt(k.Expire, 10))
		}
		return cmd
	}
	cmd := resp.Command{"EVAL", putScript, "1", k.Head.Key, strconv.FormatInt(k.Expire, 10)}
	for _, c := range Commands(k.Head.Key, k.Type, k.Piece, true) {
		cmd = append(append(cmd, strconv.Itoa(len(c))), c...)
	}
	return cmd
}
