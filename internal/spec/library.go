package spec

import (
	"fmt"
	"strings"
)

// A Library is a package outside the module that takes a go-redis client, or makes
// what a client takes, and what it does with it. Somebody has read its source.
type Library struct {
	Path string // import path
	// Names are the functions (New), methods (GoRedisDriver.SetClient), types and struct
	// fields (.Client) that the row is about, separated by spaces; "" is every other name
	// of the package.
	Names string
	Use   LibraryUse
	Redis string // go-redis's majors that it takes, by its versions: "v9", "v8 v9"
	Read  string // the version or commit that was read
	Why   string // what it does, as a predicate: "sends EVALSHA"
	// Do is what a person does about it where the use asks for something; "" is what the
	// reason code says.
	Do string
	// Counterpart is the runtime's package with the same names, where the call moves.
	Counterpart string
}

// A LibraryUse is what a library does with a client.
type LibraryUse uint8

const (
	// UseSends does no more than send commands that the stores serve, whatever kind
	// of client it looks for: a bridge is right.
	UseSends LibraryUse = iota + 1
	// UseMoves is instrumentation that the runtime has a counterpart of: the call moves
	// with the client.
	UseMoves
	// UseObserves traces or measures the client that it is given: on a bridge it works,
	// and sees only what passes there.
	UseObserves
	// UseHook makes a hook of go-redis's, which no other client takes.
	UseHook
	// UseTypes depends on go-redis's own types or on Go types of arguments, which are
	// others behind a bridge.
	UseTypes
	// UseSearches needs commands that no store serves, on data that it writes itself.
	UseSearches
	// UseConnects opens a connection by go-redis's options: its data stays where it
	// leads to.
	UseConnects
	// UseNone takes no client of go-redis's, which is good to know of one whose
	// name says Redis.
	UseNone
)

// libraryUses is what the tool and its pages say of each use.
var libraryUses = map[LibraryUse]struct{ code, title, effect string }{
	UseSends:    {KnownLibrary, "sends commands", "It gets a bridge: a go-redis client of the same store."},
	UseMoves:    {"", "has a counterpart", "The call, its options and the import move with the client."},
	UseObserves: {LibraryObserves, "observes the client", "It gets a bridge, and sees only what passes there."},
	UseHook:     {LibraryHook, "makes a hook", "The client that takes the hook stays on go-redis."},
	UseTypes:    {LibraryTypes, "depends on go-redis's types", "What meets it stays on go-redis."},
	UseSearches: {Search, "searches", "The client that it is given stays on go-redis."},
	UseConnects: {LibraryConnects, "connects by itself", "Its data stays in the Redis that its options lead to."},
	UseNone:     {"", "takes no client", "Nothing of it is touched."},
}

// LibraryUses are all of them, from what is least to do.
func LibraryUses() []LibraryUse {
	out := make([]LibraryUse, 0, len(libraryUses))
	for u := UseSends; u <= UseNone; u++ {
		out = append(out, u)
	}
	return out
}

// Code is the reason code of a value that the library takes or gives.
func (u LibraryUse) Code() string { return libraryUses[u].code }

// String is the use in a few words.
func (u LibraryUse) String() string {
	if of, ok := libraryUses[u]; ok {
		return of.title
	}
	return fmt.Sprintf("use %d", uint8(u))
}

// Effect is what becomes of a client that meets the library.
func (u LibraryUse) Effect() string { return libraryUses[u].effect }

// Bridged reports whether a bridge is right for what the library takes and gives.
func (u LibraryUse) Bridged() bool {
	return u == UseSends || u == UseObserves || u == UseConnects
}

// Libraries are the table's rows, by path; the row for all other names of a package
// is the last of it.
func Libraries() []*Library { return libraries }

// LibraryOf finds the row of a name in a package: a function, "Type.Method", a type or
// ".Field".
func LibraryOf(path, name string) (*Library, bool) {
	for _, l := range librariesAt[path] {
		if l.Names == "" || hasWord(l.Names, name) {
			return l, true
		}
	}
	return nil, false
}

// CounterpartOf is the runtime's package that has the names of a library's, "" for none.
func CounterpartOf(path string) string {
	for _, l := range librariesAt[path] {
		if l.Counterpart != "" {
			return l.Counterpart
		}
	}
	return ""
}

var librariesAt = func() map[string][]*Library {
	at := map[string][]*Library{}
	for _, l := range libraries {
		at[l.Path] = append(at[l.Path], l)
	}
	return at
}()

func hasWord(words, word string) bool {
	for _, w := range strings.Fields(words) {
		if w == word {
			return true
		}
	}
	return false
}
