// The part of WASI (snapshot preview 1) that a Go program without files and
// network asks for. Whatever else it imports answers that it does not exist.

/** The error of a program that ended itself: Go does so after a fault it cannot survive. */
export class Exit extends Error {
  /** @param {number} code */
  constructor(code) {
    super(`the engine ended itself with code ${code}`);
    this.name = "Exit";
  }
}

const OK = 0;
const BADF = 8;
const INVAL = 28;
const NOSYS = 52;

const CLOCK_REALTIME = 0;
const EVENT_CLOCK = 0;
const CLOCK_ABSOLUTE = 1;
const SUBSCRIPTION = 48; // bytes
const EVENT = 32;
const RANDOM_AT_ONCE = 65536; // what crypto.getRandomValues fills in one call
const LINE = 2000; // characters of a line of the log

/**
 * @callback Syscall
 * @param {...any} args numbers, and bigints for what is 64 bits wide
 * @returns {number} an errno
 */

/**
 * The imports for one instance. memory is set once it has been made.
 */
export class Wasi {
  constructor() {
    /** @type {WebAssembly.Memory | undefined} */
    this.memory = undefined;
    // Clocks stand still on Cloudflare while code runs, so a program that waits for
    // one would wait for ever. Monotonic time here is how long the program has slept.
    // Go's collector waits: an error for its sleep would end the program.
    this.monotonic = 1_000_000n; // nanoseconds
    this.decoder = new TextDecoder();
    /** @type {string[]} the unfinished lines of descriptors 1 and 2 */
    this.lines = ["", "", ""];
  }

  view() {
    if (!this.memory) throw new Error("the engine made a system call before it had memory");
    return new DataView(this.memory.buffer);
  }

  /**
   * The functions that a module wants to import from WASI.
   * @param {string[]} names
   * @returns {Record<string, Syscall>}
   */
  imports(names) {
    /** @type {Record<string, Syscall>} */
    const served = {
      args_sizes_get: (count, size) => this.none(count, size),
      args_get: () => OK,
      environ_sizes_get: (count, size) => this.none(count, size),
      environ_get: () => OK,
      clock_time_get: (clock, _precision, at) => this.clock(clock, at),
      clock_res_get: (_clock, at) => {
        this.view().setBigUint64(at, 1_000_000n, true);
        return OK;
      },
      poll_oneoff: (subscriptions, events, n, count) => this.poll(subscriptions, events, n, count),
      random_get: (at, n) => this.random(at, n),
      fd_write: (fd, vectors, n, written) => this.write(fd, vectors, n, written),
      sched_yield: () => OK,
      proc_exit: (code) => {
        this.flush();
        throw new Exit(code);
      },
      // There are no files: these end Go's search for directories.
      fd_prestat_get: () => BADF,
      fd_prestat_dir_name: () => BADF,
      fd_close: () => BADF,
      fd_fdstat_get: () => BADF,
      fd_fdstat_set_flags: () => BADF,
    };
    /** @type {Record<string, Syscall>} */
    const out = {};
    for (const name of names) out[name] = served[name] ?? (() => NOSYS);
    return out;
  }

  /**
   * An empty list of arguments or variables.
   * @param {number} count
   * @param {number} size
   */
  none(count, size) {
    const view = this.view();
    view.setUint32(count, 0, true);
    view.setUint32(size, 0, true);
    return OK;
  }

  /**
   * @param {number} clock
   * @param {number} at
   */
  clock(clock, at) {
    const now = clock === CLOCK_REALTIME ? BigInt(Date.now()) * 1_000_000n : this.monotonic;
    this.view().setBigUint64(at, now, true);
    return OK;
  }

  /**
   * Answers each subscription to a clock at once, after which as much time has
   * passed as the nearest one asked for; other events do not exist.
   * @param {number} subscriptions
   * @param {number} events
   * @param {number} n
   * @param {number} count
   */
  poll(subscriptions, events, n, count) {
    if (n === 0) return INVAL;
    const view = this.view();
    /** @type {bigint | undefined} */
    let nearest;
    for (let i = 0; i < n; i++) {
      const at = subscriptions + i * SUBSCRIPTION;
      if (view.getUint8(at + 8) !== EVENT_CLOCK) continue;
      let wait = view.getBigUint64(at + 24, true);
      if (view.getUint16(at + 40, true) & CLOCK_ABSOLUTE) {
        const now = view.getUint32(at + 16, true) === CLOCK_REALTIME ? BigInt(Date.now()) * 1_000_000n : this.monotonic;
        wait = wait > now ? wait - now : 0n;
      }
      if (nearest === undefined || wait < nearest) nearest = wait;
    }
    for (let i = 0; i < n; i++) {
      const at = subscriptions + i * SUBSCRIPTION;
      const to = events + i * EVENT;
      const type = view.getUint8(at + 8);
      for (let j = 0; j < EVENT; j += 8) view.setBigUint64(to + j, 0n, true);
      view.setBigUint64(to, view.getBigUint64(at, true), true); // the program's own mark
      view.setUint16(to + 8, type === EVENT_CLOCK ? OK : NOSYS, true);
      view.setUint8(to + 10, type);
    }
    this.monotonic += nearest ?? 0n;
    view.setUint32(count, n, true);
    return OK;
  }

  /**
   * @param {number} at
   * @param {number} n
   */
  random(at, n) {
    const bytes = new Uint8Array(this.view().buffer, at, n);
    for (let i = 0; i < n; i += RANDOM_AT_ONCE) crypto.getRandomValues(bytes.subarray(i, i + RANDOM_AT_ONCE));
    return OK;
  }

  /**
   * @param {number} fd
   * @param {number} vectors
   * @param {number} n
   * @param {number} written
   */
  write(fd, vectors, n, written) {
    if (fd !== 1 && fd !== 2) return BADF;
    const view = this.view();
    let total = 0;
    for (let i = 0; i < n; i++) {
      const at = view.getUint32(vectors + 8 * i, true);
      const length = view.getUint32(vectors + 8 * i + 4, true);
      this.print(fd, this.decoder.decode(new Uint8Array(view.buffer, at, length)));
      total += length;
    }
    view.setUint32(written, total, true);
    return OK;
  }

  /**
   * Go's runtime writes a fault's text a word at a time: the log gets whole lines.
   * @param {1 | 2} fd
   * @param {string} text
   */
  print(fd, text) {
    const lines = (this.lines[fd] + text).split("\n");
    const rest = /** @type {string} */ (lines.pop());
    this.lines[fd] = rest.slice(0, LINE);
    for (const line of lines) this.log(fd, line);
  }

  /**
   * @param {1 | 2} fd
   * @param {string} line
   */
  log(fd, line) {
    if (fd === 2) console.error("engine:", line.slice(0, LINE));
    else console.log("engine:", line.slice(0, LINE));
  }

  /** Logs what has no end of line yet. */
  flush() {
    for (const fd of /** @type {const} */ ([1, 2])) {
      if (this.lines[fd] !== "") this.log(fd, this.lines[fd]);
      this.lines[fd] = "";
    }
  }
}
