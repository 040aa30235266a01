// The engine's instance. All objects of an isolate share one, since each would
// cost megabytes; each object has a handle in it. A trap (memory is exhausted, a
// fault of the engine) ends an instance and not the data: the next call makes a new
// one, in which every object opens anew from its rows.

import { Instance } from "./border.js";

/** @import {Exports, Host} from "./border.js" */
/** @import {Memory} from "./program.js" */

/** The calls for one message: as usual, then unit by unit, each time with one more culprit. */
const TRIES = 6;

/** Linear memory above which garbage is collected before anything else; the cap is 96 MB. */
const NEARLY_FULL = 80 << 20;

const LEVELS = /** @type {const} */ (["debug", "log", "warn", "error"]);

/** The engine could not serve a call however often it was tried. Nothing of it is stored. */
export class EngineFault extends Error {}

/** The instance of the isolate, and who uses it. */
export class Engine {
  constructor() {
    /** @type {Instance | null} */
    this.instance = null;
    this.generation = 1; // number of the instance, or of the next one while there is none
    /** @type {Memory | null} of the instance that is running */
    this.memory = null;
    /** @type {Host | null} in whose call we are */
    this.host = null;
    this.handles = 0;
    /** @type {Map<string, number>} the handle of each object by its id */
    this.open = new Map();
    /** @type {FinalizationRegistry<{id: string, handle: number}>} */
    this.gone = new FinalizationRegistry((of) => this.forget(of.id, of.handle));
    this.random = new Uint32Array(512);
    this.drawn = this.random.length;
    this.decoder = new TextDecoder();
  }

  // What objects call.

  /**
   * A handle for an object that was constructed. Globals outlive hibernation: the
   * handle of the same object's earlier construction is forgotten.
   * @param {object} object
   * @param {string} id
   */
  handleFor(object, id) {
    const old = this.open.get(id);
    if (old !== undefined) this.forget(id, old);
    const handle = ++this.handles;
    this.open.set(id, handle);
    this.gone.register(object, { id, handle });
    return handle;
  }

  /**
   * Whether the object is still the one that stands for its id.
   * @param {string} id
   * @param {number} handle
   */
  current(id, handle) {
    return this.open.get(id) === handle;
  }

  /**
   * Serves a message of a connection, or the body of a request. After a trap it is
   * served by a new instance unit by unit; units that trapped are answered with
   * an error.
   * @param {Host} host
   * @param {number} conn
   * @param {Uint8Array} bytes
   * @param {boolean} post
   * @throws {EngineFault}
   */
  message(host, conn, bytes, post) {
    this.guard(host);
    /** @type {number[] | null} */
    let culprits = null;
    for (let tries = 1; ; tries++) {
      let out;
      try {
        const x = this.ready(host).exports;
        if (culprits !== null) for (const unit of culprits) x.culprit(unit);
        const n = /** @type {Instance} */ (this.instance).input(bytes);
        const mode = culprits === null ? 0 : 1;
        out = post ? x.post(host.handle, conn, now(), this.seed(), n, mode) : x.message(host.handle, conn, now(), this.seed(), n, mode);
      } catch (e) {
        const unit = this.lost(e);
        // Which unit trapped is known only when they run one by one. If it was none
        // of them, another try would end as this one.
        if (tries === TRIES || (culprits !== null && unit < 0)) throw new EngineFault(`the engine failed ${tries} times`, { cause: e });
        if (culprits === null) culprits = [];
        else culprits.push(unit);
        continue;
      }
      this.finish(host, out);
      return;
    }
  }

  /**
   * Another call for an object, which is not tried again after a trap: the object
   * opens anew with the next one.
   * @param {Host} host
   * @param {(x: Exports, handle: number) => number} body
   * @throws {EngineFault}
   */
  call(host, body) {
    this.guard(host);
    let out;
    try {
      out = body(this.ready(host).exports, host.handle);
    } catch (e) {
      this.lost(e);
      throw new EngineFault("the engine failed", { cause: e });
    }
    this.finish(host, out);
  }

  /**
   * What a follower is to do next: a copy of its task.
   * @param {Host} host
   * @param {number} follower
   * @throws {EngineFault}
   */
  task(host, follower) {
    this.guard(host);
    /** @type {Instance} */
    let instance;
    let out;
    try {
      instance = this.ready(host);
      out = instance.exports.follow(host.handle, follower, now());
    } catch (e) {
      this.lost(e);
      throw new EngineFault("the engine failed", { cause: e });
    }
    this.host = null;
    return instance.bytes(instance.output(host, out));
  }

  /**
   * Hands bytes over with a call.
   * @param {Host} host
   * @param {Uint8Array} bytes
   * @param {(x: Exports, handle: number, n: number) => number} body
   */
  callWith(host, bytes, body) {
    this.call(host, (x, handle) => body(x, handle, /** @type {Instance} */ (this.instance).input(bytes)));
  }

  /**
   * Collects garbage if there is enough of it.
   * @param {boolean} force even if there is not
   */
  collect(force) {
    if (this.instance === null) return;
    try {
      this.instance.exports.collect(force ? 1 : 0);
    } catch (e) {
      this.lost(e);
    }
  }

  /**
   * How far an object's followers are behind, by name.
   * @param {Host} host
   * @returns {Record<string, unknown>}
   */
  followers(host) {
    this.guard(host);
    /** @type {Instance} */
    let instance;
    let at;
    try {
      instance = this.ready(host);
      at = instance.exports.status(host.handle, now());
    } catch (e) {
      this.lost(e);
      throw new EngineFault("the engine failed", { cause: e });
    }
    this.host = null;
    return JSON.parse(instance.text(at));
  }

  /** Statements for D1. @returns {readonly string[]} */
  get d1() {
    return this.instance?.d1 ?? [];
  }

  /** Figures of the isolate: they name no object, key or client. */
  stats() {
    let own = {};
    try {
      if (this.instance !== null) own = JSON.parse(this.instance.text(this.instance.exports.stats()));
    } catch (e) {
      this.lost(e);
    }
    return { ...own, linearMemory: this.instance?.memory.memory.buffer.byteLength ?? 0, traps: this.generation - 1 };
  }

  // The work of those.

  /**
   * Refuses an object that was constructed anew since: its handle is the other one's.
   * @param {Host} host
   */
  guard(host) {
    if (!this.current(host.id, host.handle)) throw new EngineFault("the object was constructed anew");
  }

  /**
   * The instance, in which the object is open.
   * @param {Host} host
   */
  ready(host) {
    this.host = host;
    const instance = this.instance ?? this.start();
    if (host.generation !== this.generation) this.opening(instance, host);
    return instance;
  }

  start() {
    this.instance = new Instance(this);
    return this.instance;
  }

  /**
   * @param {Instance} instance
   * @param {Host} host
   */
  opening(instance, host) {
    const x = instance.exports;
    const name = instance.input(new TextEncoder().encode(host.name));
    instance.output(host, x.open(host.handle, now(), this.seed(), name));
    for (const c of host.connections()) {
      const n = c.note === null ? 0 : instance.input(new Uint8Array(c.note));
      instance.output(host, x.attach(host.handle, c.conn, c.scope, n));
    }
    host.generation = this.generation;
  }

  /**
   * @param {Host} host
   * @param {number} out
   */
  finish(host, out) {
    this.host = null;
    const instance = /** @type {Instance} */ (this.instance);
    instance.output(host, out);
    if (instance.memory.buffer.byteLength > NEARLY_FULL) this.collect(false);
  }

  /**
   * Drops an instance that trapped and returns the unit that ran in it, -1 for none.
   * @param {unknown} e
   */
  lost(e) {
    const instance = this.instance;
    this.instance = this.memory = this.host = null;
    // The text is WebAssembly's or our own; it holds nothing of a command.
    console.error("redis2cf: the engine's instance", this.generation, "is discarded:", e instanceof Error ? `${e.name}: ${e.message}` : e);
    this.generation++;
    return instance?.unit() ?? -1;
  }

  /**
   * @param {string} id
   * @param {number} handle
   */
  forget(id, handle) {
    if (this.open.get(id) === handle) this.open.delete(id);
    else return;
    try {
      this.instance?.exports.release(handle);
    } catch (e) {
      this.lost(e);
    }
  }

  calling() {
    if (this.host === null) throw new Error("the engine asks for rows outside a call");
    return this.host;
  }

  // Its imports.

  /** @param {number} at */
  exec(at) {
    const { instance, memory } = this.running();
    return this.calling().runner.exec(instance.texts, memory, at);
  }

  /**
   * @param {number} at
   * @param {number} rows
   */
  query(at, rows) {
    const { instance, memory } = this.running();
    return this.calling().runner.query(instance.texts, memory, at, rows);
  }

  /** @param {number} at */
  fetch(at) {
    this.calling().runner.fetch(this.running().memory, at);
  }

  /**
   * @param {number} level
   * @param {number} at
   * @param {number} n
   */
  log(level, at, n) {
    const memory = /** @type {Memory} */ (this.memory);
    memory.refresh();
    console[LEVELS[level] ?? "error"](this.decoder.decode(memory.bytes.subarray(at, at + n)));
  }

  running() {
    const { instance, memory } = this;
    if (instance === null || memory === null) throw new Error("the engine asks for rows before it is configured");
    memory.refresh();
    return { instance, memory };
  }

  /** 53 random bits. */
  seed() {
    if (this.drawn === this.random.length) {
      crypto.getRandomValues(this.random);
      this.drawn = 0;
    }
    const high = this.random[this.drawn++];
    return high * 0x200000 + (this.random[this.drawn++] >>> 11);
  }
}

/** Unix microseconds. */
export const now = () => Date.now() * 1000;

/** The engine of this isolate. */
export const engine = new Engine();
