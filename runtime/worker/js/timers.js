// When an object is called without a message: a timer while it is awake, and the
// alarm, which brings it back after it has left memory. A timer keeps an object awake,
// and an alarm costs a row each time that it is set, so that both are set as seldom as
// can be. When they are due is decided in the engine.

/** How often an object with blocked commands looks whether its engine is still there, in milliseconds. */
const LOOK = 1000;

/** A timer that is due later than this is left to the alarm, so that the object can hibernate, in milliseconds. */
const NEAR = 1000;

/** The pause before an object that failed is tried again: it doubles up to the longest, in milliseconds. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 10_000;

/** How often in a row that is done before the object is left alone until its next message. */
const MOST_FAULTS = 12;

/** The timer and the alarm of one object. */
export class Timers {
  /**
   * @param {DurableObjectStorage} storage
   * @param {() => void} tick what is due is to be done
   * @param {() => boolean} lost whether the object's engine is gone
   */
  constructor(storage, tick, lost) {
    this.storage = storage;
    this.tick = tick;
    this.lost = lost;
    this.blocked = false; // commands wait: the object stays awake
    this.due = 0; // when tick is due, in Unix milliseconds; 0: never
    this.timerAt = 0; // when the timer is set to, 0: it is not
    /** @type {number | null} */
    this.timer = null;
    this.alarmAt = 0; // when the alarm is set to, 0: it is not
    this.ringing = false; // what the alarm went off for is being done
    this.alarmAfter = 0; // when it is to go off next, as of then, in Unix microseconds; 0: not at all
    this.alarms = 0; // that were set
    this.faults = 0; // in a row
  }

  /** Must have ended before the object serves anything. */
  async load() {
    this.alarmAt = (await this.storage.getAlarm()) ?? 0;
  }

  /**
   * What an output says of timers.
   * @param {number} timer Unix microseconds; 0: none
   * @param {number} alarm Unix microseconds; 0: none
   * @param {boolean} blocked
   */
  next(timer, alarm, blocked) {
    this.blocked = blocked;
    this.due = Math.ceil(timer / 1000);
    if (blocked || this.due !== 0 || this.timerAt !== 0) this.arm();
    if (this.ringing) this.alarmAfter = alarm;
    else if (alarm !== 0) this.setAlarm(Math.ceil(alarm / 1000));
  }

  /** Sets the timer. One that is set earlier stays: it costs less to let it go off. */
  arm() {
    const at = Date.now();
    let want = 0;
    if (this.due !== 0 && (this.blocked || this.due <= at + NEAR)) want = this.due;
    if (this.blocked && (want === 0 || want > at + LOOK)) want = at + LOOK;
    if (this.timerAt !== 0 && want !== 0 && this.timerAt <= want) return;
    this.set(want);
  }

  /** @param {number} at Unix milliseconds; 0: not at all */
  set(at) {
    if (this.timerAt !== 0) clearTimeout(this.timer);
    this.timerAt = at;
    if (at !== 0) this.timer = setTimeout(() => this.wentOff(), Math.max(0, at - Date.now()));
  }

  wentOff() {
    this.timerAt = 0;
    // After a trap the clients of blocked commands must hear of the new epoch.
    if ((this.blocked && this.lost()) || (this.due !== 0 && this.due <= Date.now())) this.tick();
    else this.arm();
  }

  /** Has what failed tried again, later each time. */
  failed() {
    if (++this.faults > MOST_FAULTS) return this.set(0);
    this.due = Date.now() + Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (this.faults - 1));
    this.set(this.due);
  }

  succeeded() {
    this.faults = 0;
  }

  /** @param {number} at Unix milliseconds */
  setAlarm(at) {
    if (this.alarmAt !== 0 && this.alarmAt <= at) return; // it will ask what is next
    this.alarmAt = at;
    this.alarms++;
    this.storage.setAlarm(at).catch((e) => {
      this.alarmAt = 0;
      console.error("redis2cf: the alarm cannot be set:", e);
    });
  }

  /**
   * The alarm went off, and is set no more. An object that it brought back asks for
   * another one while it opens: only what is left after the tick is worth that.
   */
  rang() {
    this.alarmAt = this.alarmAfter = 0;
    this.ringing = true;
    try {
      this.tick();
    } finally {
      this.ringing = false;
    }
    if (this.alarmAfter !== 0) this.setAlarm(Math.ceil(this.alarmAfter / 1000));
  }
}
