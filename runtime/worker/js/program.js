// Programs: statements with their parameters, as the engine's side writes them
// into linear memory, run on the SQLite of a Durable Object. Their form is in
// runtime/worker/doc.go.

const NULL = 0;
const NUMBER = 1;
const BLOB = 2;
const TEXT = 3;

const RESULT_BYTES = 256 << 10; // of rows, after which a query ends; a first row may be longer
const ERROR_BYTES = 2048;
const RESULT_HEAD = 7; // more, rows, columns

const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }); // which is: a mark stays
const encoder = new TextEncoder();

/** @typedef {ArrayBuffer | Uint8Array | string | number | null} Value of SQLite */

/**
 * The linear memory of an instance. Growing it makes new buffers, so the views are
 * looked at again after each call into the instance: see refresh().
 */
export class Memory {
  /** @param {WebAssembly.Memory} memory */
  constructor(memory) {
    this.memory = memory;
    this.buffer = memory.buffer;
    this.bytes = new Uint8Array(this.buffer);
    this.view = new DataView(this.buffer);
  }

  /** Must be called before the views are used after the instance has run. */
  refresh() {
    const buffer = this.memory.buffer;
    if (buffer === this.buffer) return;
    this.buffer = buffer;
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
  }
}

/**
 * Runs the programs of one Durable Object. It keeps what the last query or error
 * left until it is fetched.
 */
export class Runner {
  /** @param {DurableObjectStorage} storage */
  constructor(storage) {
    this.storage = storage;
    this.sql = storage.sql;
    /** @type {any[]} the statement's text and its parameters, used again and again */
    this.args = [];
    this.kept = new Uint8Array(4096);
    this.keptLength = 0;
    this.errorLength = 0;
    // As they are billed, since the object was constructed.
    this.rowsRead = 0;
    this.rowsWritten = 0;
    // What the body of a transaction works on: a closure that is made once.
    /** @type {readonly string[]} */
    this.texts = [];
    /** @type {Memory | undefined} */
    this.memory = undefined;
    this.at = 0;
    this.body = () => this.statements();
  }

  /**
   * Runs a program: all of its statements or none. 0 is done; 1 is that nothing is
   * stored, and the error is kept.
   * @param {readonly string[]} texts
   * @param {Memory} memory refreshed
   * @param {number} at
   */
  exec(texts, memory, at) {
    this.texts = texts;
    this.memory = memory;
    this.at = at;
    try {
      // A single statement is a transaction by itself.
      if (memory.view.getUint32(at, true) === 1) this.statements();
      else this.storage.transactionSync(this.body);
      return 0;
    } catch (e) {
      this.keepError(e);
      return 1;
    }
  }

  statements() {
    const memory = /** @type {Memory} */ (this.memory);
    const n = memory.view.getUint32(this.at, true);
    this.at += 4;
    const { sql, args } = this;
    for (let i = 0; i < n; i++) {
      this.decode(memory);
      const cursor = sql.exec.apply(sql, /** @type {[string, ...any[]]} */ (args));
      this.rowsRead += cursor.rowsRead;
      this.rowsWritten += cursor.rowsWritten;
    }
  }

  /**
   * Reads the statement at this.at into this.args.
   * @param {Memory} memory
   */
  decode(memory) {
    const { view, bytes } = memory;
    const { args } = this;
    let at = this.at;
    const text = this.texts[view.getUint16(at, true)];
    if (text === undefined) throw new Error(`there is no statement ${view.getUint16(at, true)}`);
    const count = view.getUint16(at + 2, true);
    at += 4;
    args.length = count + 1;
    args[0] = text;
    for (let i = 1; i <= count; i++) {
      const tag = bytes[at++];
      if (tag === NUMBER) {
        args[i] = view.getFloat64(at, true);
        at += 8;
      } else if (tag === NULL) {
        args[i] = null;
      } else if (tag === BLOB || tag === TEXT) {
        const length = view.getUint32(at, true);
        at += 4;
        // A view on linear memory: SQLite has read it when exec returns.
        const value = bytes.subarray(at, at + length);
        args[i] = tag === BLOB ? value : decoder.decode(value);
        at += length;
      } else {
        throw new Error(`a parameter has the tag ${tag}, which means nothing`);
      }
    }
    this.at = at;
  }

  /**
   * Runs a program of one statement and keeps its rows, at most so many. It returns
   * their length, or -1 when an error is kept.
   * @param {readonly string[]} texts
   * @param {Memory} memory refreshed
   * @param {number} at
   * @param {number} rows
   */
  query(texts, memory, at, rows) {
    try {
      this.texts = texts;
      if (memory.view.getUint32(at, true) !== 1) throw new Error("a query is one statement");
      this.at = at + 4;
      this.decode(memory);
      const cursor = this.sql.exec.apply(this.sql, /** @type {[string, ...any[]]} */ (this.args));
      this.keepRows(cursor.raw(), cursor.columnNames.length, rows);
      this.rowsRead += cursor.rowsRead;
      return this.keptLength;
    } catch (e) {
      this.keepError(e);
      return -1;
    }
  }

  /**
   * @param {Iterator<SqlStorageValue[]>} iterator
   * @param {number} columns
   * @param {number} limit
   */
  keepRows(iterator, columns, limit) {
    let count = 0;
    let more = 0;
    this.keptLength = RESULT_HEAD;
    for (let row = iterator.next(); !row.done; row = iterator.next()) {
      // A row that is not taken is asked for again: one row read too many is
      // cheaper than a query to find that there is none.
      if (count === limit || (count > 0 && this.keptLength >= RESULT_BYTES)) {
        more = 1;
        break;
      }
      const start = this.keptLength;
      for (const value of row.value) this.keepValue(value);
      if (count > 0 && this.keptLength > RESULT_BYTES + RESULT_HEAD) {
        this.keptLength = start;
        more = 1;
        break;
      }
      count++;
    }
    const view = new DataView(this.kept.buffer);
    view.setUint8(0, more);
    view.setUint32(1, count, true);
    view.setUint16(5, columns, true);
    this.errorLength = 0;
  }

  /** @param {SqlStorageValue} value */
  keepValue(value) {
    if (value === null) {
      this.room(1)[this.keptLength++] = NULL;
    } else if (typeof value === "number") {
      const kept = this.room(9);
      kept[this.keptLength] = NUMBER;
      new DataView(kept.buffer).setFloat64(this.keptLength + 1, value, true);
      this.keptLength += 9;
    } else {
      const text = typeof value === "string";
      const bytes = text ? encoder.encode(value) : new Uint8Array(value);
      const kept = this.room(5 + bytes.length);
      kept[this.keptLength] = text ? TEXT : BLOB;
      new DataView(kept.buffer).setUint32(this.keptLength + 1, bytes.length, true);
      kept.set(bytes, this.keptLength + 5);
      this.keptLength += 5 + bytes.length;
    }
  }

  /**
   * The kept bytes with room for n more.
   * @param {number} n
   */
  room(n) {
    const need = this.keptLength + n;
    if (need > this.kept.length) {
      const larger = new Uint8Array(Math.max(need, 2 * this.kept.length));
      larger.set(this.kept.subarray(0, this.keptLength));
      this.kept = larger;
    }
    return this.kept;
  }

  /** @param {unknown} e */
  keepError(e) {
    this.keptLength = 0;
    let text = e instanceof Error ? e.message : String(e);
    if (text.length > ERROR_BYTES) text = text.slice(0, ERROR_BYTES);
    let bytes = encoder.encode(text);
    if (bytes.length > ERROR_BYTES) bytes = bytes.subarray(0, ERROR_BYTES);
    this.room(bytes.length).set(bytes);
    this.keptLength = this.errorLength = bytes.length;
  }

  /**
   * Copies what was kept to linear memory.
   * @param {Memory} memory refreshed
   * @param {number} at
   */
  fetch(memory, at) {
    memory.bytes.set(this.kept.subarray(0, this.keptLength), at);
    if (this.kept.length > 2 * RESULT_BYTES) this.kept = new Uint8Array(4096); // one long row
  }
}
