// What a loop may do until the platform calls the object again. An invocation has 1,000
// statements of D1 and 1,000 operations of KV; each event that reaches the object (a
// message, a request, an alarm) begins a new count, and a loop that goes on without one
// would meet errors for the rest of its life.

/** What is done for one event, with room for the last task: those have some 50 at most. */
const MOST = 900;

export class Budget {
  /** @param {() => number} events how many events have reached the object */
  constructor(events) {
    this.events = events;
    this.seen = events();
    this.spent = 0;
  }

  /** Whether another task may be carried out before the next event. */
  get left() {
    const events = this.events();
    if (events !== this.seen) {
      this.seen = events;
      this.spent = 0;
    }
    return this.spent < MOST;
  }

  /** @param {number} n statements or operations of a task */
  spend(n) {
    this.spent += n;
  }
}
