package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/transfer"
	"github.com/redis2cf/redis2cf/runtime/phase"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/gateway"
)

// statusOptions are the flags of status.
type statusOptions struct {
	redis    string
	json     bool
	families bool
	watch    time.Duration
}

func statusFlags(fs *flag.FlagSet, o *options) {
	s := &o.status
	dirFlags(fs, o)
	fs.StringVar(&s.redis, "redis", "", "Redis, a `URL`: redis://HOST:PORT (default: $"+redisVariable+"); without it what Redis has is not shown")
	fs.BoolVar(&s.json, "json", false, "print JSON, one object a look")
	fs.BoolVar(&s.families, "families", false, "count the keys of each family of redis2cf.yaml, which reads every key's type")
	fs.DurationVar(&s.watch, "watch", 0, "look again each `TIME`, such as 2s, until Ctrl-C")
}

func helpStatus() string {
	return `Usage: redis2cf status [flags] STORE

How far a move is: the phase, the programs that take part and their leases, who follows
and how far behind, the changes that the other side does not have yet, and how many keys
both sides have. It changes nothing. Each look is a few requests of a Worker.

The changes that are left are marks at the truth, Redis in phase redis, so they need
Redis's URL there. LAG is how old the change was that was brought last, WAITING for how
long the oldest one waits; both are what the follower said with its last lease. So does
each program say what it has run in the seconds before, how long that took, and what
runtime/fault has done for it.

Of a Worker it also shows what its objects have used since they were started, which is
what Cloudflare bills, and with -watch what a month costs at the rate between two looks.

Flags:
` + flagList(statusFlags) + `
Environment:
  ` + redisVariable + `   Redis's URL, as the programs have it
  ` + gateway.TokenVariable + `   the token of a Worker

Examples:
  redis2cf status https://shop.example.workers.dev
  redis2cf status -watch 2s -redis redis://localhost:6379 https://shop.example.workers.dev
  redis2cf status -json file:cfstore.db | jq .marks
`
}

// A status is how far a move is. Times are in milliseconds.
type status struct {
	Store     string           `json:"store"`
	Time      time.Time        `json:"time"`
	Phase     phase.Phase      `json:"phase"`                  // "" is none
	Apart     []statusPhase    `json:"familyPhases,omitempty"` // of the families that are not all in that phase
	Epoch     int64            `json:"epoch"`
	Next      phase.Phase      `json:"next,omitempty"` // being switched to
	Until     int64            `json:"until,omitempty"`
	Programs  []statusProgram  `json:"programs"`
	Follower  *statusFollower  `json:"follower"`
	Marks     *int64           `json:"marks"` // null: the truth is Redis, and its URL is not known
	Databases []statusDatabase `json:"databases"`
	Families  []statusFamily   `json:"families,omitempty"`
	Compared  *statusCompared  `json:"compared"` // null: never
	Used      []statusUsed     `json:"used,omitempty"`
	Month     *float64         `json:"month,omitempty"` // dollars at the rate since the look before
}

type statusProgram struct {
	ID    string      `json:"id"`
	Lease int64       `json:"lease"` // what is left; negative: over
	Ready bool        `json:"ready"` // it has stopped for the switch
	Load  *statusLoad `json:"load"`  // what it says of the last seconds; null: nothing yet
}

type statusFollower struct {
	ID      string `json:"id"`
	Lag     int64  `json:"lag"`
	Waiting int64  `json:"waiting"`
}

type statusDatabase struct {
	Database int    `json:"database"`
	Store    int64  `json:"store"` // keys
	Redis    *int64 `json:"redis"` // null: not asked
	Marks    *int64 `json:"marks"`
}

type statusFamily struct {
	Pattern string   `json:"pattern"` // "" is none of the plan's
	Types   []string `json:"types"`
	Keys    int64    `json:"keys"`
}

// statusPhase is the phase of a family that may have another one than the rest.
type statusPhase struct {
	Name    string      `json:"name"`
	Pattern string      `json:"pattern"`
	Phase   phase.Phase `json:"phase"`
}

func runStatus(e *env, o *options) (int, error) {
	s := &o.status
	if len(o.args) != 1 {
		return exitError, usagef("status", "status takes a store's URL")
	}
	at := storeURL(o.args[0])
	if transfer.IsRedis(at) {
		return exitError, usagef("status", "the phase is kept in the store, not in Redis: status -redis redis://HOST:PORT STORE")
	}
	if s.watch < 0 {
		return exitError, usagef("status", "-watch %v: a time such as 2s", s.watch)
	}
	if s.redis == "" {
		s.redis = os.Getenv(redisVariable)
	}
	stores := &databases{ctx: e.ctx, url: at, what: "the store"}
	defer stores.close()
	var redis *databases
	if s.redis != "" {
		redis = &databases{ctx: e.ctx, url: s.redis, what: "Redis"}
		defer redis.close()
	}
	var before *status
	for first := true; ; first = false {
		st, err := e.status(o, stores, redis)
		if errors.Is(err, context.Canceled) && s.watch > 0 {
			return exitDone, nil
		}
		if err != nil {
			return exitError, err
		}
		if dollars, ok := month(before, st); ok {
			st.Month = &dollars
		}
		before = st
		if s.json {
			err = json.NewEncoder(e.stdout).Encode(st)
		} else {
			if !first {
				fmt.Fprintln(e.stdout)
			}
			err = st.write(e.stdout, s.watch > 0)
		}
		if err != nil || s.watch == 0 {
			return exitDone, err
		}
		select {
		case <-e.ctx.Done():
			return exitDone, nil
		case <-time.After(s.watch):
		}
	}
}

// storeURL is the URL of the store itself, of one that a program has with what stands
// before it and its settings: fault:dual:https://…?dual-lease=5s.
func storeURL(raw string) string {
	for _, before := range []string{"fault:", "dual:"} {
		raw = strings.TrimPrefix(raw, before)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return raw // opening it says what is wrong
	}
	q := u.Query()
	for name := range q {
		if strings.HasPrefix(name, "fault-") || strings.HasPrefix(name, "dual-") {
			q.Del(name)
		}
	}
	if len(q) == len(u.Query()) {
		return raw
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// status looks once.
func (e *env) status(o *options, stores, redis *databases) (*status, error) {
	end, err := stores.open(0)
	if err != nil {
		return nil, err
	}
	state, err := phase.NewRecord(end).State(e.ctx)
	if err != nil {
		return nil, err
	}
	st := &status{
		Store: end.Name(), Time: time.Now().UTC().Truncate(time.Millisecond),
		Phase: state.Phase, Epoch: state.Epoch, Next: state.Next, Until: state.Until.Milliseconds(), Programs: []statusProgram{},
	}
	for _, p := range state.Processes {
		st.Programs = append(st.Programs, statusProgram{p.ID, p.Lease.Milliseconds(), state.Next != "" && p.Ready == state.Epoch, loadOf(p.Load)})
	}
	if state.Follower != "" {
		st.Follower = &statusFollower{state.Follower, state.Lag.Milliseconds(), state.Waiting.Milliseconds()}
	}
	for _, f := range state.Families {
		st.Apart = append(st.Apart, statusPhase{f.Name, f.Pattern, f.Phase})
	}
	if redis != nil {
		// A look at a move must not fail with one of its sides.
		if _, err := e.keys(redis, 0); err != nil && e.ctx.Err() == nil {
			e.warn("what Redis has is not shown: %v", err)
			redis = nil
		}
	}
	truth := stores
	if state.Phase == phase.Redis {
		truth = redis // nil: not known
	}
	truths := []*databases{truth}
	switch {
	case truth == stores && state.Has(phase.Redis):
		truths = append(truths, redis)
	case truth == redis && state.Has(phase.Cloudflare):
		truths = append(truths, stores)
	}
	known := !slices.Contains(truths, nil)
	marks := int64(0)
	for _, db := range state.Databases {
		d := statusDatabase{Database: db}
		if d.Store, err = e.keys(stores, db); err != nil {
			return nil, err
		}
		if redis != nil {
			n, err := e.keys(redis, db)
			if err != nil {
				return nil, err
			}
			d.Redis = &n
		}
		if known {
			left := int64(0)
			for _, t := range truths {
				end, err := t.open(db)
				if err != nil {
					return nil, err
				}
				n, err := phase.Marks(e.ctx, end)
				if err != nil {
					return nil, err
				}
				left += n
			}
			d.Marks = &left
			marks += left
		}
		st.Databases = append(st.Databases, d)
	}
	if known {
		st.Marks = &marks
	}
	if o.status.families {
		if truth == nil {
			return nil, usagef("status", "-families counts at the truth, which is Redis: -redis redis://HOST:PORT, or $%s", redisVariable)
		}
		if st.Families, err = e.familyCounts(o, truth, state.Databases); err != nil {
			return nil, err
		}
	}
	if st.Compared, err = e.compared(stores.ends[0]); err != nil {
		return nil, err
	}
	st.Used, err = e.used(stores.ends[0])
	return st, err
}

// keys is how many keys a database has, without those of the move itself.
func (e *env) keys(d *databases, db int) (int64, error) {
	end, err := d.open(db)
	if err != nil {
		return 0, err
	}
	replies, err := end.Do(e.ctx, []resp.Command{{"DBSIZE"}, append(resp.Command{"EXISTS", transfer.ComparedKey}, phase.OwnKeys...)})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", end.Name(), err)
	}
	for _, r := range replies {
		if r.Kind == resp.Error {
			return 0, fmt.Errorf("%s: %s", end.Name(), r.Str)
		}
	}
	return replies[0].Int - replies[1].Int, nil
}

// familyCounts counts the keys of the plan's families at the truth.
func (e *env) familyCounts(o *options, truth *databases, dbs []int) ([]statusFamily, error) {
	p, err := plan.Read(filepath.Join(dirOr(o.dir), plan.FileName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("-families: there is no %s here; -C names the module", plan.FileName)
	}
	if err != nil {
		return nil, err
	}
	router := p.Router()
	groups := map[string]*transfer.Group{}
	for _, db := range dbs {
		if _, err := truth.open(db); err != nil {
			return nil, err
		}
		s, err := transfer.Survey(e.ctx, transfer.SurveyOptions{From: truth.ends[db], Label: func(key, _ string) string {
			if f := router.Of(key); f != nil {
				return f.Pattern
			}
			return ""
		}})
		if err != nil {
			return nil, err
		}
		for name, g := range s.Groups {
			if groups[name] == nil {
				groups[name] = g
			} else {
				add(groups[name], g)
			}
		}
	}
	out := []statusFamily{}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		g := groups[name]
		out = append(out, statusFamily{name, slices.Sorted(maps.Keys(g.Types)), g.Keys})
	}
	return out, nil
}

// write prints a status for people.
func (st *status) write(w io.Writer, stamped bool) error {
	if stamped {
		fmt.Fprintln(w, st.Time.Format(time.TimeOnly))
	}
	if st.Phase == "" {
		fmt.Fprintf(w, "%s has no phase: no program has used it together with Redis\n", st.Store)
	} else {
		fmt.Fprintf(w, "%s: phase %s, epoch %d\n", st.Store, st.Phase, st.Epoch)
	}
	for _, f := range st.Apart {
		if f.Phase != st.Phase {
			fmt.Fprintf(w, "family %s (%s): phase %s\n", f.Name, f.Pattern, f.Phase)
		}
	}
	if st.Next != "" {
		fmt.Fprintf(w, "a switch to %s is under way, void in %v\n", st.Next, ms(st.Until).Round(time.Second))
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(st.Programs) > 0 {
		fmt.Fprintln(t, "\nPROGRAM\tLEASE\tFOLLOWS\tLAG\tWAITING")
	} else if st.Phase != "" {
		fmt.Fprintln(t, "no program uses it")
	}
	for _, p := range st.Programs {
		lease, follows, lag, waiting := ms(p.Lease).Round(100*time.Millisecond).String(), "-", "-", "-"
		if p.Lease < 0 {
			lease = "over"
		}
		if p.Ready {
			lease += ", has stopped"
		}
		if f := st.Follower; f != nil && f.ID == p.ID {
			follows, lag, waiting = "yes", ms(f.Lag).String(), ms(f.Waiting).String()
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", p.ID, lease, follows, lag, waiting)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if err := st.writeLoads(w); err != nil {
		return err
	}
	right := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(right, "\nDATABASE\tKEYS IN STORE\tKEYS IN REDIS\tCHANGES LEFT\t")
	for _, d := range st.Databases {
		fmt.Fprintf(right, "%d\t%d\t%s\t%s\t\n", d.Database, d.Store, orUnknown(d.Redis), orUnknown(d.Marks))
	}
	if err := right.Flush(); err != nil {
		return err
	}
	if err := st.writeFamilies(w); err != nil {
		return err
	}
	return st.writeMore(w)
}

func (st *status) writeFamilies(w io.Writer) error {
	if st.Families == nil {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nFAMILY\tTYPES\tKEYS")
	for _, f := range st.Families {
		name := f.Pattern
		if name == "" {
			name = "(no family)"
		}
		fmt.Fprintf(t, "%s\t%s\t%d\n", name, strings.Join(f.Types, ","), f.Keys)
	}
	return t.Flush()
}

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

func orUnknown(n *int64) string {
	if n == nil {
		return "?"
	}
	return fmt.Sprint(*n)
}
