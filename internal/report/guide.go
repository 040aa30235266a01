package report

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// A Topic answers a question that comes after the migration.
type Topic struct {
	Title string   `json:"title"`
	Lines []string `json:"lines"` // sentences
	Code  []string `json:"code"`  // what is typed or written, line by line
}

// guide answers what nobody should have to look up next month.
func (in *Input) guide(r *Report) []Topic {
	return []Topic{in.addKey(r), in.replicas(), in.look(r), in.back()}
}

// addKey shows a family of a type that the module uses, under a name that it
// does not.
func (in *Input) addKey(r *Report) Topic {
	pkg := in.Plan.Package[strings.LastIndexByte(in.Plan.Package, '/')+1:]
	example := keyExamples[0]
	for _, e := range keyExamples {
		if !slices.ContainsFunc(r.Families, func(f Family) bool { return f.Name == e.name || f.Pattern == e.pattern }) {
			example = e
			break
		}
	}
	return Topic{
		Title: "A key that is added next month",
		Lines: []string{
			"Write the call on the client and run redis2cf -w ./... again: it finds the family, adds it to " + plan.FileName + " and gives the call its view.",
			"Or write the family yourself, run redis2cf generate, and call the view.",
		},
		Code: []string{
			"families:",
			fmt.Sprintf("  - pattern: %q", example.pattern),
			"    name: " + example.name,
			"    type: " + string(example.typ),
			"    store: " + string(example.store),
			"",
			fmt.Sprintf("%s.%s(rdb).%s", pkg, example.name, example.call),
		},
	}
}

var keyExamples = []struct {
	pattern, name string
	typ           spec.Type
	store         plan.Store
	call          string
}{
	{"invoice:*", "Invoice", spec.Hash, plan.StoreD1, `HSet(ctx, "invoice:"+id, "total", total)`},
	{"parcel:*", "Parcel", spec.Hash, plan.StoreD1, `HSet(ctx, "parcel:"+id, "state", state)`},
	{"added-later:*", "AddedLater", spec.Hash, plan.StoreD1, `HSet(ctx, "added-later:"+id, "field", value)`},
}

// replicas says what two processes do with this plan.
func (in *Input) replicas() Topic {
	t := Topic{Title: "Two replicas"}
	say := func(format string, args ...any) { t.Lines = append(t.Lines, fmt.Sprintf(format, args...)) }
	scheme, _, _ := strings.Cut(in.Plan.Default, ":")
	remote, local := in.addresses()
	switch scheme {
	case "http", "https":
		say("%s names the store, so all replicas share one truth: the objects behind %s.", plan.FileName, in.Plan.Default)
	case "file":
		say("%s names a file: the first process owns it, and a second one gets an error that says who does.", plan.FileName)
	case "memory":
		say("%s names a store in memory: each process has data of its own, which is gone at its end.", plan.FileName)
	default:
		if remote != "" {
			say("The address of Redis is another machine's (%s), so a replica starts only when $CFSTORE_URL names a store; no two ever end up with two local files.", remote)
		}
		if local != "" || remote == "" {
			say("Where the address of Redis is this machine's, a process uses the file cfstore.db in its working directory, and a second one there gets an error that says who owns it. Where it is another machine's, nothing starts until $CFSTORE_URL names a store.")
		}
	}
	if scheme != "http" && scheme != "https" {
		say("Replicas share their data through the Worker: give each the same $CFSTORE_URL and a token, as redis2cf help worker says.")
		t.Code = []string{"CFSTORE_URL=https://NAME.ACCOUNT.workers.dev ./program"}
	}
	var primary []string
	for i := range in.Plan.Families {
		if f := &in.Plan.Families[i]; f.Consistency == plan.Primary {
			primary = append(primary, f.Name)
		}
	}
	if len(primary) > 0 {
		say("There, what one replica writes to %s the other sees after up to 60 s; everything else at once.", strings.Join(primary, ", "))
	} else {
		say("There, what one replica has written the other sees at once: the object orders every command, as Redis does.")
	}
	return t
}

// addresses are a remote and a local address among those that stand in the code.
func (in *Input) addresses() (remote, local string) {
	for _, s := range in.Servers {
		if s.Test {
			continue
		}
		for _, name := range s.Names {
			host, _, err := net.SplitHostPort(name)
			if err != nil {
				host = name
			}
			ip := net.ParseIP(host)
			if host == "" || host == "localhost" || ip != nil && ip.IsLoopback() || strings.HasPrefix(name, "unix:") {
				local = name
			} else {
				remote = name
			}
		}
	}
	return remote, local
}

// look says how data is read without the program.
func (in *Input) look(r *Report) Topic {
	t := Topic{Title: "Looking at the data"}
	shown := map[string]bool{}
	for _, store := range []string{"file", "d1", "kv"} {
		for i := range r.Families {
			for _, p := range r.Families[i].Places {
				if p.Store == store && !shown[store] {
					shown[store] = true
					t.Code = append(t.Code, p.Read)
				}
			}
		}
	}
	t.Code = append(t.Code, "redis2cf serve $CFSTORE_URL    # then redis-cli, for every family in an object")
	t.Lines = []string{"Each family's name is a view of its rows, in the embedded file and, with store: d1, in D1; KV has a family's keys under their own names."}
	return t
}

// back says how a migration is taken back, and what is not.
func (in *Input) back() Topic {
	return Topic{
		Title: "The way back",
		Lines: []string{
			"redis2cf undo puts back every byte that the last -w changed, or git does; the program is on Redis again.",
			"What was written to the new store meanwhile stays there, where redis2cf serve shows it to redis-cli, until redis2cf copy -from STORE -to redis://HOST:PORT carries it back. Until you are sure, leave that server running.",
		},
		Code: []string{"redis2cf undo"},
	}
}
