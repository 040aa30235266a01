package kvprimary

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/kv-primary.md anew")

// The page is the table: go test ./internal/kvprimary -update writes it.
func TestPageIsTheTable(t *testing.T) {
	path := filepath.Join("..", "..", "..", "docs", "kv-primary.md")
	page := page()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ReplaceAll(string(have), "\r\n", "\n") != page {
		t.Errorf("%s is not what the table says: run go test ./internal/kvprimary -update", path)
	}
}

func page() string {
	var b strings.Builder
	b.WriteString(`<!-- Written from runtime/internal/kvprimary by its tests (-update); DO NOT EDIT. -->
# Families in KV alone: ` + "`consistency: primary`" + `

A family with ` + "`store: kv`" + ` has its truth in the Durable Object, and KV follows for
readers at the edge. With ` + "`consistency: primary`" + ` there is no object: the program
reads and writes Workers KV itself. That is written into redis2cf.yaml by a person, for a
family of strings that uses nothing but ` + Names() + `, SET without conditions, DEL without
looking at its count, outside of transactions, and that meets
no other family in a transaction, script or command. For any other family redis2cf refuses
it with the reason (KV_PRIMARY_REFUSED).

## Commands

| command | does | answers | Redis |
|---|---|---|---|
`)
	cell := func(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
	for _, c := range Commands {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", cell(c.Syntax), cell(c.Does), cell(c.Answers), cell(c.Redis))
	}
	fmt.Fprintf(&b, `
Every other command on a key of such a family is an error that names the family, and so is a
command whose keys also belong to other families. A transaction (MULTI), WATCH and scripts
have no place for them either. In a pipeline they may stand beside commands of other
families. Commands without a key know nothing of such a family: FLUSHALL, FLUSHDB and SWAPDB
leave its keys as they are, and KEYS, SCAN, RANDOMKEY and DBSIZE do not see them.

## What a reader sees

- **Its own writes at once.** A client of the program remembers what it wrote, deletions
  included, for %[1]d s: as long as KV may answer something older. It does so in bounded memory
  (8 MB); when more was written, the oldest is forgotten, and a read of it may be stale.
- **Other clients' writes within %[1]d s.** Until then a read answers what was there before. A
  miss is remembered as well: a key that was read before it existed may be missing for %[1]d s
  after it was written, and a deleted one may still be there. Cloudflare names 60 s as what is
  usual, adds "or more" and promises no bound: nothing may depend on it.
- **The last write wins.** Two clients that write the same key at the same time overwrite one
  another; nothing is compared or counted.
- **MGET is not a moment.** Its values may be of different ages.
- **A write without an answer may have been stored.** When the connection ends or 60 s pass
  (REST: 10 minutes), the error does not say which; writing once more does no harm.

## Limits

| | |
|---|---|
| expiry | %[2]d s at least, in whole seconds (PX and PXAT are rounded up); shorter ones, and those after 2038-01-19, are an error before anything is sent |
| key | %[3]d bytes, see below |
| value | %[4]d bytes (25 MiB); through the Worker about 16 MB, or 11 MB where it is no UTF-8 |
| writes to one key | one a second: further ones wait, and those that wait are joined into the last, which answers for all; of two programs that write it in one second, KV refuses one with an error (429) |
| values read at once | %[5]d in a request; MGET of more is several |

## Names in KV

A key of database 0 has its own name in KV, so a Worker at the edge reads
`+"`env.KV.get(\"session:42\")`"+`. Keys of other databases and namespaces, empty keys, `+"`.` and `..`"+`,
keys that begin with @, and keys with white space, control or format characters or bytes that
are no UTF-8 are written out: `+"`@NAMESPACE/DB/KEY`, or `@NAMESPACE/DB#HEX`"+` with the key's bytes in
hexadecimal digits.

Values are kept as they are. Bulk reads of KV are text, so a value that is no UTF-8, or begins
with a byte order mark, has the metadata `+"`{\"binary\":true}`"+` and is read by itself.

## How a program gets there

| store | way |
|---|---|
| `+"`https://…workers.dev`"+` | the Worker's `+"`POST /v1/kv`"+`, past the Durable Object; other families stay there |
| `+"`cloudflare://ACCOUNT?kv=NAMESPACE_ID`"+` | Cloudflare's REST API, 1,100 requests in 5 minutes; other families are refused |

## Trying whether a program can live with it

`+"`memory://NAME?kv=stale&seed=N`"+` is the store of a process with KV's staleness imitated: a write
reaches each other client after a lag between 0 and %[1]d s, drawn from the seed, on a clock that
tests move. `+"`cftest.Miniredis.StaleKV(seed)`"+` does the same for a test's server, whose
`+"`FastForward`"+` lets the time pass. Families with `+"`consistency: primary`"+` in the generated package's
plan are imitated; without a plan, all keys that the commands above are used on. FLUSHALL and
the test server's own methods change what is there for everybody at once, so that a test can
begin anew.
`, int(Stale.Seconds()), MinExpiry, MaxName, MaxValue, BulkGet)
	return b.String()
}
