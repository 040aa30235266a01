package facade_test

import "github.com/redis2cf/redis2cf/runtime/resp"

func number(n int64) resp.Reply { return resp.NewInt(n) }

func mapOf(elems ...resp.Reply) resp.Reply { return resp.Reply{Kind: resp.Map, Elems: elems} }

var (
	streamEntry   = resp.NewArray(bulk("1-1"), resp.NewArray(bulk("f"), bulk("v"), bulk("g"), bulk("w")))
	removedEntry  = resp.NewArray(bulk("2-1"), resp.Reply{Kind: resp.NilArray})
	claimedEntry  = resp.NewArray(bulk("3-1"), resp.NewArray(bulk("f"), bulk("v")), number(250), number(3))
	streamEntries = resp.NewArray(streamEntry, removedEntry, claimedEntry)
)

// streamSamples are the shapes that stream commands answer with.
var streamSamples = []resp.Reply{
	streamEntries, resp.NewArray(streamEntry, resp.Reply{}), resp.NewArray(resp.NewArray(bulk("1-1"))),
	resp.NewArray(resp.NewArray(bulk("key"), streamEntries), resp.NewArray(bulk("other"), resp.NewArray())),
	mapOf(bulk("key"), streamEntries, bulk("other"), resp.NewArray()),
	mapOf(bulk("key"), resp.Reply{}), resp.NewArray(resp.NewArray(bulk("key"), resp.Reply{Kind: resp.NilArray})),
	// XPENDING
	resp.NewArray(number(3), bulk("1-1"), bulk("9-9"), resp.NewArray(resp.NewArray(bulk("c1"), bulk("2")), resp.NewArray(bulk("c2"), bulk("1")))),
	resp.NewArray(number(0), resp.Reply{}, resp.Reply{}, resp.Reply{Kind: resp.NilArray}),
	resp.NewArray(resp.NewArray(bulk("1-1"), bulk("c1"), number(1500), number(2)), resp.NewArray(bulk("2-1"), resp.Reply{}, resp.Reply{}, resp.Reply{})),
	// XAUTOCLAIM
	resp.NewArray(bulk("0-0"), streamEntries), resp.NewArray(bulk("5-0"), streamEntries, resp.NewArray(bulk("4-1"), bulk("4-2"))),
	resp.NewArray(bulk("0-0"), resp.NewArray(bulk("1-1"), bulk("2-1")), resp.NewArray()),
	resp.NewArray(bulk("0-0"), resp.NewArray(), resp.NewArray(), resp.NewArray()),
	// XINFO
	resp.NewArray(mapOf(bulk("name"), bulk("c1"), bulk("pending"), number(2), bulk("idle"), number(1500), bulk("inactive"), number(20), bulk("new"), streamEntries)),
	resp.NewArray(
		mapOf(bulk("name"), bulk("g1"), bulk("consumers"), number(2), bulk("pending"), number(3), bulk("last-delivered-id"), bulk("3-1"), bulk("entries-read"), number(3), bulk("lag"), number(7)),
		mapOf(bulk("name"), bulk("g2"), bulk("entries-read"), resp.Reply{}, bulk("lag"), resp.Reply{})),
	mapOf(bulk("length"), number(2), bulk("radix-tree-keys"), number(1), bulk("radix-tree-nodes"), number(2),
		bulk("last-generated-id"), bulk("3-1"), bulk("max-deleted-entry-id"), bulk("0-0"), bulk("entries-added"), number(2),
		bulk("recorded-first-entry-id"), bulk("1-1"), bulk("groups"), number(1), bulk("first-entry"), streamEntry, bulk("last-entry"), resp.Reply{},
		bulk("idmp-duration"), number(1), bulk("idmp-maxsize"), number(2), bulk("pids-tracked"), number(3),
		bulk("iids-tracked"), number(4), bulk("iids-added"), number(5), bulk("iids-duplicates"), number(6), bulk("new"), number(1)),
	mapOf(bulk("length"), number(2), bulk("radix-tree-keys"), number(1), bulk("radix-tree-nodes"), number(2),
		bulk("last-generated-id"), bulk("3-1"), bulk("max-deleted-entry-id"), bulk("0-0"), bulk("entries-added"), number(2),
		bulk("recorded-first-entry-id"), bulk("1-1"), bulk("entries"), streamEntries, bulk("groups"), resp.NewArray(
			mapOf(bulk("name"), bulk("g1"), bulk("last-delivered-id"), bulk("3-1"), bulk("entries-read"), resp.Reply{}, bulk("lag"), resp.Reply{},
				bulk("pel-count"), number(1), bulk("nacked-count"), number(2),
				bulk("pending"), resp.NewArray(resp.NewArray(bulk("1-1"), bulk("c1"), number(1700000000123), number(2))),
				bulk("consumers"), resp.NewArray(mapOf(bulk("name"), bulk("c1"), bulk("seen-time"), number(1700000000123),
					bulk("active-time"), number(1700000000124), bulk("pel-count"), number(1), bulk("new"), number(5),
					bulk("pending"), resp.NewArray(resp.NewArray(bulk("1-1"), number(1700000000123), number(2)))))),
			mapOf(bulk("name"), bulk("g2"), bulk("lag"), number(4), bulk("entries-read"), number(5)))),
}
