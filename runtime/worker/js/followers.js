// What follows an object: D1 and KV, which are fed from its rows. What is to be done,
// and in which order, is decided in the engine; here it is carried out and reported.
// The forms of tasks and receipts are in runtime/worker/doc.go.

import { Flag } from "./border.js";
import { Budget } from "./budget.js";
import { EngineFault, engine } from "./instance.js";

/** @import {Env, Redis2cfObject} from "./object.js" */

const D1 = 1;
const KV = 2;

/** Kinds of a task. */
const NONE = 0;

/** Operations on KV. */
const PUT = 1;
const DELETE = 2;

/** As many connections as an invocation has at once. */
const CONNECTIONS = 6;

/** A loop that would wait longer ends: the alarm begins it again, in milliseconds. */
const LONGEST_WAIT = 10_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The followers of one object. */
export class Followers {
  /**
   * @param {Redis2cfObject} object whose follow and followed are called
   * @param {Env} env
   */
  constructor(object, env) {
    const { REDIS2CF_D1: d1, REDIS2CF_KV: kv } = env;
    this.d1 = new Loop(object, D1, (task) => carryD1(d1, task));
    this.kv = new Loop(object, KV, (task) => carryKV(kv, task));
  }

  /**
   * Is called after each output that says that D1 or KV have work.
   * @param {number} flags of border.js: D1, KV and D1_NOW
   */
  work(flags) {
    if (flags & Flag.D1) this.d1.wake((flags & Flag.D1_NOW) !== 0);
    if (flags & Flag.KV) this.kv.wake(false);
  }
}

/** The loop of one follower. */
class Loop {
  /**
   * @param {Redis2cfObject} object
   * @param {number} follower
   * @param {(task: Reader) => Promise<Uint8Array>} carry carries a task out and returns its receipt
   */
  constructor(object, follower, carry) {
    this.object = object;
    this.follower = follower;
    this.carry = carry;
    this.running = false;
    this.budget = new Budget(() => object.events);
    /** @type {(() => void) | null} ends the wait */
    this.go = null;
  }

  /**
   * Starts the loop, if it does not run.
   * @param {boolean} hurry it must not wait any longer
   */
  wake(hurry) {
    if (hurry) this.go?.();
    if (this.running) return;
    this.running = true;
    // Not within the engine's call that asked for it.
    void Promise.resolve().then(() => this.run());
  }

  async run() {
    try {
      while (await this.once());
    } catch (e) {
      // The object opens again with its next event, and the engine asks for the
      // loop then; the alarm is such an event.
      if (!(e instanceof EngineFault)) console.error("redis2cf: a follower's loop ended:", e);
    } finally {
      this.running = false;
    }
  }

  /** One task. It returns whether there may be another one. */
  async once() {
    if (!this.budget.left) {
      this.object.callSoon();
      return false;
    }
    const task = new Reader(this.object.follow(this.follower));
    if (task.byte() !== NONE) {
      this.budget.spend(task.count());
      this.object.followed(this.follower, await this.carry(task));
      return true;
    }
    const until = task.number();
    const wait = Math.ceil(until / 1000) - Date.now();
    if (until === 0 || wait > LONGEST_WAIT) return false;
    await this.pause(Math.max(0, wait));
    return true;
  }

  /** @param {number} ms */
  async pause(ms) {
    /** @type {Promise<void>} */
    const over = new Promise((resolve) => (this.go = resolve));
    const timer = setTimeout(() => this.go?.(), ms);
    await over;
    this.go = null;
    clearTimeout(timer);
  }
}

/**
 * Runs a batch of D1 and reports what it did.
 * @param {D1Database | undefined} db
 * @param {Reader} task
 */
async function carryD1(db, task) {
  try {
    if (db === undefined) throw new Error("the Worker has no binding REDIS2CF_D1: run redis2cf worker -o and deploy again");
    const texts = engine.d1;
    const statements = [];
    for (let n = task.u32(); n > 0; n--) {
      const text = texts[task.u16()];
      const values = [];
      for (let left = task.u16(); left > 0; left--) values.push(task.value());
      statements.push(db.prepare(text).bind(...values));
    }
    const results = await db.batch(statements);
    const receipt = new Writer().byte(0).u32(results.length);
    for (const { meta, results: rows } of results) {
      receipt.number(meta.changes ?? 0).u32(rows.length).u16(rows.length === 0 ? 0 : Object.keys(/** @type {object} */ (rows[0])).length);
      for (const row of rows) for (const value of Object.values(/** @type {object} */ (row))) receipt.value(value);
    }
    return receipt.bytes();
  } catch (e) {
    return new Writer().byte(1).text(messageOf(e)).bytes();
  }
}

/**
 * Does operations on KV, in any order, and reports on each.
 * @param {KVNamespace | undefined} kv
 * @param {Reader} task
 */
async function carryKV(kv, task) {
  const count = task.u32();
  /** @type {(() => Promise<unknown> | undefined)[]} */
  const operations = [];
  for (let i = 0; i < count; i++) {
    const operation = task.byte();
    const name = task.text();
    if (operation === PUT) {
      const value = task.copy();
      const expiration = task.number();
      const metadata = JSON.parse(task.text());
      operations.push(() => kv?.put(name, value, expiration === 0 ? { metadata } : { expiration, metadata }));
    } else if (operation === DELETE) {
      operations.push(() => kv?.delete(name));
    } else {
      const cursor = task.text();
      operations.push(() => kv?.list({ prefix: name, cursor: cursor === "" ? null : cursor }));
    }
  }
  /** @type {{failed: number, text: string}[]} */
  const results = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      const i = next++;
      try {
        if (kv === undefined) throw new Error("the Worker has no binding REDIS2CF_KV: run redis2cf worker -o and deploy again");
        const list = await operations[i]();
        results[i] = { failed: 0, text: list === undefined ? "" : JSON.stringify(list) };
      } catch (e) {
        results[i] = { failed: 1, text: messageOf(e) };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, CONNECTIONS) }, work));
  const receipt = new Writer().u32(count);
  for (const { failed, text } of results) receipt.byte(failed).text(text);
  return receipt.bytes();
}

/** @param {unknown} e */
function messageOf(e) {
  return e instanceof Error ? e.message : String(e);
}

/** Reads a task. */
class Reader {
  /** @param {ArrayBuffer | Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    this.at = 0;
  }

  byte() {
    return this.view.getUint8(this.at++);
  }

  u16() {
    this.at += 2;
    return this.view.getUint16(this.at - 2, true);
  }

  u32() {
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }

  /** The number of statements or operations that begins the task. */
  count() {
    return this.view.getUint32(this.at, true);
  }

  number() {
    this.at += 8;
    return this.view.getFloat64(this.at - 8, true);
  }

  /** Bytes with their length before them, as a buffer of their own. */
  copy() {
    const n = this.u32();
    this.at += n;
    const bytes = this.bytes.slice(this.at - n, this.at);
    return bytes.buffer;
  }

  text() {
    return decoder.decode(this.copy());
  }

  /** A parameter. */
  value() {
    const tag = this.byte();
    if (tag === 0) return null;
    if (tag === 1) return this.number();
    return tag === 2 ? this.copy() : this.text();
  }
}

/** Writes a receipt. */
class Writer {
  constructor() {
    this.buffer = new Uint8Array(256);
    this.view = new DataView(this.buffer.buffer);
    this.length = 0;
  }

  /** Makes room for n bytes and returns where it is. @param {number} n */
  room(n) {
    const at = this.length;
    this.length += n;
    if (this.length > this.buffer.length) {
      const larger = new Uint8Array(Math.max(this.length, 2 * this.buffer.length));
      larger.set(this.buffer.subarray(0, at));
      this.buffer = larger;
      this.view = new DataView(larger.buffer);
    }
    return at;
  }

  /** @param {number} v */
  byte(v) {
    const at = this.room(1); // which may make another view
    this.view.setUint8(at, v);
    return this;
  }

  /** @param {number} v */
  u16(v) {
    const at = this.room(2); // which may make another view
    this.view.setUint16(at, v, true);
    return this;
  }

  /** @param {number} v */
  u32(v) {
    const at = this.room(4); // which may make another view
    this.view.setUint32(at, v, true);
    return this;
  }

  /** @param {number} v */
  number(v) {
    const at = this.room(8); // which may make another view
    this.view.setFloat64(at, v, true);
    return this;
  }

  /** @param {string} s */
  text(s) {
    const bytes = encoder.encode(s);
    this.u32(bytes.length);
    const at = this.room(bytes.length);
    this.buffer.set(bytes, at);
    return this;
  }

  /** A value of a row: none of ours has bytes. @param {unknown} v */
  value(v) {
    if (typeof v === "number") return this.byte(1).number(v);
    return v === null ? this.byte(0) : this.byte(3).text(String(v));
  }

  bytes() {
    return this.buffer.subarray(0, this.length);
  }
}
