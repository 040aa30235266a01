// Sockets that may be closing, and the bodies of requests.

import { closeCode, errorMessage } from "./frame.js";

/**
 * @param {WebSocket} ws
 * @param {ArrayBuffer | Uint8Array} bytes
 */
export function send(ws, bytes) {
  try {
    ws.send(bytes);
  } catch {
    // It is closing: its close event comes.
  }
}

/**
 * @param {WebSocket} ws
 * @param {number} code
 * @param {string} reason
 */
export function close(ws, code, reason) {
  try {
    // 1005 and 1006 say that there was no code; they cannot be sent.
    if (code === 1005 || code === 1006) ws.close();
    else ws.close(code, reason.slice(0, 40));
  } catch {
    // It is closed.
  }
}

/**
 * Ends a socket with an error.
 * @param {WebSocket} ws
 * @param {number} code
 * @param {string} text
 */
export function end(ws, code, text) {
  send(ws, errorMessage(code, 0, true, text));
  close(ws, closeCode(code), text);
}

/** How many bytes of bodies may be in memory at once, in the isolate; those of small ones do not count. */
const MOST_HELD = 48 << 20;
const SMALL = 1 << 20;

let held = 0;

/** There are too many large requests under way: nothing of this one was done. */
export class Busy extends Error {
  overloaded = true;
}

/**
 * The body of a request, null when it is larger than the limit. A little more than
 * that is read, since a client that is still sending does not read an answer.
 * @param {Request} request
 * @param {number} limit bytes
 * @throws {Busy}
 */
export async function bodyOf(request, limit) {
  if (Number(request.headers.get("Content-Length") ?? "0") > 2 * limit) return null;
  if (request.body === null) return new Uint8Array(0);
  /** @type {Uint8Array[]} */
  const chunks = [];
  let size = 0;
  let kept = 0;
  try {
    for await (const chunk of request.body) {
      size += chunk.length;
      if (size > 2 * limit) return null;
      if (size > limit) {
        chunks.length = 0;
        held -= kept;
        kept = 0;
        continue;
      }
      chunks.push(chunk);
      kept += chunk.length;
      held += chunk.length;
      if (size > SMALL && held > MOST_HELD) throw new Busy("too many large requests are under way");
    }
  } finally {
    held -= kept;
  }
  if (size > limit) return null;
  if (chunks.length === 1) return chunks[0];
  const out = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}
