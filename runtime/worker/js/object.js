// The Durable Object: sockets, requests, timers and rows of one object, which the
// engine's instance works with. What is to be done is decided in the engine.

import { DurableObject } from "cloudflare:workers";
import { recordOf, tokens } from "./access.js";
import { BlobSweep } from "./blobs.js";
import { Flag, Scope, Send } from "./border.js";
import { Followers } from "./followers.js";
import { Code, MAX_MESSAGE, closeCode, errorMessage, partsOf, refusal, seqOf, seqOfBody } from "./frame.js";
import { EngineFault, engine, now } from "./instance.js";
import { Runner } from "./program.js";
import { Busy, bodyOf, close, end, send } from "./sockets.js";
import { Timers } from "./timers.js";

/** @import {Connection} from "./border.js" */

/**
 * @typedef {object} Env
 * @property {DurableObjectNamespace} REDIS2CF_OBJECTS
 * @property {string} [REDIS2CF_TOKENS] see access.js
 * @property {D1Database} [REDIS2CF_D1]
 * @property {KVNamespace} [REDIS2CF_KV]
 * @property {R2Bucket} [REDIS2CF_R2]
 */

/**
 * A WebSocket, as it is kept with the socket while the object hibernates.
 * @typedef {object} Attachment
 * @property {number} conn
 * @property {string} digest of its token
 * @property {ArrayBuffer | null} note the engine's
 */

/**
 * @typedef {Connection & {socket: WebSocket, digest: string}} Socket
 */

/**
 * A request that waits for its answer.
 * @typedef {Connection & {parts: Uint8Array[], done: (() => void) | null, over: boolean}} Exchange
 */

/** Rows of garbage that are removed at once, and the pause after them, in milliseconds. */
const SWEEP_ROWS = 128;
const SWEEP_PAUSE = 20;

/** The longest that a request waits; the engine ends a poll after 25 seconds. */
const LONGEST_POLL = 30_000;

/** @extends {DurableObject<Env>} */
export class Redis2cfObject extends DurableObject {
  /**
   * @param {DurableObjectState} ctx
   * @param {Env} env
   */
  constructor(ctx, env) {
    super(ctx, env);
    this.id = ctx.id.toString();
    this.name = ctx.id.name ?? "";
    this.runner = new Runner(ctx.storage);
    this.handle = engine.handleFor(this, this.id);
    this.generation = 0;
    /** @type {Map<number, Socket>} */
    this.sockets = new Map();
    /** @type {Map<number, Exchange>} */
    this.exchanges = new Map();
    /** @type {Map<WebSocket, Socket>} */
    this.bySocket = new Map();
    this.lastConn = 0;
    this.timers = new Timers(ctx.storage, () => this.tick(), () => this.generation !== engine.generation);
    this.collecting = false;
    this.sweeping = false;
    this.events = 0; // that reached the object: each begins an invocation
    this.billed = { messages: 0, requests: 0 }; // since then, with rows counted by the runner
    this.followers = new Followers(this, env);
    this.blobs = new BlobSweep(this, env.REDIS2CF_R2);
    for (const ws of ctx.getWebSockets()) this.wake(ws);
    void ctx.blockConcurrencyWhile(() => this.timers.load());
  }

  /**
   * Takes a socket over that was accepted before the object hibernated.
   * @param {WebSocket} ws
   */
  wake(ws) {
    /** @type {Attachment | null} */
    const kept = ws.deserializeAttachment();
    if (kept === null) {
      close(ws, closeCode(Code.FAULT), "the socket has no session"); // it was closed before
      return undefined;
    }
    if (kept.conn > this.lastConn) this.lastConn = kept.conn;
    const record = recordOf(tokens(this.env), kept.digest);
    // The name begins with the namespace that the token had.
    if (record === undefined || record.namespace !== this.name.split(/[/:]/, 1)[0]) {
      end(ws, Code.ROTATED, "ERR the token is not valid any more");
      return undefined;
    }
    return this.keep({ conn: kept.conn, scope: record.write ? Scope.WRITE : 0, note: kept.note, socket: ws, digest: kept.digest });
  }

  /** @param {Socket} s */
  keep(s) {
    this.sockets.set(s.conn, s);
    this.bySocket.set(s.socket, s);
    return s;
  }

  // Events of the platform.

  /**
   * What the Worker passes on after it has checked the token: it says in headers
   * what the token may do. Nobody else reaches an object.
   * @override
   * @param {Request} request
   */
  async fetch(request) {
    this.events++;
    this.billed.requests++;
    if (this.name === "") return refusal(500, Code.FAULT, "ERR the object does not know its name: deploy with the compatibility date of the project");
    const digest = request.headers.get("X-Redis2cf-Digest") ?? "";
    const scope = request.headers.get("X-Redis2cf-Write") === "1" ? Scope.WRITE : 0;
    const path = new URL(request.url).pathname;
    switch (path) {
      case "/v1/connect":
        return this.accept(request, digest, scope);
      case "/v1/frame":
        return this.post(request, scope);
      case "/v1/stats":
        return Response.json({
          followers: engine.followers(this),
          ...engine.stats(),
          databaseBytes: this.ctx.storage.sql.databaseSize,
          sockets: this.sockets.size,
          requests: this.exchanges.size,
          billed: { ...this.billed, alarms: this.timers.alarms, rowsRead: this.runner.rowsRead, rowsWritten: this.runner.rowsWritten },
        });
      case "/v1/rebuild/d1":
      case "/v1/rebuild/kv":
        if (!(scope & Scope.WRITE)) return refusal(403, Code.TOKEN, "NOPERM this token may only read");
        this.rebuild(path.endsWith("d1") ? 1 : 2);
        return Response.json({ followers: engine.followers(this) }, { status: 202 });
    }
    return refusal(404, Code.NOT_FOUND, "ERR there is no such path");
  }

  /**
   * @param {Request} request
   * @param {string} digest
   * @param {number} scope
   */
  accept(request, digest, scope) {
    const { 0: theirs, 1: ours } = new WebSocketPair();
    const s = { conn: ++this.lastConn, scope, note: null, socket: ours, digest };
    this.ctx.acceptWebSocket(ours);
    this.attachTo(s);
    try {
      if (this.generation === engine.generation) engine.call(this, (x, handle) => x.attach(handle, s.conn, s.scope, 0));
    } catch (e) {
      if (!(e instanceof EngineFault)) throw e; // it is attached when the object opens
    }
    this.keep(s);
    const protocol = request.headers.get("Sec-WebSocket-Protocol");
    return new Response(null, {
      status: 101,
      webSocket: theirs,
      headers: protocol === null ? {} : { "Sec-WebSocket-Protocol": protocol },
    });
  }

  /** @param {Socket} s */
  attachTo(s) {
    /** @type {Attachment} */
    const kept = { conn: s.conn, digest: s.digest, note: s.note };
    s.socket.serializeAttachment(kept);
  }

  /**
   * @override
   * @param {WebSocket} ws
   * @param {string | ArrayBuffer} message
   */
  webSocketMessage(ws, message) {
    this.events++;
    this.billed.messages++;
    const s = this.bySocket.get(ws) ?? this.wake(ws);
    if (s === undefined) return;
    if (typeof message === "string") return end(ws, Code.PROTOCOL, "ERR a text message: the protocol is binary");
    const bytes = new Uint8Array(message);
    if (bytes.length > MAX_MESSAGE) {
      return send(ws, errorMessage(Code.TOO_LARGE, seqOf(bytes), false, `ERR a message of ${bytes.length} bytes is larger than ${MAX_MESSAGE}`));
    }
    try {
      engine.message(this, s.conn, bytes, false);
    } catch (e) {
      send(ws, this.fault(e, seqOf(bytes)));
    }
  }

  /**
   * @override
   * @param {WebSocket} ws
   * @param {number} code
   * @param {string} reason
   */
  webSocketClose(ws, code, reason) {
    this.drop(ws);
    close(ws, code, reason);
  }

  /**
   * @override
   * @param {WebSocket} ws
   */
  webSocketError(ws) {
    this.drop(ws);
  }

  /** @override */
  alarm() {
    this.events++;
    if (this.name !== "") return this.timers.rang();
    console.error("redis2cf: an alarm of an object that does not know its name: deploy with the compatibility date of the project");
  }

  // HTTP.

  /**
   * A hello and a message as one request: for clients that have no WebSocket.
   * @param {Request} request
   * @param {number} scope
   */
  async post(request, scope) {
    let bytes;
    try {
      bytes = await bodyOf(request, MAX_MESSAGE);
    } catch (e) {
      if (!(e instanceof Busy)) throw e;
      return refusal(503, Code.OVERLOAD, `ERR ${e.message}: try again later`, { "Retry-After": "1" });
    }
    if (bytes === null) return refusal(413, Code.TOO_LARGE, `ERR the request is larger than ${MAX_MESSAGE} bytes`);
    /** @type {Exchange} */
    const e = { conn: ++this.lastConn, scope: scope | Scope.HTTP, note: null, parts: [], done: null, over: false };
    try {
      engine.call(this, (x, handle) => x.attach(handle, e.conn, e.scope, 0));
      this.exchanges.set(e.conn, e);
      engine.message(this, e.conn, bytes, true);
    } catch (error) {
      this.exchanges.delete(e.conn);
      e.parts = [this.fault(error, seqOfBody(bytes))];
      e.over = true;
    }
    if (!e.over) await this.pending(e);
    return new Response(partsOf(e.parts), { headers: { "Content-Type": "application/octet-stream", "Cache-Control": "no-store" } });
  }

  /**
   * Waits for the end of an exchange. Whether the client is still there cannot be
   * known before the answer is sent: another poll of its session ends this one.
   * @param {Exchange} e
   */
  async pending(e) {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    await new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
      e.done = resolve;
      timer = setTimeout(resolve, LONGEST_POLL);
    });
    clearTimeout(timer ?? null);
    if (!e.over) {
      this.left(e.conn);
      this.exchanges.delete(e.conn);
    }
  }

  // What the engine asks for: a Host of border.js.

  /**
   * Is asked when the object opens. Requests that wait are none of them: what they wait
   * for is gone with the engine that was, and they end, so that their clients ask again.
   * @returns {Iterable<Connection>}
   */
  connections() {
    for (const e of this.exchanges.values()) if (e.done !== null) this.over(e);
    return [...this.sockets.values(), ...this.exchanges.values()];
  }

  /** @param {Exchange} e */
  over(e) {
    this.exchanges.delete(e.conn);
    e.over = true;
    e.done?.();
  }

  /**
   * @param {number} conn
   * @param {number} kind
   * @param {number} code
   * @param {ArrayBuffer} bytes
   */
  send(conn, kind, code, bytes) {
    if (kind === Send.NOTE) return this.note(conn, bytes);
    const s = this.sockets.get(conn);
    if (s !== undefined) {
      if (kind === Send.MESSAGE) return send(s.socket, bytes);
      this.sockets.delete(conn);
      this.bySocket.delete(s.socket);
      // Until its client answers, if there is one yet, the platform hands the socket out
      // again: its session may be another socket's by now.
      s.socket.serializeAttachment(null);
      return close(s.socket, code, new TextDecoder().decode(bytes));
    }
    const e = this.exchanges.get(conn);
    if (e === undefined) return; // the client left
    if (kind === Send.MESSAGE) {
      e.parts.push(new Uint8Array(bytes));
      return;
    }
    this.over(e);
  }

  /**
   * Keeps with a socket what the engine wants to know of it after hibernation.
   * @param {number} conn
   * @param {ArrayBuffer} bytes
   */
  note(conn, bytes) {
    const s = this.sockets.get(conn);
    if (s === undefined) return;
    s.note = bytes;
    this.attachTo(s);
  }

  /**
   * @param {number} timer
   * @param {number} alarm
   * @param {number} flags
   */
  next(timer, alarm, flags) {
    this.timers.next(timer, alarm, (flags & Flag.BLOCKED) !== 0);
    if (flags & Flag.COLLECT) this.collectSoon();
    if (flags & Flag.SWEEP) this.sweepSoon();
    if (flags & (Flag.D1 | Flag.KV | Flag.R2)) this.followers.work(flags);
    if (flags & Flag.R2) this.blobs.work();
  }

  tick() {
    this.safely(() => engine.call(this, (x, handle) => x.tick(handle, now(), engine.seed())));
  }

  /** Collects garbage when the answers of this event have left. */
  collectSoon() {
    if (this.collecting) return;
    this.collecting = true;
    const collect = () => {
      this.collecting = false;
      engine.collect(false);
    };
    this.ctx.storage.sync().then(() => setTimeout(collect, 0), collect);
  }

  /** Removes garbage rows a few at a time, between frames. */
  sweepSoon() {
    if (this.sweeping) return;
    this.sweeping = true;
    setTimeout(() => {
      this.sweeping = false;
      this.safely(() => engine.call(this, (x, handle) => x.sweep(handle, SWEEP_ROWS)));
    }, SWEEP_PAUSE);
  }

  // Followers call these.

  /** Has the alarm call, because the rest is for another invocation. */
  callSoon() {
    this.timers.setAlarm(Date.now());
  }

  /** The bindings of the Worker. */
  get bindings() {
    return this.env;
  }

  /**
   * Says that work goes on when the call that began it has ended.
   * @param {Promise<unknown>} work
   */
  background(work) {
    this.ctx.waitUntil(work);
  }

  /**
   * What a follower is to do next.
   * @param {number} follower
   */
  follow(follower) {
    return engine.task(this, follower);
  }

  /**
   * Says what a follower did.
   * @param {number} follower
   * @param {Uint8Array} receipt
   */
  followed(follower, receipt) {
    engine.callWith(this, receipt, (x, handle, n) => x.followed(handle, follower, now(), n));
  }

  /**
   * Has a follower fed anew from the object's rows.
   * @param {number} follower
   */
  rebuild(follower) {
    engine.call(this, (x, handle) => x.rebuild(handle, follower, now()));
  }

  // Ends.

  /** @param {WebSocket} ws */
  drop(ws) {
    const s = this.bySocket.get(ws);
    if (s === undefined) return;
    // If this is what woke the object, the engine hears of the socket before it hears
    // of its end: what it listened to has rows.
    this.left(s.conn);
    this.bySocket.delete(ws);
    this.sockets.delete(s.conn);
  }

  /** @param {number} conn */
  left(conn) {
    this.safely(() => engine.call(this, (x, handle) => x.closed(handle, conn, now(), engine.seed())));
  }

  /**
   * Does what nobody waits for. After a trap the object is opened again, later each
   * time that it fails.
   * @param {() => void} body
   */
  safely(body) {
    // Another construction of the same object may have taken its handle.
    if (!engine.current(this.id, this.handle)) return;
    try {
      body();
      this.timers.succeeded();
    } catch (e) {
      if (!(e instanceof EngineFault)) throw e;
      this.timers.failed();
    }
  }

  /**
   * The message for what the engine could not serve.
   * @param {unknown} e
   * @param {number} seq of the frame that it was; 0: another message
   */
  fault(e, seq) {
    if (!(e instanceof EngineFault)) throw e;
    console.error("redis2cf: a message is refused:", e.message);
    return errorMessage(Code.FAULT, seq, false, `ERR ${e.message}; nothing of this was stored`);
  }
}
