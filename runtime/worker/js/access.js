// Who may do what: the tokens of the secret REDIS2CF_TOKENS, which holds digests
// only. The namespace that a request works in comes from its token, never from its
// URL; a header may name a part below it.

import { Code, echo, refusal } from "./frame.js";

/**
 * A token, as `redis2cf worker token` writes it into the secret.
 * @typedef {object} TokenRecord
 * @property {string} name for people; it is no secret
 * @property {string} digest SHA-256 of the token, 64 hexadecimal digits
 * @property {string} namespace what it gives access to
 * @property {boolean} write whether it may change anything
 */

/**
 * What a request may do.
 * @typedef {object} Access
 * @property {string} digest of its token
 * @property {string} namespace with the part that the client asked for
 * @property {boolean} write
 */

/**
 * @typedef {object} Known
 * @property {TokenRecord[]} records
 * @property {Uint8Array[]} digests of the records, in the same order
 */

const NAMESPACE = /^[a-z][a-z0-9_-]{0,39}$/;
/** A part of a namespace may have parts itself: those of a client of a program. */
const PART = /^[a-z][a-z0-9_-]{0,39}(\/[a-z][a-z0-9_-]{0,39})?$/;
const DIGEST = /^[0-9a-f]{64}$/;
const LONGEST_TOKEN = 512;

const encoder = new TextEncoder();

/** @type {string | undefined} */
let knownText;
/** @type {Known} */
let known = { records: [], digests: [] };

/**
 * The records of the secret. The secret is the same for as long as the isolate
 * lives, so it is read once.
 * @param {{REDIS2CF_TOKENS?: string}} env
 * @returns {Known}
 * @throws {Error} when the secret cannot be read; the text does not quote it
 */
export function tokens(env) {
  const text = env.REDIS2CF_TOKENS ?? "[]";
  if (text !== knownText) {
    known = parse(text);
    knownText = text;
  }
  return known;
}

/**
 * @param {string} text
 * @returns {Known}
 */
function parse(text) {
  /** @type {unknown} */
  let list;
  try {
    list = JSON.parse(text);
  } catch {
    throw new Error("the secret REDIS2CF_TOKENS is not JSON: write it with redis2cf worker token");
  }
  if (!Array.isArray(list)) throw new Error("the secret REDIS2CF_TOKENS is not a list: write it with redis2cf worker token");
  /** @type {Known} */
  const out = { records: [], digests: [] };
  list.forEach((r, i) => {
    const ok =
      typeof r === "object" && r !== null && typeof r.name === "string" && typeof r.digest === "string" && DIGEST.test(r.digest) &&
      typeof r.namespace === "string" && NAMESPACE.test(r.namespace) && typeof r.write === "boolean";
    if (!ok) throw new Error(`record ${i} of the secret REDIS2CF_TOKENS is damaged: write it with redis2cf worker token`);
    out.records.push(r);
    out.digests.push(bytesOf(r.digest));
  });
  return out;
}

/** @param {string} hex */
function bytesOf(hex) {
  const out = new Uint8Array(hex.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return out;
}

/**
 * The record of a digest, undefined when the token is not valid any more.
 * @param {Known} from
 * @param {string} digest
 */
export function recordOf(from, digest) {
  return from.records.find((r) => r.digest === digest);
}

/**
 * What a request may do, or the answer that refuses it.
 * @param {Request} request
 * @param {URL} url of the request
 * @param {{REDIS2CF_TOKENS?: string}} env
 * @returns {Promise<Access | Response>}
 */
export async function accessOf(request, url, env) {
  const list = tokens(env);
  const header = request.headers.get("Authorization") ?? "";
  const token = /^Bearer +(\S+) *$/i.exec(header)?.[1] ?? "";
  const refuse = token.length > LONGEST_TOKEN || (token === "" && (header !== "" || !local(request, url)));
  // As much work for a token that is not known, whichever it resembles: its digest
  // is compared with all of them, and none ends the loop.
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(refuse ? "" : token)));
  let found = -1;
  for (let i = 0; i < list.digests.length; i++) {
    if (crypto.subtle.timingSafeEqual(digest, list.digests[i]) && found < 0) found = i; // the same as recordOf finds
  }
  if (refuse || found < 0) {
    let text = "ERR the token is not valid";
    if (token === "") text = "ERR no token: send Authorization: Bearer TOKEN";
    if (list.records.length === 0) text = "ERR this Worker has no tokens yet: make one with redis2cf worker token";
    return refusal(401, Code.TOKEN, text, {
      "WWW-Authenticate": 'Bearer realm="redis2cf"',
    });
  }
  const record = list.records[found];
  const part = request.headers.get("X-Redis2cf-Namespace") ?? "";
  if (part !== "" && !PART.test(part)) {
    return refusal(403, Code.TOKEN, `ERR "${echo(part)}" names no namespace: allowed are 1 to 40 of a-z, 0-9, - and _, a letter first, or two such names with a slash between them`);
  }
  return { digest: record.digest, namespace: part === "" ? record.namespace : `${record.namespace}/${part}`, write: record.write };
}

/**
 * Whether a request without a token can only have come from a program of this
 * machine: the host is loopback, which rules out names that point here, no
 * browser sent it on behalf of a page, and no tunnel from elsewhere. Such a request is served if the secret has
 * a record with the digest of the empty string, as that of a local run.
 * @param {Request} request
 * @param {URL} url
 */
function local(request, url) {
  const h = url.hostname;
  if (h !== "localhost" && h !== "[::1]" && !/^127(\.\d{1,3}){3}$/.test(h)) return false;
  return !FOREIGN.some((name) => request.headers.has(name));
}

/** Headers of requests that a browser sends for a page, or that a proxy or a tunnel passes on. */
const FOREIGN = ["Origin", "Sec-Fetch-Site", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "Via"];
