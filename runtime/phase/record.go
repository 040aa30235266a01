package phase

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// RecordKey is the key in database 0 of the store that has the phase. It is a hash:
//
//	phase, epoch       the phase, and a number that grows with every change of it
//	families           families of keys whose phases are not all the same, see writeFamilies;
//	                   phase is that of all other keys then
//	next, nextFamilies the phases that are being switched to, and the store's time in Unix
//	until              milliseconds after which a switch that was not committed is void
//	follower,          the process that follows, until when it may, and since when it has
//	followerEnd,
//	followerSince
//	followerLag        what the follower says of itself: how old the key was that it brought
//	                   last, how long the oldest waits, in µs, and how many marks are left
//	s:ID               what the process says of its load, see Load
//	p:ID, a:ID         when the lease of a process ends; the epoch of the switch for which
//	                   it has stopped
//	d:N                there are keys in database N
//	lease              how long leases are, in milliseconds
//
// It changes by scripts of this one key alone, which use the store's clock: whatever two
// processes do at the same time, one of them comes first.
const RecordKey = prefix + "phase"

// ErrGone says that a store no longer has the record that it had.
var ErrGone = errors.New("the store has lost its phase")

// A Record is the phase of a store, kept there.
type Record struct{ end value.End }

// NewRecord returns the record of a store: database 0 of it.
func NewRecord(end value.End) *Record { return &Record{end} }

// head begins each script: what time it is, and that an unfinished switch whose time is
// over is none.
const head = `local k = KEYS[1]
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local phase = redis.call('HGET', k, 'phase')
local next = redis.call('HGET', k, 'next') or ''
if next ~= '' and tonumber(redis.call('HGET', k, 'until')) < now then
  redis.call('HDEL', k, 'next', 'nextFamilies', 'until')
  redis.call('HINCRBY', k, 'epoch', 1)
  next = ''
end
`

// renew: the process, its lease in ms, the epoch for which it has stopped or "", whether it
// would follow, whether it has seen the record before, what a follower says of itself, and
// the process of its load.
const renewScript = head + `if not phase then
  if ARGV[5] == '1' then return redis.error_reply('GONE') end
  phase = 'redis'
  redis.call('HSET', k, 'phase', phase, 'epoch', 1)
end
redis.call('HSET', k, 'p:' .. ARGV[1], now + ARGV[2], 'lease', ARGV[2])
if ARGV[3] ~= '' then redis.call('HSET', k, 'a:' .. ARGV[1], ARGV[3]) end
if ARGV[7] ~= '' then redis.call('HSET', k, 's:' .. ARGV[1], ARGV[7]) end
local f = redis.call('HGET', k, 'follower')
if ARGV[4] == '1' and (not f or f == ARGV[1] or tonumber(redis.call('HGET', k, 'followerEnd')) < now) then
  if f ~= ARGV[1] then
    local since = now
    if not f then since = 0 end
    redis.call('HSET', k, 'follower', ARGV[1], 'followerSince', since)
    redis.call('HDEL', k, 'followerLag')
    f = ARGV[1]
  end
  redis.call('HSET', k, 'followerEnd', now + ARGV[2])
  if ARGV[6] ~= '' then redis.call('HSET', k, 'followerLag', ARGV[6]) end
end
local since = -1
if f == ARGV[1] then since = now - redis.call('HGET', k, 'followerSince') end
return {phase, tonumber(redis.call('HGET', k, 'epoch')), next, since, redis.call('HGET', k, 'families') or ''}`

// leave: the process.
const leaveScript = `local k = KEYS[1]
redis.call('HDEL', k, 'p:' .. ARGV[1], 'a:' .. ARGV[1], 's:' .. ARGV[1])
if redis.call('HGET', k, 'follower') == ARGV[1] then redis.call('HDEL', k, 'follower', 'followerEnd', 'followerSince', 'followerLag') end
return 1`

// begin: the phase to switch to, for how many ms, and the families.
const beginScript = head + `if not phase then
  phase = 'redis'
  redis.call('HSET', k, 'phase', phase, 'epoch', 1)
end
if next ~= '' then return redis.error_reply('UNDERWAY ' .. next) end
redis.call('HSET', k, 'next', ARGV[1], 'nextFamilies', ARGV[3], 'until', now + ARGV[2])
local all = redis.call('HKEYS', k)
for _, f in ipairs(all) do
  local kind = string.sub(f, 1, 2)
  if kind == 'a:' then redis.call('HDEL', k, f) end
  if kind == 'p:' and redis.call('HGET', k, f) + 600000 < now then redis.call('HDEL', k, f, 's:' .. string.sub(f, 3)) end
end
return redis.call('HINCRBY', k, 'epoch', 1)`

// end: the epoch of the switch, and whether it is committed.
const endScript = head + `if next == '' or redis.call('HGET', k, 'epoch') ~= ARGV[1] then return 0 end
if ARGV[2] == '1' then
  redis.call('HSET', k, 'phase', next, 'families', redis.call('HGET', k, 'nextFamilies') or '')
end
redis.call('HDEL', k, 'next', 'nextFamilies', 'until')
redis.call('HINCRBY', k, 'epoch', 1)
return 1`

// A State is what the record says at one moment.
type State struct {
	Phase     Phase    // of all keys but those of Families
	Families  []Family // none where all keys are in one phase
	Epoch     int64
	Next      Phase         // being switched to; "" is none
	NextOf    []Family      // the families' part of that
	Until     time.Duration // from now, until the switch is void
	Processes []Process     // sorted by ID
	Follower  string        // the process that follows; "" is nobody
	Databases []int         // those that were written
	Lease     time.Duration // of a process, from its renewal
	// What the follower has said of itself with its last lease: Lag is how old the key
	// was that it brought last, Waiting for how long the oldest waited that was not
	// brought, Left how many marks there were. See Stats.
	Lag, Waiting time.Duration
	Left         int64
}

// Of is the phase of a key.
func (s *State) Of(key string) Phase { return newDivision(s.Phase, s.Families).of(key) }

// PhaseOf is the phase of the keys of a pattern, as far as they are all in one.
func (s *State) PhaseOf(pattern string) Phase {
	for _, f := range s.Families {
		if f.Pattern == pattern {
			return f.Phase
		}
	}
	return s.Of(shortest(pattern))
}

// Has tells whether some keys may be in a phase.
func (s *State) Has(p Phase) bool { return newDivision(s.Phase, s.Families).has(p) }

// All tells whether all keys are in a phase.
func (s *State) All(p Phase) bool { return newDivision(s.Phase, s.Families).all(p) }

// Text says in which phase which keys are, as people read it: "redis, Session cloudflare".
func (s *State) Text() string { return newDivision(s.Phase, s.Families).String() }

// A Process is a program that uses both sides.
type Process struct {
	ID    string
	Lease time.Duration // what is left; negative where it is over
	Ready int64         // the epoch for which it has stopped writing
	Load  *Load         // what it says of itself; nil is nothing yet
}

// renewed is what a process learns with its lease.
type renewed struct {
	phases *division
	epoch  int64
	next   Phase
	follow time.Duration // since when the process follows; negative: it does not
}

func (r *Record) eval(ctx context.Context, script string, args ...string) (resp.Reply, error) {
	v, err := value.One(ctx, r.end, append([]string{"EVAL", script, "1", RecordKey}, args...)...)
	var refused *value.ReplyError
	if errors.As(err, &refused) && strings.Contains(refused.Text, "GONE") {
		return v, fmt.Errorf("%s: %w: key %s was deleted; stop the programs and write it again with redis2cf phase", r.end.Name(), ErrGone, RecordKey)
	}
	if err != nil {
		return v, fmt.Errorf("%s: the record of its phase: %w", r.end.Name(), err)
	}
	return v, nil
}

func digit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

func (r *Record) renew(ctx context.Context, id string, lease time.Duration, stopped int64, follow, known bool, lag, load string) (out renewed, err error) {
	ready := ""
	if stopped > 0 {
		ready = strconv.FormatInt(stopped, 10)
	}
	v, err := r.eval(ctx, renewScript, id, strconv.FormatInt(lease.Milliseconds(), 10), ready, digit(follow), digit(known), lag, load)
	if err != nil {
		return out, err
	}
	if len(v.Elems) != 5 {
		return out, fmt.Errorf("%s: the record of its phase was answered with something else", r.end.Name())
	}
	rest, err := Parse(value.Text(v.Elems[0]))
	if err != nil {
		return out, fmt.Errorf("%s: the record of its phase: %w", r.end.Name(), err)
	}
	families, err := readFamilies(value.Text(v.Elems[4]))
	if err != nil {
		return out, fmt.Errorf("%s: the record of its phase: %w", r.end.Name(), err)
	}
	out.phases = newDivision(rest, families)
	out.epoch = v.Elems[1].Int
	out.next = Phase(value.Text(v.Elems[2]))
	out.follow = time.Duration(v.Elems[3].Int) * time.Millisecond
	return out, nil
}

func (r *Record) leave(ctx context.Context, id string) error {
	_, err := r.eval(ctx, leaveScript, id)
	return err
}

// begin begins a switch and returns its epoch.
func (r *Record) begin(ctx context.Context, to *division, limit time.Duration) (int64, error) {
	v, err := r.eval(ctx, beginScript, string(to.rest), strconv.FormatInt(limit.Milliseconds(), 10), writeFamilies(to.families))
	if err != nil {
		var refused *value.ReplyError
		if errors.As(err, &refused) && strings.Contains(refused.Text, "UNDERWAY") {
			return 0, fmt.Errorf("%s: a switch to %q is under way; wait until it has ended", r.end.Name(), refused.Text[strings.LastIndexByte(refused.Text, ' ')+1:])
		}
		return 0, err
	}
	return v.Int, nil
}

// end commits or aborts the switch of an epoch. Not done is that its time was over.
func (r *Record) finish(ctx context.Context, epoch int64, commit bool) (done bool, err error) {
	v, err := r.eval(ctx, endScript, strconv.FormatInt(epoch, 10), digit(commit))
	return v.Int == 1, err
}

// addDatabase notes that a database has keys.
func (r *Record) addDatabase(ctx context.Context, db int) error {
	_, err := value.One(ctx, r.end, "HSET", RecordKey, "d:"+strconv.Itoa(db), "1")
	return err
}

// State reads the record. A store without one has the zero State.
func (r *Record) State(ctx context.Context) (s State, err error) {
	replies, err := r.end.Do(ctx, []resp.Command{{"TIME"}, {"HGETALL", RecordKey}})
	if err != nil {
		return s, fmt.Errorf("%s: %w", r.end.Name(), err)
	}
	for _, v := range replies {
		if v.Kind == resp.Error {
			return s, fmt.Errorf("%s: the record of its phase: %s", r.end.Name(), v.Str)
		}
	}
	t := value.Texts(replies[0])
	if len(t) != 2 {
		return s, fmt.Errorf("%s: TIME was answered with something else", r.end.Name())
	}
	sec, _ := strconv.ParseInt(t[0], 10, 64)
	us, _ := strconv.ParseInt(t[1], 10, 64)
	now := sec*1000 + us/1000
	left := func(ms string) time.Duration {
		n, _ := strconv.ParseInt(ms, 10, 64)
		return time.Duration(n-now) * time.Millisecond
	}
	ready, load := map[string]int64{}, map[string]*Load{}
	followerEnd := time.Duration(0)
	words := value.Texts(replies[1])
	for i := 0; i+1 < len(words); i += 2 {
		name, v := words[i], words[i+1]
		switch {
		case name == "phase":
			if s.Phase, err = Parse(v); err != nil {
				return s, err
			}
		case name == "families":
			if s.Families, err = readFamilies(v); err != nil {
				return s, fmt.Errorf("%s: the record of its phase: %w", r.end.Name(), err)
			}
		case name == "nextFamilies":
			if s.NextOf, err = readFamilies(v); err != nil {
				return s, fmt.Errorf("%s: the record of its phase: %w", r.end.Name(), err)
			}
		case name == "epoch":
			s.Epoch, _ = strconv.ParseInt(v, 10, 64)
		case name == "next":
			s.Next = Phase(v)
		case name == "until":
			s.Until = left(v)
		case name == "lease":
			ms, _ := strconv.ParseInt(v, 10, 64)
			s.Lease = time.Duration(ms) * time.Millisecond
		case name == "follower":
			s.Follower = v
		case name == "followerLag":
			var lag, waiting int64
			if _, err := fmt.Sscan(v, &lag, &waiting, &s.Left); err == nil {
				s.Lag, s.Waiting = time.Duration(lag)*time.Microsecond, time.Duration(waiting)*time.Microsecond
			}
		case name == "followerEnd":
			followerEnd = left(v)
		case strings.HasPrefix(name, "p:"):
			s.Processes = append(s.Processes, Process{ID: name[2:], Lease: left(v)})
		case strings.HasPrefix(name, "s:"):
			load[name[2:]] = readLoad(v)
		case strings.HasPrefix(name, "a:"):
			ready[name[2:]], _ = strconv.ParseInt(v, 10, 64)
		case strings.HasPrefix(name, "d:"):
			if n, err := strconv.Atoi(name[2:]); err == nil {
				s.Databases = append(s.Databases, n)
			}
		}
	}
	if s.Next != "" && s.Until < 0 {
		s.Next, s.NextOf, s.Until = "", nil, 0
	}
	if followerEnd < 0 {
		s.Follower, s.Lag, s.Waiting, s.Left = "", 0, 0, 0
	}
	for i := range s.Processes {
		s.Processes[i].Ready, s.Processes[i].Load = ready[s.Processes[i].ID], load[s.Processes[i].ID]
	}
	if s.Lease <= 0 {
		s.Lease = DefaultLease
	}
	sort.Slice(s.Processes, func(i, j int) bool { return s.Processes[i].ID < s.Processes[j].ID })
	sort.Ints(s.Databases)
	if len(s.Databases) == 0 {
		s.Databases = []int{0}
	}
	return s, nil
}
