package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/transfer"
	"github.com/redis2cf/redis2cf/runtime/phase"
	"github.com/redis2cf/redis2cf/runtime/store/gateway"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// redisVariable is runtime/dual's: where a program that moves finds Redis.
const redisVariable = "CFSTORE_REDIS"

// phaseOptions are the flags of phase.
type phaseOptions struct {
	redis  string
	family string
	limit  time.Duration
	force  bool
}

func phaseFlags(fs *flag.FlagSet, o *options) {
	dirFlags(fs, o)
	p := &o.phase
	fs.StringVar(&p.redis, "redis", "", "Redis, a `URL`: redis://HOST:PORT (default: $"+redisVariable+")")
	fs.StringVar(&p.family, "family", "", "switch only these families of redis2cf.yaml, `NAMES` with commas between")
	fs.DurationVar(&p.limit, "limit", phase.DefaultLimit, "a switch that takes longer than `TIME` is void, and the old phase goes on")
	fs.BoolVar(&p.force, "force", false, "switch although one side has what the other does not: redis to cloudflare before everything was copied, only to cloudflare, redis to only")
}

func helpPhase() string {
	return `Usage: redis2cf phase [flags] STORE [PHASE]

While data moves, one side is the truth and the other follows. Without PHASE it prints
which phase the store is in and which programs use it; with PHASE it switches all of
them at once:

  redis        commands go to Redis, the store follows
  cloudflare   commands go to the store, Redis follows: the way back is open
  only         the store alone; Redis is not used any more

A switch is a barrier: every program stops writing, what changed is brought to the other
side, then all go on in the new phase. Commands that come meanwhile wait, a second or so.
A program that does not answer is waited for until its lease is over (15 s), and is
refused its writes from then on. When a switch fails, or Ctrl-C ends it, the old phase
goes on. STORE is the store's URL as programs have it, with or without dual: before it.

Families may go one by one: -family switches those and leaves the others where they are.
Without it all go but those that are in phase only already, and none farther than
redis2cf.yaml here (or in -C DIR) says with "phase: redis" or "phase: cloudflare";
"phase: only", which is the default, says nothing.
While families are in different phases, a transaction, script or command with several
keys may only have keys of one side: CROSSPHASE is the error of others. Families that
meet so go together.

Flags:
` + flagList(phaseFlags) + `
Environment:
  ` + redisVariable + `   Redis's URL, as the programs have it
  ` + gateway.TokenVariable + `   the token of a Worker

Examples:
  redis2cf phase https://shop.example.workers.dev
  redis2cf phase https://shop.example.workers.dev redis
  redis2cf phase -redis redis://localhost:6379 https://shop.example.workers.dev cloudflare
  redis2cf phase -family Cache,Session https://shop.example.workers.dev cloudflare
  redis2cf phase https://shop.example.workers.dev only
`
}

func runPhase(e *env, o *options) (int, error) {
	p := &o.phase
	if len(o.args) == 0 || len(o.args) > 2 {
		return exitError, usagef("phase", "phase takes a store's URL and, to switch, the name of a phase")
	}
	url := storeURL(o.args[0])
	if transfer.IsRedis(url) {
		return exitError, usagef("phase", "the phase is kept in the store, not in Redis: phase -redis redis://HOST:PORT STORE PHASE")
	}
	stores := &databases{ctx: e.ctx, url: url, what: "the store"}
	defer stores.close()
	if len(o.args) == 1 {
		s, err := stores.open(0)
		if err != nil {
			return exitError, err
		}
		state, err := phase.NewRecord(s).State(e.ctx)
		if err != nil {
			return exitError, err
		}
		return exitDone, writeState(e.stdout, s.Name(), &state)
	}
	to, err := phase.Parse(o.args[1])
	if err != nil {
		return exitError, usagef("phase", "%v", err)
	}
	redisURL := p.redis
	if redisURL == "" {
		redisURL = os.Getenv(redisVariable)
	}
	redis := &databases{ctx: e.ctx, url: redisURL, what: "Redis"}
	defer redis.close()
	if redisURL == "" && to != phase.Only {
		return exitError, usagef("phase", "to switch, Redis's URL is needed: -redis redis://HOST:PORT, or $%s", redisVariable)
	}
	rest, families, err := e.divide(o, stores, to)
	if err != nil {
		return exitError, err
	}
	if !p.force && to != phase.Redis && redisURL != "" {
		if err := e.leavesRedis(stores, redis, to, rest, families); err != nil {
			return exitError, err
		}
	}
	last := ""
	err = phase.Switch(e.ctx, phase.SwitchOptions{
		Redis: redis.open, Store: stores.open, To: rest, Families: families, Limit: p.limit, Force: p.force,
		Progress: func(what string) {
			if what != last {
				last = what
				fmt.Fprintf(e.stderr, "redis2cf: %s\n", what)
			}
		},
	})
	if errors.Is(err, context.Canceled) {
		return exitError, errors.New("interrupted; the old phase goes on")
	}
	if err != nil {
		return exitError, err
	}
	fmt.Fprintf(e.stdout, "phase %s\n", rest)
	return exitDone, writeFamilies(e.stdout, rest, families)
}

// leavesRedis refuses a switch of keys to the store that may not be there.
func (e *env) leavesRedis(stores, redis *databases, to, rest phase.Phase, families []phase.Family) error {
	end, err := stores.open(0)
	if err != nil {
		return err
	}
	state, err := phase.NewRecord(end).State(e.ctx)
	if err != nil || !state.Has(phase.Redis) && state.Phase != "" {
		return err
	}
	leaves := rest != phase.Redis && (state.Phase == phase.Redis || state.Phase == "")
	for _, f := range families {
		now := state.PhaseOf(f.Pattern)
		leaves = leaves || f.Phase != phase.Redis && (now == phase.Redis || now == "")
	}
	if !leaves || to == phase.Only { // which is no step from redis
		return nil
	}
	return e.copied(stores, redis)
}

// divide says which keys a switch takes to which phase: those of -family, or all as far as
// the plan lets them go.
func (e *env) divide(o *options, stores *databases, to phase.Phase) (rest phase.Phase, families []phase.Family, err error) {
	p, err := plan.Read(filepath.Join(dirOr(o.dir), plan.FileName))
	switch {
	case errors.Is(err, fs.ErrNotExist) && o.phase.family == "":
		return to, nil, nil
	case errors.Is(err, fs.ErrNotExist):
		return "", nil, fmt.Errorf("-family: there is no %s here, which says what the families are; -C names the module", plan.FileName)
	case err != nil:
		return "", nil, err
	}
	end, err := stores.open(0)
	if err != nil {
		return "", nil, err
	}
	state, err := phase.NewRecord(end).State(e.ctx)
	if err != nil {
		return "", nil, err
	}
	if state.Phase == "" {
		state.Phase = phase.Redis
	}
	if o.phase.family == "" {
		for _, f := range p.Families {
			limit, err := phase.Parse(f.Phase)
			switch {
			case err != nil:
				return "", nil, err
			case state.PhaseOf(f.Pattern) == phase.Only && !o.phase.force:
				limit = phase.Only // what only the store has does not come back by the way
			case to.Before(limit):
				limit = to
			}
			families = append(families, phase.Family{Name: f.Name, Pattern: f.Pattern, Phase: limit})
		}
		return to, families, nil
	}
	wanted := map[string]bool{}
	for _, name := range strings.Split(o.phase.family, ",") {
		wanted[strings.TrimSpace(name)] = true
	}
	for _, f := range p.Families {
		now := state.PhaseOf(f.Pattern)
		if wanted[f.Name] || wanted[f.Pattern] {
			now = to
			delete(wanted, f.Name)
			delete(wanted, f.Pattern)
		}
		families = append(families, phase.Family{Name: f.Name, Pattern: f.Pattern, Phase: now})
	}
	for name := range wanted {
		names := make([]string, len(p.Families))
		for i, f := range p.Families {
			names[i] = f.Name
		}
		return "", nil, fmt.Errorf("-family: %s has no family %q; there are %s", plan.FileName, name, strings.Join(names, ", "))
	}
	return state.Phase, families, nil
}

// writeFamilies prints the families that are in another phase than the rest.
func writeFamilies(w io.Writer, rest phase.Phase, families []phase.Family) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	head := false
	for _, f := range families {
		if f.Phase == rest {
			continue
		}
		if !head {
			head = true
			fmt.Fprintln(t, "\nFAMILY\tPATTERN\tPHASE")
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", f.Name, f.Pattern, f.Phase)
	}
	return t.Flush()
}

// databases opens the databases of an end, once each.
type databases struct {
	ctx  context.Context
	url  string
	what string
	ends map[int]transfer.End
}

func (d *databases) open(db int) (value.End, error) {
	if e := d.ends[db]; e != nil {
		return e, nil
	}
	e, err := transfer.Open(d.ctx, d.url, db)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.what, err)
	}
	if d.ends == nil {
		d.ends = map[int]transfer.End{}
	}
	d.ends[db] = e
	return e, nil
}

func (d *databases) close() {
	for _, e := range d.ends {
		_ = e.Close() // what was written was answered
	}
}

// writeState prints what a store's record says.
func writeState(w io.Writer, name string, s *phase.State) error {
	if s.Phase == "" {
		_, err := fmt.Fprintf(w, "%s has no phase: no program has used it together with Redis\n", name)
		return err
	}
	fmt.Fprintf(w, "phase %s, epoch %d\n", s.Phase, s.Epoch)
	if err := writeFamilies(w, s.Phase, s.Families); err != nil {
		return err
	}
	if s.Next != "" {
		fmt.Fprintf(w, "a switch to %s is under way, void in %v\n", s.Next, s.Until.Round(time.Second))
	}
	if len(s.Processes) == 0 {
		_, err := fmt.Fprintln(w, "no program uses it")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nPROGRAM\tLEASE\t")
	for _, p := range s.Processes {
		lease := p.Lease.Round(100 * time.Millisecond).String()
		if p.Lease < 0 {
			lease = "over"
		}
		follows := ""
		if p.ID == s.Follower {
			follows = "follows"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", p.ID, lease, follows)
	}
	return t.Flush()
}
