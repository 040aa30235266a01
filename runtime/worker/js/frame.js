// The little of the frame protocol that is needed where the engine cannot be
// asked: errors, and the number of a frame that is refused unread. The protocol
// is runtime/internal/frame; its numbers and limits are repeated here and a test
// holds the two together.

/** The version of the protocol. */
export const VERSION = 1;

/** The WebSocket subprotocol of VERSION. */
export const SUBPROTOCOL = "redis2cf.v1";

/** The largest message, in bytes. Larger ones are refused before the engine sees them. */
export const MAX_MESSAGE = 16 << 20;

/** What an error means to a program. */
export const Code = Object.freeze({
  PROTOCOL: 1,
  VERSION: 2,
  TOKEN: 3,
  OUTCOME: 4,
  TOO_LARGE: 5,
  OVERLOAD: 6,
  FAULT: 7,
  REPLACED: 8,
  ROTATED: 9,
  NOT_FOUND: 10,
  UNSERVED: 11,
});

const KIND_FRAME = 0x46; // F
const KIND_ERROR = 0x45; // E
const encoder = new TextEncoder();

/**
 * The code with which a socket is closed for an error: WebSocket leaves 4000 to
 * 4999 to applications.
 * @param {number} code
 */
export const closeCode = (code) => 4000 + code;

/**
 * A text that echoes something that a client sent: at most 128 bytes of it, without
 * characters that would disturb a log.
 * @param {string} s
 */
export function echo(s) {
  let out = "";
  let bytes = 0;
  for (const c of s.slice(0, 128)) {
    const point = /** @type {number} */ (c.codePointAt(0));
    const shown = point < 0x20 || point === 0x7f || (point >= 0xd800 && point < 0xe000) ? "?" : c;
    bytes += point < 0x80 || shown === "?" ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (bytes > 128) break;
    out += shown;
  }
  return out;
}

/**
 * The number of a frame; 0 for any other message.
 * @param {Uint8Array} message
 */
export function seqOf(message) {
  if (message[0] !== KIND_FRAME) return 0;
  let n = 0;
  let scale = 1;
  for (let i = 1; i < message.length && i < 9; i++) {
    const c = message[i];
    n += (c & 0x7f) * scale;
    if (c < 0x80) return n <= Number.MAX_SAFE_INTEGER ? n : 0;
    scale *= 128;
  }
  return 0;
}

/**
 * The number of the frame in the body of an HTTP request, behind its hello; 0 for any
 * other body.
 * @param {Uint8Array} body
 */
export function seqOfBody(body) {
  let at = 0;
  for (let part = 0; part < 2; part++) {
    let n = 0;
    for (let scale = 1; ; scale *= 128) {
      const c = body[at++];
      if (c === undefined || scale > MAX_MESSAGE) return 0;
      n += (c & 0x7f) * scale;
      if (c < 0x80) break;
    }
    if (part === 0) at += n;
  }
  return seqOf(body.subarray(at));
}

/**
 * Writes an unsigned varint.
 * @param {number[]} to
 * @param {number} n
 */
function num(to, n) {
  while (n >= 0x80) {
    to.push((n % 128) | 0x80);
    n = Math.floor(n / 128);
  }
  to.push(n);
}

/**
 * An error message.
 * @param {number} code
 * @param {number} seq of the frame that it answers; 0: none
 * @param {boolean} fatal the connection ends
 * @param {string} text
 */
export function errorMessage(code, seq, fatal, text) {
  const body = encoder.encode(text);
  /** @type {number[]} */
  const head = [KIND_ERROR];
  num(head, code);
  num(head, seq);
  head.push(fatal ? 1 : 0);
  num(head, body.length);
  const out = new Uint8Array(head.length + body.length);
  out.set(head);
  out.set(body, head.length);
  return out;
}

/**
 * The body of an HTTP answer: messages, each with its length before it.
 * @param {Uint8Array[]} messages
 */
export function partsOf(messages) {
  /** @type {number[][]} */
  const heads = [];
  let size = 0;
  for (const m of messages) {
    /** @type {number[]} */
    const head = [];
    num(head, m.length);
    heads.push(head);
    size += head.length + m.length;
  }
  const out = new Uint8Array(size);
  let at = 0;
  for (let i = 0; i < messages.length; i++) {
    out.set(heads[i], at);
    at += heads[i].length;
    out.set(messages[i], at);
    at += messages[i].length;
  }
  return out;
}

/**
 * An HTTP answer that says what went wrong, in JSON: {"code": 3, "text": "…"}.
 * @param {number} status
 * @param {number} code
 * @param {string} text
 * @param {Record<string, string>} [headers]
 */
export function refusal(status, code, text, headers) {
  return Response.json({ code, text }, { status, headers: { "Cache-Control": "no-store", ...headers } });
}
