package engine

import (
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// cmdLCS finds the longest common subsequence of two strings.
func cmdLCS(c *call) resp.Reply {
	var texts [2]string
	for i := range texts {
		ent, ok := c.find(c.args[1+i], TypeString)
		if !ok {
			return resp.NewError("ERR The specified keys must contain string values")
		}
		if ent != nil {
			texts[i] = ent.text()
		}
	}
	var length, idx, withLen bool
	minLen := int64(0)
	for i := 3; i < len(c.args); i++ {
		switch strings.ToUpper(c.args[i]) {
		case "LEN":
			length = true
		case "IDX":
			idx = true
		case "WITHMATCHLEN":
			withLen = true
		case "MINMATCHLEN":
			if i+1 == len(c.args) {
				return errSyntax
			}
			i++
			n, ok := parseInt(c.args[i])
			if !ok {
				return errNotInt
			}
			minLen = max(n, 0)
		default:
			return errSyntax
		}
	}
	if length && idx {
		return resp.NewError("ERR If you want both the length and indexes, please just use IDX.")
	}
	a, b := texts[0], texts[1]
	if uint64(len(a)+1)*uint64(len(b)+1) > maxString/4 {
		return resp.NewError("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")
	}
	table := lcsTable(a, b)
	at := func(i, j int) uint32 { return table[i*(len(b)+1)+j] }
	total := at(len(a), len(b))
	if length {
		return intReply(int64(total))
	}

	// Walk back from the end, gathering the subsequence and its ranges.
	result := make([]byte, 0, total)
	var matches []resp.Reply
	aStart, aEnd, bStart, bEnd := len(a), 0, 0, 0
	flush := func() {
		if aStart == len(a) {
			return
		}
		n := int64(aEnd - aStart + 1)
		if minLen == 0 || n >= minLen {
			m := []resp.Reply{
				resp.NewArray(intReply(int64(aStart)), intReply(int64(aEnd))),
				resp.NewArray(intReply(int64(bStart)), intReply(int64(bEnd))),
			}
			if withLen {
				m = append(m, intReply(n))
			}
			matches = append(matches, resp.NewArray(m...))
		}
		aStart = len(a)
	}
	for i, j := len(a), len(b); i > 0 && j > 0; {
		if a[i-1] != b[j-1] {
			if at(i-1, j) > at(i, j-1) {
				i--
			} else {
				j--
			}
			if aStart != len(a) {
				flush()
			}
			continue
		}
		result = append(result, a[i-1])
		if aStart == len(a) {
			aStart, aEnd, bStart, bEnd = i-1, i-1, j-1, j-1
		} else if aStart == i && bStart == j {
			aStart, bStart = i-1, j-1
		} else {
			flush()
			aStart, aEnd, bStart, bEnd = i-1, i-1, j-1, j-1
		}
		i, j = i-1, j-1
		if aStart == 0 || bStart == 0 {
			flush()
		}
	}
	flush()
	if idx {
		return resp.Reply{Kind: resp.Map, Elems: []resp.Reply{
			resp.NewBulk("matches"), resp.NewArray(matches...),
			resp.NewBulk("len"), intReply(int64(total)),
		}}
	}
	slices.Reverse(result)
	return resp.NewBulk(string(result))
}

func lcsTable(a, b string) []uint32 {
	w := len(b) + 1
	table := make([]uint32, (len(a)+1)*w)
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			if a[i-1] == b[j-1] {
				table[i*w+j] = table[(i-1)*w+j-1] + 1
			} else {
				table[i*w+j] = max(table[(i-1)*w+j], table[i*w+j-1])
			}
		}
	}
	return table
}
