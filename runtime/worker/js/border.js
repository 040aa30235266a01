// The border to WebAssembly: what engine.wasm exports and imports, and what it returns.
// The forms are in runtime/worker/doc.go.

import wasm from "./engine.wasm";
import plan from "./plan.json";
import { Memory } from "./program.js";
import { Wasi } from "./wasi.js";

/** @import {Engine} from "./instance.js" */
/** @import {Runner} from "./program.js" */

/**
 * What an object is to the engine.
 * @typedef {object} Host
 * @property {string} id
 * @property {number} handle
 * @property {number} generation of the instance in which it is open; 0: in none
 * @property {string} name
 * @property {Runner} runner
 * @property {() => Iterable<Connection>} connections that are attached when it opens
 * @property {(conn: number, kind: number, code: number, bytes: ArrayBuffer) => void} send
 * @property {(timer: number, alarm: number, flags: number) => void} next what it is to do after a call. It must
 *   not call the engine: the output is still being read, and the object may be about to open
 */

/**
 * @typedef {object} Connection
 * @property {number} conn
 * @property {number} scope
 * @property {ArrayBuffer | null} note what the engine wants to know after hibernation
 */

/**
 * The exports of engine.wasm; see runtime/worker/doc.go.
 * @typedef {object} Exports
 * @property {WebAssembly.Memory} memory
 * @property {() => void} _initialize
 * @property {(n: number) => number} buffer
 * @property {(n: number) => number} configure
 * @property {() => number} statements
 * @property {(handle: number, now: number, seed: number, n: number) => number} open
 * @property {(handle: number, conn: number, scope: number, n: number) => number} attach
 * @property {(handle: number, conn: number, now: number, seed: number, n: number, mode: number) => number} message
 * @property {(handle: number, conn: number, now: number, seed: number, n: number, mode: number) => number} post
 * @property {(handle: number, conn: number, now: number, seed: number) => number} closed
 * @property {(handle: number, now: number, seed: number) => number} tick
 * @property {(handle: number, rows: number) => number} sweep
 * @property {(handle: number, follower: number, now: number) => number} follow
 * @property {(handle: number, follower: number, now: number, n: number) => number} followed
 * @property {(handle: number, follower: number, now: number) => number} rebuild
 * @property {(handle: number) => number} release
 * @property {(force: number) => number} collect
 * @property {() => number} unit
 * @property {(unit: number) => number} culprit
 * @property {(handle: number, now: number) => number} status
 * @property {() => number} stats
 */

/** Flags of an output. */
export const Flag = Object.freeze({ COLLECT: 1, SWEEP: 2, BLOCKED: 4, D1: 8, KV: 16, D1_NOW: 32, R2: 64 });

/** Kinds of an output's sends. */
export const Send = Object.freeze({ MESSAGE: 0, CLOSE: 1, NOTE: 2 });

/** What a connection may do. */
export const Scope = Object.freeze({ WRITE: 1, HTTP: 2 });

/** One WebAssembly instance. */
export class Instance {
  /** @param {Engine} engine */
  constructor(engine) {
    const wasi = new Wasi();
    const instance = new WebAssembly.Instance(wasm, importsFor(engine, wasi));
    this.exports = /** @type {Exports} */ (/** @type {unknown} */ (instance.exports));
    wasi.memory = this.exports.memory;
    this.memory = new Memory(this.exports.memory);
    // The imports read engine.memory while _initialize and configure run.
    engine.memory = this.memory;
    this.exports._initialize();
    this.unitAt = this.exports.unit();
    this.exports.configure(this.input(new TextEncoder().encode(plan)));
    const lists = JSON.parse(this.text(this.exports.statements()));
    /** @type {readonly string[]} texts of the object's statements */
    this.texts = lists.object;
    /** @type {readonly string[]} texts of D1's statements */
    this.d1 = lists.d1;
  }

  /**
   * Puts bytes where the next call reads them, and returns how many.
   * @param {Uint8Array} bytes
   */
  input(bytes) {
    const at = this.exports.buffer(bytes.length);
    this.memory.refresh();
    this.memory.bytes.set(bytes, at);
    return bytes.length;
  }

  /**
   * A copy of the bytes at an address, which have their length before them.
   * @param {number} at
   */
  bytes(at) {
    this.memory.refresh();
    const n = this.memory.view.getUint32(at, true);
    return this.memory.bytes.slice(at + 4, at + 4 + n);
  }

  /** @param {number} at */
  text(at) {
    return new TextDecoder().decode(this.bytes(at));
  }

  /** The unit that ran when the instance died; -1: none. */
  unit() {
    this.memory.refresh();
    return this.memory.view.getInt32(this.unitAt, true);
  }

  /**
   * Does what an output says and returns the address behind it.
   * @param {Host} host
   * @param {number} at
   */
  output(host, at) {
    this.memory.refresh();
    const { view, buffer } = this.memory;
    const timer = view.getFloat64(at + 4, true);
    const alarm = view.getFloat64(at + 12, true);
    const flags = view.getUint32(at + 20, true);
    let sends = view.getUint32(at + 24, true);
    at += 28;
    while (sends-- > 0) {
      const conn = view.getFloat64(at, true);
      const kind = view.getUint8(at + 8);
      const code = view.getUint16(at + 9, true);
      const n = view.getUint32(at + 11, true);
      at += 15;
      // A copy: what is sent waits for the commit, and the next call may come first.
      host.send(conn, kind, code, /** @type {ArrayBuffer} */ (buffer.slice(at, at + n)));
      at += n;
    }
    host.next(timer, alarm, flags);
    return at;
  }
}

/**
 * @param {Engine} engine
 * @param {Wasi} wasi
 */
function importsFor(engine, wasi) {
  /** @type {Record<string, Function>} */
  const ours = {
    exec: (/** @type {number} */ at) => engine.exec(at),
    query: (/** @type {number} */ at, /** @type {number} */ _n, /** @type {number} */ rows) => engine.query(at, rows),
    fetch: (/** @type {number} */ at) => engine.fetch(at),
    errorLength: () => engine.calling().runner.errorLength,
    size: () => engine.calling().runner.sql.databaseSize,
    log: (/** @type {number} */ level, /** @type {number} */ at, /** @type {number} */ n) => engine.log(level, at, n),
  };
  /** @type {string[]} */
  const system = [];
  for (const { module, name } of WebAssembly.Module.imports(wasm)) {
    if (module === "wasi_snapshot_preview1") system.push(name);
    else if (module !== "redis2cf" || !(name in ours)) {
      throw new Error(`engine.wasm imports ${module}.${name}, which these modules do not have: they are of different versions, write the project anew with redis2cf worker -o`);
    }
  }
  return { redis2cf: /** @type {any} */ (ours), wasi_snapshot_preview1: /** @type {any} */ (wasi.imports(system)) };
}
