// Families in KV alone (consistency: primary): a client that has worked out what its
// commands read and write brings that here, past every object. What the commands mean
// is in runtime/internal/kvprimary; nothing is decided here but who may do what.
//
//   POST /v1/kv   {"read": [NAME, …], "write": [{"name", "text" | "base64" | "delete", "ttl" | "at", "binary"}, …]}
//   answers       {"read": [null | {"text"} | {"base64"} | {"error", "again"}, …], "write": [null | ERROR, …]}
//
// It is JSON because KV's own bulk reads are text: most values pass as they are, and only
// those that are no UTF-8 are written in base64. NAME is a key's name in the main
// namespace; here it becomes that of the token's. Reads come before writes.

import { Code, refusal } from "./frame.js";
import { bodyOf } from "./sockets.js";

/** @import {Access} from "./access.js" */

/**
 * @typedef {{pattern: string, store?: string, consistency?: string, client?: string}} Family
 * @typedef {{any: boolean, has: (name: string) => boolean}} Primaries
 * @typedef {{left: number}} Room how many bytes an answer may still have
 * @typedef {{name: string, text?: string, base64?: string, delete?: boolean, ttl?: number, at?: number, binary?: boolean}} Write
 * @typedef {{text: string} | {base64: string} | {error: string, again?: true} | null} Read
 */

/** Limits of a request, of its answer, of KV's bulk reads, and of a name in bytes. */
const MOST_BYTES = 16 << 20;
const MOST_ANSWER = 32 << 20;
const MOST_OPERATIONS = 800;
const BULK = 100;
const AT_ONCE = 4; // values that are read by themselves
const LONGEST_NAME = 512;

const encoder = new TextEncoder();

/** What a '*' and a '?' of a pattern are, beside bytes. */
const MANY = -1;
const ONE = -2;

/**
 * A pattern as a test of the bytes of a key: '*' is any number of them, '?' one, and a
 * backslash takes the next one literally. It goes back to the last '*' only, so that no
 * key takes long.
 * @param {string} pattern
 */
function glob(pattern) {
  /** @type {number[]} */
  const want = [];
  let literals = 0;
  const bytes = encoder.encode(pattern);
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes[i];
    if (c === 0x2a) want.push(MANY);
    else if (c === 0x3f) want.push(ONE);
    else {
      want.push(c === 0x5c && i + 1 < bytes.length ? bytes[++i] : c);
      literals++;
    }
  }
  /** @param {Uint8Array} key */
  const test = (key) => {
    let star = -1;
    let from = 0;
    let w = 0;
    for (let k = 0; k < key.length; ) {
      if (want[w] === MANY) {
        star = w++;
        from = k;
      } else if (want[w] === ONE || want[w] === key[k]) {
        w++;
        k++;
      } else if (star >= 0) {
        w = star + 1;
        k = ++from;
      } else return false;
    }
    while (want[w] === MANY) w++;
    return w === want.length;
  };
  return { test, literals };
}

/**
 * The families of each namespace. One that a client asked for may have families of its
 * own; the others are in every namespace.
 * @param {Family[]} families
 * @returns {(namespace: string) => Primaries}
 */
export function primariesOf(families) {
  /** @type {Map<string, Primaries>} */
  const known = new Map();
  for (const client of new Set(["", ...families.map((f) => f.client ?? "")])) {
    known.set(client, primaries(families.filter((f) => (f.client ?? "") === "" || f.client === client)));
  }
  const others = /** @type {Primaries} */ (known.get(""));
  return (namespace) => known.get(namespace.split("/").slice(1).pop() ?? "") ?? others;
}

/**
 * What tells whether a name is a key in KV alone: the family with the most literal bytes
 * that matches, the first of them, decides.
 * @param {Family[]} families
 * @returns {Primaries}
 */
function primaries(families) {
  const list = families.map((f) => ({ ...glob(f.pattern), primary: f.store === "kv" && f.consistency === "primary" }));
  /** @param {string} name */
  const has = (name) => {
    const key = keyOf(name);
    if (key === null) return false;
    let best = null;
    for (const f of list) {
      if ((best === null || f.literals > best.literals) && f.test(key)) best = f;
    }
    return best?.primary ?? false;
  };
  return { any: list.some((f) => f.primary), has };
}

/**
 * The bytes of the key with a name in the main namespace; null for what is no such name.
 * @param {string} name
 * @returns {Uint8Array | null}
 */
function keyOf(name) {
  if (!name.startsWith("@")) return name === "" || name === "." || name === ".." ? null : encoder.encode(name);
  const [, mark, rest] = /^@\/\d{1,9}([/#])([^]*)$/.exec(name) ?? [];
  if (mark === "/") return encoder.encode(rest);
  if (mark !== "#" || !/^(?:[0-9a-f]{2})*$/.test(rest)) return null;
  return Uint8Array.from(rest.match(/../g) ?? [], (h) => parseInt(h, 16));
}

/**
 * The name in a token's namespace of what a client calls by its name in the main one.
 * @param {string} name
 * @param {string} namespace
 */
export function nameIn(name, namespace) {
  if (namespace === "main") return name;
  const space = `@${namespace.replaceAll("/", ":")}`;
  return name.startsWith("@") ? space + name.slice(1) : `${space}/0/${name}`;
}

/**
 * Serves POST /v1/kv.
 * @param {Request} request
 * @param {{REDIS2CF_KV?: KVNamespace}} env
 * @param {Access} access
 * @param {Primaries} families of the namespace
 * @returns {Promise<Response>}
 */
export async function serveKV(request, env, access, families) {
  const kv = env.REDIS2CF_KV;
  if (kv === undefined || !families.any) {
    return refusal(501, Code.UNSERVED, 'ERR this Worker has no family in KV alone: write "consistency: primary" for one in redis2cf.yaml, run redis2cf worker -o and deploy again');
  }
  const body = await bodyOf(request, MOST_BYTES);
  if (body === null) return refusal(413, Code.TOO_LARGE, `ERR the request is larger than ${MOST_BYTES} bytes`);
  const asked = parse(new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(body));
  if (typeof asked === "string") return refusal(400, Code.PROTOCOL, `ERR ${asked}`);
  const { read, write } = asked;
  // A longer name is none that KV has: nothing is reached by it, and nothing read into it.
  const strange = [...read, ...write.map((w) => w.name)].some((name) => name.length <= LONGEST_NAME && !families.has(name));
  if (strange) return refusal(403, Code.UNSERVED, "ERR a name is no key of a family in KV alone: the client has another plan than this Worker; deploy the Worker of the client's plan");
  if (write.length > 0 && !access.write) return refusal(403, Code.TOKEN, "NOPERM this token may only read");
  const values = await readAll(kv, read.map((name) => nameIn(name, access.namespace)));
  const errors = await Promise.all(write.map((w) => put(kv, nameIn(w.name, access.namespace), w)));
  return Response.json({ read: values, write: errors }, { headers: { "Cache-Control": "no-store" } });
}

/**
 * What a body asks for, or what is wrong with it.
 * @param {string} body
 * @returns {{read: string[], write: Write[]} | string}
 */
function parse(body) {
  /** @type {any} */
  let asked;
  try {
    asked = JSON.parse(body);
  } catch {
    return "the body is no JSON";
  }
  const { read = [], write = [] } = asked ?? {};
  if (!Array.isArray(read) || !Array.isArray(write)) return "read and write are lists";
  if (read.length + write.length > MOST_OPERATIONS) return `a request has at most ${MOST_OPERATIONS} reads and writes`;
  const names = [...read, ...write.map((w) => w?.name)];
  if (names.some((n) => typeof n !== "string" || n === "")) return "a name is a string that is not empty";
  for (const w of write) {
    const kinds = [typeof w.text === "string", typeof w.base64 === "string", w.delete === true].filter(Boolean).length;
    if (kinds !== 1) return "a write has one of text, base64 and delete";
    if ([w.ttl, w.at].some((n) => n !== undefined && !(Number.isSafeInteger(n) && n > 0))) return "ttl and at are seconds";
  }
  return { read, write };
}

/**
 * @param {KVNamespace} kv
 * @param {string} name
 * @param {Write} w
 * @returns {Promise<string | null>} what went wrong
 */
async function put(kv, name, w) {
  if (encoder.encode(name).length > LONGEST_NAME) return `the key's name is longer than ${LONGEST_NAME} bytes in KV`;
  try {
    if (w.delete) {
      await kv.delete(name);
      return null;
    }
    /** @type {KVNamespacePutOptions} */
    const options = {};
    if (w.ttl !== undefined) options.expirationTtl = w.ttl;
    else if (w.at !== undefined) options.expiration = w.at;
    if (w.binary) options.metadata = { binary: true };
    await kv.put(name, w.text ?? bytesOf(/** @type {string} */ (w.base64)), options);
    return null;
  } catch (e) {
    return fault(e);
  }
}

/** @param {string} base64 */
const bytesOf = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

/**
 * Reads names, in hundreds; what does not survive as text is read once more by itself.
 * @param {KVNamespace} kv
 * @param {string[]} names
 * @returns {Promise<Read[]>}
 */
async function readAll(kv, names) {
  const room = { left: MOST_ANSWER };
  if (names.length === 1) return [await readOne(kv, names[0], room)];
  /** @type {Read[]} */
  const all = [];
  // Two hundreds at a time: one may bring 25 MB, and all have to fit into memory.
  for (let i = 0; i < names.length; i += 2 * BULK) {
    const parts = [names.slice(i, i + BULK), names.slice(i + BULK, i + 2 * BULK)].filter((p) => p.length > 0);
    for (const part of await Promise.all(parts.map((p) => readSome(kv, p, room)))) all.push(...part);
  }
  return all;
}

/**
 * Whether so many bytes more fit into the answer.
 * @param {Room} room
 * @param {number} n
 */
function fits(room, n) {
  if (n > room.left) return false;
  room.left -= n;
  return true;
}

const NO_ROOM = Object.freeze({ error: `the answer would be larger than ${MOST_ANSWER} bytes: read less at once`, again: true });

/**
 * @param {KVNamespace} kv
 * @param {string[]} names
 * @param {Room} room
 * @returns {Promise<Read[]>}
 */
async function readSome(kv, names, room) {
  try {
    const found = await kv.getWithMetadata(names, "text");
    return await eachOf(names, (name) => {
      const entry = /** @type {any} */ (found.get(name));
      const { value = null, metadata = null } = entry === "" ? { value: "" } : (entry ?? {}); // "" is how miniflare shows an empty value
      const marked = /** @type {{binary?: boolean} | null} */ (metadata)?.binary;
      if (marked || value?.includes("\ufffd")) return readOne(kv, name, room);
      if (value === null) return null;
      return fits(room, value.length) ? { text: value } : NO_ROOM;
    });
  } catch {
    // More than one bulk read may answer, or one of them is at fault: each by itself says
    // which.
    return eachOf(names, (name) => readOne(kv, name, room));
  }
}

/**
 * What is read for each name: a few at a time, since they may be large.
 * @param {string[]} names
 * @param {(name: string) => Read | Promise<Read>} read
 */
async function eachOf(names, read) {
  /** @type {Read[]} */
  const out = [];
  for (let i = 0; i < names.length; i += AT_ONCE) out.push(...(await Promise.all(names.slice(i, i + AT_ONCE).map(read))));
  return out;
}

/**
 * @param {KVNamespace} kv
 * @param {string} name
 * @param {Room} room
 * @returns {Promise<Read>}
 */
async function readOne(kv, name, room) {
  if (encoder.encode(name).length > LONGEST_NAME) return null; // KV cannot have it
  try {
    const value = await kv.get(name, "arrayBuffer");
    if (value === null) return null;
    if (!fits(room, value.byteLength)) return NO_ROOM;
    try {
      return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value) };
    } catch {
      let chars = "";
      for (let i = 0, b = new Uint8Array(value); i < b.length; i += 8192) chars += String.fromCharCode(...b.subarray(i, i + 8192));
      return { base64: btoa(chars) };
    }
  } catch (e) {
    return { error: fault(e) };
  }
}

/**
 * An error of KV for the client: what it says may name the key.
 * @param {unknown} e
 */
function fault(e) {
  const text = String(/** @type {Error} */ (e)?.message ?? e);
  const status = /\b([45]\d\d)\b/.exec(text)?.[1];
  if (status === "429") return "KV takes one write a second for a key (429)";
  return status === undefined ? "the request failed" : `the request failed with status ${status}`;
}
