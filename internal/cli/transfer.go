package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/redis2cf/redis2cf/internal/transfer"
	"github.com/redis2cf/redis2cf/runtime/phase"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/store/gateway"
)

// The environment variables of copy and compare: a URL with a password in it has no
// place on a command line, which every process list shows.
const (
	fromVariable = "REDIS2CF_FROM"
	toVariable   = "REDIS2CF_TO"
)

// transferOptions are the flags of copy and compare.
type transferOptions struct {
	from, to   string
	match, typ string
	db         string
	rate       float64
	checkpoint string
	overwrite  bool
	follow     bool
	dryRun     bool

	sample    float64
	seed      uint64
	tolerance time.Duration
	rounds    int
	wait      time.Duration
	repair    bool
	json      bool
	metrics   string
}

// checkpointFile is where a copy remembers how far it is.
const checkpointFile = "redis2cf-copy.checkpoint"

func transferFlags(fs *flag.FlagSet, o *options) {
	t := &o.transfer
	fs.StringVar(&t.from, "from", "", "the source, a `URL`: redis://HOST:PORT/DB or a store's (default: $"+fromVariable+")")
	fs.StringVar(&t.to, "to", "", "the destination, a `URL` of the same kinds (default: $"+toVariable+")")
	fs.StringVar(&t.match, "match", "", "only keys of a `GLOB`, as SCAN has it: session:*")
	fs.StringVar(&t.typ, "type", "", "only keys of a `TYPE`: string, list, hash, set, zset, stream")
	fs.BoolVar(&o.force, "force", false, "-overwrite or -repair although the destination is the side that programs use as the truth")
	fs.StringVar(&t.db, "db", "", "databases: a `LIST` such as 0,3, or all (default: that of the source's URL)")
}

func copyFlags(fs *flag.FlagSet, o *options) {
	t := &o.transfer
	transferFlags(fs, o)
	fs.Float64Var(&t.rate, "rate", 0, "read at most `N` keys a second (default: as fast as it goes)")
	fs.StringVar(&t.checkpoint, "checkpoint", checkpointFile, "the `FILE` by which a copy that was ended goes on")
	fs.BoolVar(&t.overwrite, "overwrite", false, "replace keys of the destination that this copy has not written")
	fs.BoolVar(&t.dryRun, "dry-run", false, "count the keys by family and store, with the time and the bill, and copy nothing")
	dirFlags(fs, o)
	fs.BoolVar(&t.follow, "follow", false, "go on with what changes at the source until Ctrl-C")
}

func compareFlags(fs *flag.FlagSet, o *options) {
	t := &o.transfer
	transferFlags(fs, o)
	fs.Float64Var(&t.sample, "sample", 1, "compare a `SHARE` of the keys, 0.01 is one in a hundred")
	fs.Uint64Var(&t.seed, "seed", 0, "choose the sample by `N`; the same number chooses the same keys (default: a new one)")
	fs.DurationVar(&t.tolerance, "tolerance", time.Second, "expiries may differ by `TIME`")
	fs.IntVar(&t.rounds, "rounds", 3, "look again at keys that differ, `N` times")
	fs.DurationVar(&t.wait, "wait", time.Second, "after `TIME`")
	fs.BoolVar(&t.repair, "repair", false, "make the destination like the source where they differ")
	fs.BoolVar(&t.json, "json", false, "print the differences as JSON, one in a line")
	fs.StringVar(&t.metrics, "metrics", "", "write what was found into `FILE` as metrics for Prometheus, whose node exporter reads *.prom")
}

func helpCopy() string {
	return `Usage: redis2cf copy -from redis://HOST:PORT/DB -to STORE [flags]

Brings keys from Redis to a store, or back: types, values and expiries to the
millisecond, large values in pieces. STORE is a store's URL, file:PATH or https://HOST
of a Worker, whose token is in $` + gateway.TokenVariable + `.

What somebody else has written at the destination stays, and is counted: -overwrite
replaces it. A copy that was ended, even by kill -9, goes on where it was when the same
command is given again: ` + checkpointFile + ` knows how far it is. -follow then goes on
with what changes at the source, which needs notify-keyspace-events KA there; Ctrl-C
ends it.

Flags:
` + flagList(copyFlags) + `
Environment:
  ` + fromVariable + `, ` + toVariable + `   the URLs, for those with a password

Examples:
  redis2cf copy -from redis://localhost:6379/0 -dry-run
  redis2cf copy -from redis://localhost:6379/0 -to file:cfstore.db
  ` + fromVariable + `=rediss://:PASSWORD@redis.example:6380 redis2cf copy -to https://shop.example.workers.dev
  redis2cf copy -from redis://localhost -to https://shop.example.workers.dev -match 'session:*' -rate 5000
  redis2cf copy -from redis://localhost -to https://shop.example.workers.dev -follow
  redis2cf copy -from https://shop.example.workers.dev -to redis://localhost -overwrite
`
}

func helpCompare() string {
	return `Usage: redis2cf compare -from redis://HOST:PORT/DB -to STORE [flags]

Holds two ends against each other, key by key: type, value and expiry, and whether one
has keys that the other does not. Keys that differ are looked at again, so that one
which is written in that moment does not count. Exit code 1 says that some differ.
The store remembers its last comparison (key ` + transfer.ComparedKey + `), for redis2cf cleanup; one
of some keys only (-match, -type) is remembered when it finds a difference.

Flags:
` + flagList(compareFlags) + `
Environment:
  ` + fromVariable + `, ` + toVariable + `   the URLs, for those with a password

Examples:
  redis2cf compare -from redis://localhost -to https://shop.example.workers.dev
  redis2cf compare -from redis://localhost -to file:cfstore.db -sample 0.01 -seed 7
  redis2cf compare -from redis://localhost -to file:cfstore.db -repair
`
}

// urls are the two ends.
func (t *transferOptions) urls(cmd string, args []string) (from, to string, err error) {
	if len(args) > 0 {
		return "", "", usagef(cmd, "%s takes no arguments: -from URL -to URL", cmd)
	}
	from, to = t.from, t.to
	if from == "" {
		from = os.Getenv(fromVariable)
	}
	if to == "" {
		to = os.Getenv(toVariable)
	}
	switch {
	case from == "":
		return "", "", usagef(cmd, "%s needs a source: -from redis://HOST:PORT/DB, or $%s", cmd, fromVariable)
	case to == "" && !t.dryRun:
		return "", "", usagef(cmd, "%s needs a destination: -to STORE, or $%s", cmd, toVariable)
	case from == to:
		return "", "", usagef(cmd, "the source and the destination are the same, %s", store.Redact(from))
	}
	return from, to, nil
}

// databases are the numbers of -db.
func (t *transferOptions) databases(ctx context.Context, cmd, from, to string) ([]int, error) {
	there, named := databaseOf(to)
	switch t.db {
	case "":
		if named && !transfer.IsRedis(from) {
			return []int{there}, nil // a store keeps the numbers that Redis had
		}
		n, _ := databaseOf(from)
		return []int{n}, nil
	case "all":
		if named {
			return nil, usagef(cmd, "-db all keeps the databases' numbers: leave /%d out of the destination's URL", there)
		}
		return transfer.Databases(ctx, from)
	}
	var out []int
	for _, s := range strings.Split(t.db, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil || n < 0 {
			return nil, usagef(cmd, "-db %s: a list of numbers such as 0,3, or all", t.db)
		}
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	if named && len(out) > 1 {
		return nil, usagef(cmd, "-db %s keeps the databases' numbers: leave /%d out of the destination's URL", t.db, there)
	}
	return out, nil
}

// databaseOf is the database that a Redis URL names; named is false where it names none,
// which is database 0.
func databaseOf(rawURL string) (n int, named bool) {
	u, err := url.Parse(rawURL)
	if err != nil || !transfer.IsRedis(rawURL) {
		return 0, false
	}
	text := u.Query().Get("db")
	if path := strings.Trim(u.Path, "/"); path != "" && u.Scheme != "unix" {
		text = path
	}
	n, err = strconv.Atoi(text) // go-redis refuses what is no number
	return n, err == nil
}

// ends opens both ends of a database.
func ends(ctx context.Context, from, to string, db int) (a, b transfer.End, err error) {
	if a, err = transfer.Open(ctx, from, db); err != nil {
		return nil, nil, fmt.Errorf("the source: %w", err)
	}
	at := db
	if n, named := databaseOf(to); named {
		at = n
	}
	if b, err = transfer.Open(ctx, to, at); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("the destination: %w", err), a.Close())
	}
	return a, b, nil
}

func runCopy(e *env, o *options) (int, error) {
	t := &o.transfer
	from, to, err := t.urls("copy", o.args)
	if err != nil {
		return exitError, err
	}
	dbs, err := t.databases(e.ctx, "copy", from, to)
	if err != nil {
		return exitError, err
	}
	if t.dryRun {
		return e.dryRun(o, from, dbs)
	}
	if t.follow && len(dbs) > 1 {
		return exitError, usagef("copy", "-follow is for one database; start one for each")
	}
	code := exitDone
	for _, db := range dbs {
		c, err := e.copyDatabase(t, from, to, db, len(dbs) > 1, o.force)
		if err != nil {
			return exitError, err
		}
		code = max(code, c)
	}
	return code, nil
}

func (e *env) copyDatabase(t *transferOptions, from, to string, db int, several, force bool) (int, error) {
	a, b, err := ends(e.ctx, from, to, db)
	if err != nil {
		return exitError, err
	}
	defer func() { _ = errors.Join(a.Close(), b.Close()) }() // what was written was answered
	if !force {
		would := "a copy would bring back keys that they have deleted"
		if t.overwrite {
			would = "-overwrite would replace it by what the other side has"
		}
		if err := t.overwrites(e.ctx, would, from, to); err != nil {
			return exitError, err
		}
	}
	file := t.checkpoint
	if several {
		file += "." + strconv.Itoa(db)
	}
	total, err := a.Size(e.ctx)
	if err != nil {
		return exitError, err
	}
	began := time.Now()
	o := transfer.CopyOptions{
		From: a, To: b, Match: t.match, Type: t.typ, Rate: t.rate, Overwrite: t.overwrite, Checkpoint: file,
		Progress: e.transferProgress("copying", total),
	}
	var n transfer.Counts
	if t.follow {
		ctx := context.WithoutCancel(e.ctx) // Ctrl-C is how it ends
		n, err = transfer.Follow(ctx, o, e.ctx.Done())
	} else {
		n, err = transfer.Copy(e.ctx, o)
	}
	e.ui.done()
	if err != nil {
		if n.Seen > 0 {
			fmt.Fprintf(e.stderr, "redis2cf: %s\n", copied(&n, time.Since(began)))
		}
		if errors.Is(err, context.Canceled) {
			return exitError, fmt.Errorf("interrupted; the same command goes on where it was (%s)", file)
		}
		if errors.Is(err, transfer.ErrOtherCopy) || n.Seen == 0 {
			return exitError, err
		}
		return exitError, fmt.Errorf("%w; the same command goes on where it was (%s)", err, file)
	}
	fmt.Fprintf(e.stdout, "database %d: %s\n", db, copied(&n, time.Since(began)))
	switch {
	case n.Kept > 0 && e.followed(to):
		fmt.Fprintf(e.stdout, "  %s written by programs meanwhile, whose changes are brought by themselves\n", were(n.Kept))
		n.Kept = 0
	case n.Kept > 0:
		have := keyCount(n.Kept) + " have other values"
		if n.Kept == 1 {
			have = "1 key has another value"
		}
		fmt.Fprintf(e.stdout, "  %s at the destination, which somebody else wrote, and that stays: redis2cf compare names the keys, -overwrite replaces them.\n", have)
	}
	for _, why := range n.Reasons() {
		fmt.Fprintf(e.stdout, "  %s not copied, such as %q: %s\n", keyCount(n.Refused[why]), n.Example[why], why)
	}
	if n.Left() > 0 {
		return exitDiff, nil
	}
	return exitDone, nil
}

// followed tells whether programs bring what they change in Redis to a store.
func (e *env) followed(to string) bool {
	if transfer.IsRedis(to) {
		return false
	}
	b, err := transfer.Open(e.ctx, to, 0)
	if err != nil {
		return false
	}
	defer b.Close() //nolint:errcheck // nothing was written
	s, err := phase.NewRecord(b).State(e.ctx)
	return err == nil && s.Has(phase.Redis) && s.Follower != ""
}

func were(n int64) string {
	if n == 1 {
		return "1 key was"
	}
	return fmt.Sprintf("%d keys were", n)
}

func keyCount(n int64) string {
	if n == 1 {
		return "1 key"
	}
	return fmt.Sprintf("%d keys", n)
}

func copied(n *transfer.Counts, took time.Duration) string {
	text := keyCount(n.Copied) + " copied"
	if n.Same > 0 {
		text += fmt.Sprintf(", %d were there", n.Same)
	}
	if n.Gone > 0 {
		text += fmt.Sprintf(", %d ended meanwhile", n.Gone)
	}
	if s := took.Seconds(); s >= 1 {
		text += fmt.Sprintf(", %.0f keys a second", float64(n.Seen)/s)
	}
	return text
}

// transferProgress shows how far a copy is; nil without a terminal.
func (e *env) transferProgress(what string, total int64) func(transfer.Counts) {
	if e.ui.to == nil {
		return nil
	}
	e.ui.done()
	e.ui.bar = progressbar.NewOptions64(max(total, 1),
		progressbar.OptionSetWriter(e.ui.to),
		progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(),
		progressbar.OptionShowIts(),
		progressbar.OptionSetItsString("keys"),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionClearOnFinish(),
	)
	return func(n transfer.Counts) { _ = e.ui.bar.Set64(min(n.Seen, total)) } // a terminal's fault is no reason to stop
}

func runCompare(e *env, o *options) (int, error) {
	t := &o.transfer
	from, to, err := t.urls("compare", o.args)
	if err != nil {
		return exitError, err
	}
	if t.sample <= 0 || t.sample > 1 {
		return exitError, usagef("compare", "-sample %v: a share above 0, up to 1", t.sample)
	}
	dbs, err := t.databases(e.ctx, "compare", from, to)
	if err != nil {
		return exitError, err
	}
	if t.repair && !o.force {
		if err := t.overwrites(e.ctx, "-repair would replace it by what the other side has", from, to); err != nil {
			return exitError, err
		}
	}
	if t.seed == 0 {
		t.seed = uint64(time.Now().UnixNano())
	}
	var sum transfer.Comparison
	var found compareMetrics
	for _, db := range dbs {
		c, err := e.compareDatabase(t, from, to, db, &sum, &found)
		if err != nil {
			return exitError, err
		}
		sum.Add(db, c)
	}
	if t.metrics != "" {
		if err := found.write(t.metrics, time.Now()); err != nil {
			return exitError, fmt.Errorf("-metrics: %w", err)
		}
	}
	e.note(t, &sum, from, to)
	if sum.Differ > 0 {
		return exitDiff, nil
	}
	return exitDone, nil
}

// note leaves the comparison in the store, where redis2cf cleanup looks for it. A part of
// the keys that is the same says nothing about the others, and is not noted.
func (e *env) note(t *transferOptions, sum *transfer.Comparison, urls ...string) {
	if (t.match != "" || t.typ != "") && sum.Differ == 0 {
		return
	}
	for _, url := range urls {
		if transfer.IsRedis(url) {
			continue
		}
		end, err := transfer.Open(e.ctx, url, 0)
		if err == nil {
			err = errors.Join(sum.Note(e.ctx, end), end.Close())
		}
		if err != nil { // a store that may only be read can be compared all the same
			e.warn("the comparison could not be noted in the store, and redis2cf cleanup will not know of it: %v", err)
		}
	}
}

func (e *env) compareDatabase(t *transferOptions, from, to string, db int, sum *transfer.Comparison, found *compareMetrics) (*transfer.Compared, error) {
	a, b, err := ends(e.ctx, from, to, db)
	if err != nil {
		return nil, err
	}
	sum.From, sum.To = a.Name(), b.Name()
	defer func() { _ = errors.Join(a.Close(), b.Close()) }() // nothing was written, or it was answered
	total, err := a.Size(e.ctx)
	if err != nil {
		return nil, err
	}
	o := transfer.CompareOptions{
		From: a, To: b, Match: t.match, Type: t.typ, Sample: t.sample, Seed: t.seed,
		Tolerance: t.tolerance, Rounds: t.rounds, Wait: t.wait, Repair: t.repair,
	}
	if show := e.transferProgress("comparing", total); show != nil {
		o.Progress = func(c transfer.Compared) { show(transfer.Counts{Seen: c.Keys + c.Skipped}) }
	}
	c, err := transfer.Compare(e.ctx, o)
	e.ui.done()
	if err != nil {
		return nil, err
	}
	found.add(a.Name(), b.Name(), db, &c)
	if err := e.writeDifferences(t, db, &c); err != nil {
		return nil, err
	}
	return &c, nil
}
