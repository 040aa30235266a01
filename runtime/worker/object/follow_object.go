package object

import (
	"fmt"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/smalljson"
)

// openFollowers opens the followers on the rows. Answers that wait for D1 wait on:
// their rows are stored.
func (o *Object) openFollowers() error {
	var held []heldSends
	if o.follow != nil {
		held = o.follow.held
	}
	o.follow = nil
	f, err := openFollowers(&o.in.cfg, o.name, o.rows, o.now, o.in.log)
	if err != nil {
		return err
	}
	f.held = held
	o.follow, o.rows.held = f, f.holds
	return nil
}

// writeDown appends to the program of a commit what the followers are to know of a
// change. It must be called before the change's own operations are.
func (o *Object) writeDown(p *Program, ch *engine.Change) (err error) {
	o.step.outbox = nil
	if o.follow != nil {
		o.step.outbox, err = o.follow.frame(p, ch, o.now)
	}
	return err
}

// wroteDown says that the program is stored, and whether its answers wait for D1.
func (o *Object) wroteDown() (seq uint64) {
	row := o.step.outbox
	if row == nil {
		return 0
	}
	o.step.outbox = nil
	o.follow.committed(row)
	if row.sync && !o.follow.d1.has(row.seq) {
		return row.seq
	}
	return 0
}

// waitsFor is the commit that an answer which is sent again has to wait for, which was
// given to a commit; 0: none.
func (o *Object) waitsFor(seq uint64) uint64 {
	if o.follow == nil {
		return 0
	}
	return o.follow.waitsFor(seq)
}

// waitsForAny is the same for replies of commands that were blocked.
func (o *Object) waitsForAny() uint64 {
	if o.follow == nil {
		return 0
	}
	return o.follow.waitsForAny()
}

// holdBack takes sends back, from a mark on, until D1 has a commit; 0 sends them.
// What a call sends after them on the same connection must wait as long: heldFor.
func (o *Object) holdBack(m mark, seq uint64) {
	if seq == 0 {
		return
	}
	o.follow.hold(seq, o.out.sends-m.sends, o.out.b[m.n:])
	o.out.back(m)
	o.heldFor = max(o.heldFor, seq)
}

// Follow says what a follower is to do next: an output, and behind it the task.
func (o *Object) Follow(follower int, now int64) []byte {
	if follower == followerR2 {
		return o.FollowR2(now)
	}
	o.begin(now, 0)
	task := taskWait(0)
	err := o.ready()
	if err == nil {
		task, err = o.follow.follow(follower, o.now)
	}
	if err != nil {
		// The rows cannot be read, or what is written down is damaged: the alarm tries
		// again, and the first frame opens the engine anew.
		o.followFault(err)
		task = taskWait(o.now + pauseLast)
	}
	return addBytes(o.end(), string(task))
}

// Followed takes the receipt of a follower's last task. Answers that waited for it are
// among the sends.
func (o *Object) Followed(follower int, now int64, receipt []byte) []byte {
	if follower == followerR2 {
		return o.FollowedR2(now, receipt)
	}
	o.begin(now, 0)
	err := o.ready()
	if err == nil {
		err = o.follow.followed(follower, receipt, o.now)
	}
	if err != nil {
		o.followFault(err)
	} else {
		o.follow.release(&o.out)
	}
	return o.end()
}

// Rebuild has a follower fed anew from the rows.
func (o *Object) Rebuild(follower int, now int64) []byte {
	o.begin(now, 0)
	err := o.ready()
	if err == nil {
		err = o.follow.rebuild(follower, o.now)
	}
	if err != nil {
		o.followFault(err)
	}
	return o.end()
}

// faultPause is how long the followers rest after a fault of the object's own rows, in
// microseconds.
const faultPause = 1_000_000

func (o *Object) followFault(err error) {
	o.status = 1
	o.in.log(3, fmt.Sprintf("redis2cf: the followers of %s: %v", o.name, err))
	if o.follow != nil { // what is in memory may not be what is stored
		if err := o.openFollowers(); err != nil {
			o.eng = nil // it is opened again with the next call
			return
		}
		o.follow.d1.next, o.follow.kv.next = o.now+faultPause, o.now+faultPause
	}
}

// Followers is JSON that says how far the followers of an object are behind, by name:
// "d1", "kv". See FollowerStatus. Of an object that is not open it is {}.
func (in *Instance) Followers(handle uint32, now int64) string {
	all := map[string]FollowerStatus{}
	if o := in.objects[handle]; o != nil && o.follow != nil {
		o.now = max(o.now, now)
		all = o.Followers()
	}
	b, err := smalljson.Marshal(all)
	if err != nil {
		return "{}" // it has numbers and valid texts alone
	}
	return string(b)
}

// infoFollowers is the section of INFO about the followers.
func (o *Object) infoFollowers() (section string, lines []string) {
	all := o.Followers()
	for _, name := range []string{"d1", "kv"} {
		if st, ok := all[name]; ok {
			lines = append(lines, fmt.Sprintf("%s:state=%s,seq=%d,behind=%d,waiting=%d,lag_ms=%d,left_out=%d", name, st.State, st.Seq, st.Behind, st.Waiting, st.LagMs, st.Left))
		}
	}
	return "Followers", lines
}

// Followers says how far the followers are behind, by name: "d1", "kv".
func (o *Object) Followers() map[string]FollowerStatus {
	if o.follow == nil {
		return nil
	}
	return o.follow.status(o.now)
}
