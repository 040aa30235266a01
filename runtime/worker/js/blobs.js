// Values of strings that lie in R2. Clients bring and fetch them here, past the object
// and the engine, which know references only; what no row refers to is removed by the
// object. What is to be removed is decided in the engine.
//
//   PUT  /v1/blob                            a value; answers {"id", "size"}
//   POST /v1/blob                            begins one that comes in parts; answers {"id", "upload"}
//   PUT  /v1/blob/ID?upload=UPLOAD&part=N    a part; answers {"partNumber", "etag"}
//   POST /v1/blob/ID?upload=UPLOAD           ends it: the parts' answers as a list; answers {"id", "size"}
//   GET  /v1/blob/ID                         a value, or the part of it that Range names
//
// The name of a value in the bucket is OBJECT/ID. OBJECT is the object's id and not its
// name: ids differ between deployments that share a bucket, and none is the beginning
// of another. ID is a UUID of version 7 that is made here: its time says how old the
// value is, which decides whether it may be given to a key, and when it is an orphan.

import { Code, refusal } from "./frame.js";
import { EngineFault } from "./instance.js";
import { bodyOf } from "./sockets.js";

/** @import {Redis2cfObject} from "./object.js" */
/** @import {Access} from "./access.js" */

/** The largest value, in bytes: Redis's proto-max-bulk-len. */
const LARGEST = 512 << 20;

/** The most parts that R2 takes of one value. */
const MOST_PARTS = 10_000;

/** The most bytes of the list that ends an upload. */
const LONGEST_END = 2 << 20;

const ID = /^[0-9a-f]{32}$/;
const RANGE = /^bytes=(\d{1,10})-(\d{1,10})$/;
const UPLOAD = /^[\x21-\x7e]{1,2048}$/;

/** Whether a path is one of those above. @param {string} path */
export const isBlobPath = (path) => path === "/v1/blob" || path.startsWith("/v1/blob/");

/**
 * Serves a request for a value.
 * @param {Request} request
 * @param {URL} url of the request
 * @param {{REDIS2CF_R2?: R2Bucket}} env
 * @param {Access} access
 * @param {DurableObjectId} object in whose part of the bucket the value is
 * @returns {Promise<Response>}
 */
export async function serveBlob(request, url, env, access, object) {
  const bucket = env.REDIS2CF_R2;
  if (bucket === undefined) {
    return refusal(501, Code.UNSERVED, 'ERR this Worker has no R2 bucket for large values: write "store: r2" for a family in redis2cf.yaml, run redis2cf worker -o and deploy again');
  }
  const id = url.pathname.slice("/v1/blob/".length);
  if (id !== "" && !ID.test(id)) return refusal(404, Code.NOT_FOUND, "ERR this names no value: an id is 32 hexadecimal digits");
  const prefix = `${object}/`;
  if (id !== "" && request.method === "GET") return get(request, bucket, prefix + id);
  const allowed = id === "" ? "PUT, POST" : "GET, PUT, POST";
  if (request.method !== "PUT" && request.method !== "POST") return refusal(405, Code.NOT_FOUND, `ERR ${id === "" ? "/v1/blob" : "a value"} is asked with ${allowed}`, { Allow: allowed });
  if (!access.write) return refusal(403, Code.TOKEN, "NOPERM this token may only read");
  if (id === "") return request.method === "PUT" ? put(request, bucket, prefix, object) : begin(bucket, prefix, object);
  return part(request, url, bucket, prefix, id);
}

/**
 * The bytes that a request brings, as long as it says; a refusal when that is not
 * known or too much.
 * @param {Request} request
 * @returns {{body: ReadableStream, size: number} | Response}
 */
function incoming(request) {
  const length = request.headers.get("Content-Length");
  if (length === null || length === "0" || request.body === null) return refusal(411, Code.PROTOCOL, "ERR a value needs a Content-Length above 0");
  const size = Number(length);
  if (!(size <= LARGEST)) return refusal(413, Code.TOO_LARGE, `ERR a value may have ${LARGEST} bytes`);
  return { body: request.body, size };
}

/**
 * What R2 keeps beside a value, for people who look at the bucket.
 * @param {DurableObjectId} object
 * @returns {R2PutOptions & R2MultipartOptions}
 */
const about = (object) => ({ httpMetadata: { contentType: "application/octet-stream" }, customMetadata: { object: object.name ?? "" } });

/**
 * @param {Request} request
 * @param {R2Bucket} bucket
 * @param {string} prefix
 * @param {DurableObjectId} object
 */
async function put(request, bucket, prefix, object) {
  const from = incoming(request);
  if (from instanceof Response) return from;
  const id = newID();
  // Never over another one, however unlikely it is that the id was drawn before.
  const stored = await bucket.put(prefix + id, from.body, { ...about(object), onlyIf: { etagDoesNotMatch: "*" } });
  if (stored === null) return refusal(503, Code.OVERLOAD, "ERR the value was not stored: send it again", { "Retry-After": "0" });
  return whole(bucket, stored, id, from.size);
}

/**
 * Answers for a value that is stored, unless it is shorter than it was to be.
 * @param {R2Bucket} bucket
 * @param {R2Object} stored
 * @param {string} id
 * @param {number} size
 */
async function whole(bucket, stored, id, size) {
  if (stored.size !== size) {
    await bucket.delete(stored.key);
    return refusal(400, Code.PROTOCOL, `ERR of the value's ${size} bytes ${stored.size} came`);
  }
  return Response.json({ id, size }, { headers: { "Cache-Control": "no-store" } });
}

/**
 * @param {R2Bucket} bucket
 * @param {string} prefix
 * @param {DurableObjectId} object
 */
async function begin(bucket, prefix, object) {
  const id = newID();
  const upload = await bucket.createMultipartUpload(prefix + id, about(object));
  return Response.json({ id, upload: upload.uploadId }, { headers: { "Cache-Control": "no-store" } });
}

/**
 * A part of a value, or its end.
 * @param {Request} request
 * @param {URL} url
 * @param {R2Bucket} bucket
 * @param {string} prefix
 * @param {string} id
 */
async function part(request, url, bucket, prefix, id) {
  const name = url.searchParams.get("upload") ?? "";
  if (!UPLOAD.test(name)) return refusal(400, Code.PROTOCOL, "ERR a part belongs to an upload: begin one with POST /v1/blob");
  const upload = bucket.resumeMultipartUpload(prefix + id, name);
  if (request.method === "PUT") {
    const number = Number(url.searchParams.get("part"));
    if (!(Number.isInteger(number) && number >= 1 && number <= MOST_PARTS)) return refusal(400, Code.PROTOCOL, `ERR parts have the numbers 1 to ${MOST_PARTS}`);
    const from = incoming(request);
    if (from instanceof Response) return from;
    const { partNumber, etag } = await upload.uploadPart(number, from.body);
    return Response.json({ partNumber, etag }, { headers: { "Cache-Control": "no-store" } });
  }
  const body = await bodyOf(request, LONGEST_END);
  if (body === null) return refusal(413, Code.TOO_LARGE, `ERR the end of an upload has at most ${LONGEST_END} bytes`);
  /** @type {unknown} */
  let end;
  try {
    end = JSON.parse(decoder.decode(body));
  } catch {
    end = null;
  }
  const { size, parts } = /** @type {{size?: unknown, parts?: unknown}} */ (end ?? {});
  if (typeof size !== "number" || size > LARGEST || !Array.isArray(parts) || parts.length > MOST_PARTS || !parts.every(isPart)) {
    return refusal(400, Code.PROTOCOL, 'ERR an upload ends with {"size", "parts": [{"partNumber", "etag"}]}');
  }
  return whole(bucket, await upload.complete(parts), id, size);
}

/** @param {unknown} p @returns {p is R2UploadedPart} */
function isPart(p) {
  if (typeof p !== "object" || p === null) return false;
  const { partNumber, etag } = /** @type {{partNumber?: unknown, etag?: unknown}} */ (p);
  return typeof partNumber === "number" && typeof etag === "string";
}

/**
 * @param {Request} request
 * @param {R2Bucket} bucket
 * @param {string} key
 */
async function get(request, bucket, key) {
  const asked = request.headers.get("Range");
  /** @type {R2Range | undefined} */
  let range;
  if (asked !== null) {
    const { 1: from, 2: to } = RANGE.exec(asked) ?? [];
    if (from === undefined || Number(to) < Number(from)) return refusal(416, Code.PROTOCOL, "ERR a range is bytes=FIRST-LAST");
    range = { offset: Number(from), length: Number(to) - Number(from) + 1 };
  }
  const found = await bucket.get(key, range === undefined ? {} : { range });
  if (found === null) return refusal(404, Code.NOT_FOUND, "ERR the value is not in R2: its key was deleted or has another value by now");
  return new Response(found.body, {
    status: range === undefined ? 200 : 206,
    headers: { "Content-Type": "application/octet-stream", "Cache-Control": "no-store", "X-Redis2cf-Size": String(found.size) },
  });
}

/** A UUID of version 7 without dashes: 48 bits of Unix milliseconds, the rest is drawn. */
export function newID() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const now = Date.now();
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(now / 2 ** (40 - 8 * i)) & 0xff;
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

const FOLLOWER = 3;
const TASK = Object.freeze({ WAIT: 0, LIST: 4, DROP: 5 });
const PAGE = 1000; // names of a list
const ERROR_CHARACTERS = 200;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Carries out for one object what is to be done with its part of the bucket. */
export class BlobSweep {
  /**
   * @param {Redis2cfObject} object
   * @param {R2Bucket | undefined} bucket
   */
  constructor(object, bucket) {
    this.object = object;
    this.bucket = bucket;
    this.prefix = `${object.id}/`;
    this.running = false;
  }

  /** Is called after each output that says that R2 has work. */
  work() {
    if (this.running) return;
    this.running = true;
    // Not within the engine's call that asked for it.
    this.object.background(Promise.resolve().then(() => this.run()));
  }

  async run() {
    try {
      for (;;) {
        // The flag comes again with an output, or the alarm, when it is time.
        const task = this.object.follow(FOLLOWER);
        if (task[0] === TASK.WAIT) return;
        const receipt = await this.carry(task);
        this.object.followed(FOLLOWER, receipt);
      }
    } catch (e) {
      if (!(e instanceof EngineFault)) throw e; // it is logged; the object opens anew with its next call
    } finally {
      this.running = false;
    }
  }

  /**
   * Carries a task out and returns the receipt.
   * @param {Uint8Array} task
   */
  async carry(task) {
    try {
      if (this.bucket === undefined) throw new Error("the Worker has no R2 bucket any more; its values stay there");
      const at = new Reader(task, 1);
      if (task[0] === TASK.LIST) {
        const after = at.text();
        const page = await this.bucket.list({ prefix: this.prefix, limit: PAGE, ...(after === "" ? {} : { startAfter: this.prefix + after }) });
        return listReceipt(page.objects.map((o) => encoder.encode(o.key.slice(this.prefix.length))), page.truncated);
      }
      if (task[0] !== TASK.DROP) throw new Error(`a task of the kind ${task[0]} means nothing to R2`);
      /** @type {string[]} */
      const keys = [];
      for (let n = at.u32(); n > 0; n--) keys.push(this.prefix + at.text());
      await this.bucket.delete(keys);
      return new Uint8Array([0]);
    } catch (e) {
      const text = encoder.encode(String(e instanceof Error ? e.message : e).slice(0, ERROR_CHARACTERS));
      return concat([new Uint8Array([1]), counted(text)]);
    }
  }
}

class Reader {
  /**
   * @param {Uint8Array} bytes
   * @param {number} at
   */
  constructor(bytes, at) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  u32() {
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }

  text() {
    const n = this.u32();
    this.at += n;
    return decoder.decode(this.bytes.subarray(this.at - n, this.at));
  }
}

/** @param {number} n */
function u32(n) {
  const b = new Uint8Array(4);
  new DataView(b.buffer).setUint32(0, n, true);
  return b;
}

/** @param {Uint8Array} bytes */
const counted = (bytes) => concat([u32(bytes.length), bytes]);

/**
 * @param {Uint8Array[]} names
 * @param {boolean} more
 */
const listReceipt = (names, more) => concat([new Uint8Array([0, more ? 1 : 0]), u32(names.length), ...names.map(counted)]);

/** @param {Uint8Array[]} parts */
function concat(parts) {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}
