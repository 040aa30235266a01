package object

import (
	"cmp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/worker"
)

// defaultMemory is Config.MemoryBytes when it is 0.
const defaultMemory = 48 << 20

// Options are an Instance's settings beside the project's.
type Options struct {
	// Log takes a line for people; level is 0 debug to 3 error.
	Log func(level int, text string)
	// Collect says whether garbage should be collected after this call, given the bytes
	// that all objects keep in memory; nil: never.
	Collect func(live int64) bool
	// ScriptSteps and ResidentRows are engine.Options'. What one script may take, all of
	// a frame may take together, and no more begin then: a frame holds 512.
	ScriptSteps  int64
	ResidentRows int
}

// An Instance is all objects of an isolate. It is not safe for concurrent use.
type Instance struct {
	cfg     worker.Config
	opt     Options
	memory  int64
	objects map[uint32]*Object
	calls   int64
	frame   frame.Frame // that is served; its memory is used again
	desk    desk        // of all journals

	// About how many bytes all engines and all journals keep in memory, as of the last call
	// of each object: a call changes those of its object alone, so that the others, which may
	// be thousands, need not be looked at.
	live, journals int64

	unit     int32 // that runs now, -1: none
	culprits map[int32]bool
	commands uint64
}

// New returns an instance without objects.
func New(opt Options) *Instance {
	if opt.ScriptSteps <= 0 {
		opt.ScriptSteps = scriptSteps
	}
	return &Instance{opt: opt, memory: defaultMemory, objects: map[uint32]*Object{}, unit: -1}
}

// Configure takes the project's settings.
func (in *Instance) Configure(cfg worker.Config) {
	in.cfg = cfg
	if in.memory = cfg.MemoryBytes; in.memory <= 0 {
		in.memory = defaultMemory
	}
}

func (in *Instance) log(level int, text string) {
	if in.opt.Log != nil {
		in.opt.Log(level, text)
	}
}

// Unit is where the number of the unit that runs stands.
func (in *Instance) Unit() *int32 { return &in.unit }

// Culprit says of a unit of the next message that it is to be answered with an error.
func (in *Instance) Culprit(unit int32) {
	if in.culprits == nil {
		in.culprits = map[int32]bool{}
	}
	in.culprits[unit] = true
}

// Open opens an object. What it answers is an output, as do the other methods. An
// object whose rows cannot be read is there too: it answers frames with an error, and
// tries again with each.
func (in *Instance) Open(handle uint32, exec Executor, name string, now int64, seed uint64) []byte {
	rows := NewRows(exec)
	rows.log.desk = &in.desk
	in.Release(handle)
	o := &Object{
		in: in, name: name, exec: rows.exec, rows: rows, rng: seed,
		conns: map[uint64]*conn{}, sessions: map[frame.SessionID]*session{},
	}
	o.self.loaded = true
	in.objects[handle] = o
	o.begin(now, 0)
	o.aged = o.now
	if err := o.open(); err != nil {
		o.status = 1
		in.log(3, "redis2cf: "+name+" cannot be opened: "+err.Error())
	} else if o.rows.oldest < o.now/1000-sessionAge && o.rows.oldest != 0 || len(o.orphans) > 0 {
		o.aged = o.now - ageInterval - 1 // it may never be in memory for so long
	}
	return o.end()
}

// Object is the object of a handle, nil when there is none.
func (in *Instance) Object(handle uint32) *Object { return in.objects[handle] }

// Release forgets an object.
func (in *Instance) Release(handle uint32) {
	if o := in.objects[handle]; o != nil {
		in.live, in.journals = in.live-o.live, in.journals-o.journaled
		o.live, o.journaled = 0, 0
		delete(in.objects, handle)
	}
}

// balance lets the objects that were not used for the longest time shrink, when all
// together keep more in memory than they may.
func (in *Instance) balance(o *Object) (flags uint32) {
	in.measure(o)
	for in.live > in.memory {
		var oldest *Object
		for _, other := range in.objects {
			if other != o && other.eng != nil && other.eng.Used() > 0 && (oldest == nil || other.used < oldest.used) {
				oldest = other
			}
		}
		if oldest == nil {
			break // the engine of o keeps the bound by itself
		}
		before := oldest.eng.Used()
		in.measure(oldest)
		if out := oldest.eng.Shrink(max(before-(in.live-in.memory), 0)); out.Err != nil {
			in.log(2, "redis2cf: "+oldest.name+" could not leave memory: "+out.Err.Error())
			oldest.eng = nil // it is opened again with the next message
		}
		if in.measure(oldest); oldest.live >= before {
			break
		}
	}
	in.releaseJournals(o)
	if in.opt.Collect != nil && in.opt.Collect(in.live) {
		flags |= FlagCollect
	}
	return flags
}

// measure notes how many bytes an object's engine keeps.
func (in *Instance) measure(o *Object) {
	in.live -= o.live
	if o.live = 0; o.eng != nil {
		o.live = o.eng.Used()
	}
	in.live += o.live
}

// maxJournals is how many bytes of all objects' journals may be in memory.
var maxJournals int64 = 8 << 20 // tests lower it

// releaseJournals has the objects that were not used for the longest time read theirs
// again when they are used, if all are more than they may. It is called after each call of
// an object, so it looks at the others only then, and leaves room for what comes next.
func (in *Instance) releaseJournals(o *Object) {
	in.journals -= o.journaled
	o.journaled = o.rows.log.memory()
	if in.journals += o.journaled; in.journals <= maxJournals {
		return
	}
	var others []*Object
	in.journals = o.journaled
	for _, other := range in.objects {
		if other == o {
			continue
		}
		other.journaled = other.rows.log.memory()
		if in.journals += other.journaled; other.journaled > 0 {
			others = append(others, other)
		}
	}
	slices.SortFunc(others, func(a, b *Object) int { return cmp.Compare(a.used, b.used) })
	for _, other := range others {
		if in.journals <= maxJournals*3/4 {
			return
		}
		other.rows.log.release()
		in.journals, other.journaled = in.journals-other.journaled, 0
	}
}

// Live is about how many bytes of data all objects keep in memory.
func (in *Instance) Live() (n int64) {
	for _, o := range in.objects {
		if o.eng != nil {
			n += o.eng.Used()
		}
	}
	return n
}

// Stats is JSON of counts.
func (in *Instance) Stats() string {
	var b strings.Builder
	b.WriteString(`{"handles":` + strconv.Itoa(len(in.objects)) + `,"memory":` + strconv.FormatInt(in.Live(), 10) +
		`,"memoryBound":` + strconv.FormatInt(in.memory, 10) + `,"commands":` + strconv.FormatUint(in.commands, 10) +
		`,"calls":` + strconv.FormatInt(in.calls, 10) + `}`)
	return b.String()
}

func sortSessions(list []*session) {
	sort.Slice(list, func(i, j int) bool { return list[i].conn.number < list[j].conn.number })
}
