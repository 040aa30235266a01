// Tests of the modules that need no engine, run on workerd by js_test.go:
// GET /names lists them, GET /run/NAME runs one.

import { DurableObject } from "cloudflare:workers";
import { accessOf, recordOf, tokens } from "./access.js";
import { Budget } from "./budget.js";
import { MAX_MESSAGE, SUBPROTOCOL, VERSION, Code, echo, errorMessage, partsOf, seqOf, seqOfBody } from "./frame.js";
import { nameIn, primariesOf } from "./kv.js";
import { Memory, Runner } from "./program.js";
import { Timers } from "./timers.js";
import { Exit, Wasi } from "./wasi.js";

const hex = (b) => [...new Uint8Array(b)].map((c) => c.toString(16).padStart(2, "0")).join("");
const digestOf = async (s) => hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(s)));
const show = (v) => JSON.stringify(v, (_, x) => (x instanceof ArrayBuffer || ArrayBuffer.isView(x) ? "0x" + hex(x.buffer ?? x) : typeof x === "bigint" ? String(x) : x));
function same(got, want, what = "") {
  if (show(got) !== show(want)) throw new Error(`${what}: got ${show(got)}, want ${show(want)}`);
}
function throws(body, part) {
  try {
    body();
  } catch (e) {
    if (!String(e.message).includes(part)) throw new Error(`the error ${e.message} does not say ${part}`);
    return e;
  }
  throw new Error(`nothing was thrown, ${part} was expected`);
}

// A program as the engine writes it, at address 8 of fresh memory.
function program(statements) {
  const wasm = new WebAssembly.Memory({ initial: 32 });
  const v = new DataView(wasm.buffer);
  const u = new Uint8Array(wasm.buffer);
  let at = 8;
  v.setUint32(at, statements.length, true);
  at += 4;
  for (const [index, ...params] of statements) {
    v.setUint16(at, index, true);
    v.setUint16(at + 2, params.length, true);
    at += 4;
    for (const p of params) {
      if (p === null) u[at++] = 0;
      else if (typeof p === "number") {
        u[at] = 1;
        v.setFloat64(at + 1, p, true);
        at += 9;
      } else {
        const bytes = typeof p === "string" ? new TextEncoder().encode(p) : p;
        u[at] = typeof p === "string" ? 3 : 2;
        v.setUint32(at + 1, bytes.length, true);
        u.set(bytes, at + 5);
        at += 5 + bytes.length;
      }
    }
  }
  return new Memory(wasm);
}

// What a runner kept, read as the engine reads it.
function fetched(runner) {
  const memory = new Memory(new WebAssembly.Memory({ initial: 32 }));
  runner.fetch(memory, 3);
  return memory.bytes.slice(3, 3 + runner.keptLength);
}
function rowsOf(b) {
  const v = new DataView(b.buffer, b.byteOffset);
  const out = { more: b[0], rows: [] };
  let at = 7;
  for (let i = v.getUint32(1, true); i > 0; i--) {
    const row = [];
    for (let j = v.getUint16(5, true); j > 0; j--) {
      const tag = b[at++];
      if (tag === 0) row.push(null);
      else if (tag === 1) {
        row.push(v.getFloat64(at, true));
        at += 8;
      } else {
        const n = v.getUint32(at, true);
        const bytes = b.slice(at + 4, at + 4 + n);
        row.push(tag === 3 ? new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes) : bytes);
        at += 4 + n;
      }
    }
    out.rows.push(row);
  }
  if (at !== b.length) throw new Error(`${b.length - at} bytes follow the rows`);
  return out;
}

const TEXTS = [
  "CREATE TABLE IF NOT EXISTS t (k BLOB PRIMARY KEY, v, i INTEGER) WITHOUT ROWID",
  "INSERT INTO t VALUES (?, ?, ?)",
  "SELECT k, v, i, typeof(i) FROM t ORDER BY k",
  "DELETE FROM t",
  "SELECT ?",
  "SELECT zeroblob(?) FROM (SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3)",
];
const bytes = (...b) => new Uint8Array(b);

// Timers on a clock that the test moves. It counts what was set.
function timed(body) {
  const real = { now: Date.now, set: globalThis.setTimeout, clear: globalThis.clearTimeout };
  const t = { now: 1_000_000, at: 0, go: null, set: 0, alarms: [], ticks: 0, gone: false };
  Date.now = () => t.now;
  globalThis.setTimeout = (go, ms) => {
    if (t.at !== 0) throw new Error("two timers are set");
    [t.at, t.go] = [t.now + ms, go];
    return ++t.set;
  };
  globalThis.clearTimeout = () => (t.at = 0);
  t.advance = (ms) => {
    for (const end = t.now + ms; ; ) {
      if (t.at === 0 || t.at > end) return (t.now = end);
      t.now = t.at;
      t.at = 0;
      t.go();
    }
  };
  const storage = { getAlarm: async () => null, setAlarm: async (at) => void t.alarms.push(at - t.now) };
  t.timers = new Timers(storage, () => { t.ticks++; t.ticked?.(); }, () => t.gone);
  t.next = (timer, alarm, blocked) => t.timers.next(timer && (t.now + timer) * 1000, alarm && (t.now + alarm) * 1000, blocked);
  try {
    body(t);
  } finally {
    [Date.now, globalThis.setTimeout, globalThis.clearTimeout] = [real.now, real.set, real.clear];
  }
}

const rowTests = {
  programsStoreEveryKindOfValue(runner) {
    same(runner.exec(TEXTS, program([[0], [3], [1, bytes(0, 255, 39), "Grüße\u0000\u{1F600}", 2 ** 52 + 1], [1, bytes(1), null, -7], [1, bytes(2), bytes(), 0], [1, bytes(3), "\ufeffmark", 0]]), 8), 0);
    const memory = program([[2]]);
    same(runner.query(TEXTS, memory, 8, 10), runner.keptLength);
    same(rowsOf(fetched(runner)), {
      more: 0,
      rows: [
        [bytes(0, 255, 39), "Grüße\u0000\u{1F600}", 2 ** 52 + 1, "integer"],
        [bytes(1), null, -7, "integer"],
        [bytes(2), bytes(), 0, "integer"],
        [bytes(3), "\ufeffmark", 0, "integer"],
      ],
    });
  },
  aProgramThatFailsStoresNothing(runner) {
    same(runner.exec(TEXTS, program([[0], [3], [1, bytes(1), "old", 0]]), 8), 0);
    same(runner.exec(TEXTS, program([[1, bytes(2), "new", 0], [1, bytes(1), "twice", 0], [1, bytes(3), "new", 0]]), 8), 1);
    const text = new TextDecoder().decode(fetched(runner));
    if (!text.includes("UNIQUE")) throw new Error(text);
    same(runner.errorLength, text.length);
    runner.query(TEXTS, program([[2]]), 8, 10);
    same(rowsOf(fetched(runner)).rows.length, 1);
    // And the next one is not disturbed.
    same(runner.exec(TEXTS, program([[1, bytes(2), "new", 0]]), 8), 0);
  },
  aStatementThatDoesNotExistIsAnError(runner) {
    same(runner.exec(TEXTS, program([[99]]), 8), 1);
    same(runner.query(TEXTS, program([[99]]), 8, 1), -1);
    same(runner.query(TEXTS, program([[4, 1], [4, 2]]), 8, 1), -1);
  },
  queriesEndAtTheirLimitAndSaySo(runner) {
    runner.exec(TEXTS, program([[0], [3], [1, bytes(1), 1, 1], [1, bytes(2), 2, 2], [1, bytes(3), 3, 3]]), 8);
    for (const [limit, rows, more] of [[2, 2, 1], [3, 3, 0], [4, 3, 0], [1, 1, 1]]) {
      runner.query(TEXTS, program([[2]]), 8, limit);
      const got = rowsOf(fetched(runner));
      same([got.rows.length, got.more], [rows, more], `limit ${limit}`);
    }
  },
  queriesEndAfterAQuarterMegabyteButHaveOneRow(runner) {
    for (const [size, rows, more] of [[1000, 3, 0], [100 << 10, 2, 1], [300 << 10, 1, 1], [1 << 20, 1, 1]]) {
      runner.query(TEXTS, program([[5, size]]), 8, 10);
      const got = rowsOf(fetched(runner));
      same([got.rows.length, got.more, got.rows[0][0].length], [rows, more, size], `rows of ${size} bytes`);
    }
  },
  longErrorsAreCut(runner) {
    runner.exec(["SELECT " + "ä".repeat(5000)], program([[0]]), 8);
    if (runner.errorLength > 2048 || runner.errorLength < 100) throw new Error(String(runner.errorLength));
  },
};

const tests = {
  async tokensOpenTheirNamespace() {
    const env = { REDIS2CF_TOKENS: JSON.stringify([
      { name: "a", digest: await digestOf("alpha"), namespace: "one", write: true },
      { name: "b", digest: await digestOf("beta"), namespace: "two", write: false },
    ]) };
    // One digest, two records: the first counts, as it does when a socket wakes up.
    const twice = [{ name: "a", digest: await digestOf("both"), namespace: "one", write: true }, { name: "b", digest: await digestOf("both"), namespace: "two", write: true }];
    const both = await accessOf(new Request("https://worker.example/v1/info", { headers: { Authorization: "Bearer both" } }), new URL("https://worker.example/v1/info"), { REDIS2CF_TOKENS: JSON.stringify(twice) });
    same([both.namespace, recordOf(tokens({ REDIS2CF_TOKENS: JSON.stringify(twice) }), await digestOf("both")).namespace], ["one", "one"]);
    const ask = (headers, url = "https://worker.example/v1/info") => accessOf(new Request(url, { headers }), new URL(url), env);
    const a = await ask({ Authorization: "Bearer alpha" });
    same([a.namespace, a.write], ["one", true]);
    const b = await ask({ Authorization: "bearer beta", "X-Redis2cf-Namespace": "cache" });
    same([b.namespace, b.write], ["two/cache", false]);
    for (const [headers, url, status] of [
      [{}, undefined, 401],
      [{ Authorization: "Bearer gamma" }, undefined, 401],
      [{ Authorization: "Bearer alpha beta" }, undefined, 401],
      [{ Authorization: "Basic alpha" }, undefined, 401],
      [{ Authorization: "Bearer " + "x".repeat(600) }, undefined, 401],
      [{}, "http://127.0.0.1/v1/info", 401],
      [{ Authorization: "Bearer alpha", "X-Redis2cf-Namespace": "a/b/c" }, undefined, 403],
      [{ Authorization: "Bearer alpha", "X-Redis2cf-Namespace": "a/" }, undefined, 403],
      [{ Authorization: "Bearer alpha", "X-Redis2cf-Namespace": "/b" }, undefined, 403],
      [{ Authorization: "Bearer alpha", "X-Redis2cf-Namespace": "a/../b" }, undefined, 403],
      [{ Authorization: "Bearer alpha", "X-Redis2cf-Namespace": ".." }, undefined, 403],
      [{ Authorization: "Bearer alpha", "X-Redis2cf-Namespace": "two:" }, undefined, 403],
    ]) {
      const got = await ask(headers, url);
      if (!(got instanceof Response)) throw new Error(`${show(headers)} was let in: ${show(got)}`);
      same(got.status, status, show(headers));
      const text = await got.text();
      if (/alpha|beta|gamma|xxxx/.test(text)) throw new Error(`the answer tells the token: ${text}`);
    }
  },
  async noTokenIsForThisMachineOnly() {
    const env = { REDIS2CF_TOKENS: JSON.stringify([{ name: "local", digest: await digestOf(""), namespace: "main", write: true }]) };
    for (const [url, headers, ok] of [
      ["http://127.0.0.1:8787/v1/info", {}, true],
      ["http://[::1]:8787/v1/info", {}, true],
      ["http://localhost:8787/v1/info", {}, true],
      ["http://127.0.0.1:8787/v1/info", { Origin: "https://evil.example" }, false],
      ["http://127.0.0.1:8787/v1/info", { "Sec-Fetch-Site": "cross-site" }, false],
      ["http://127.0.0.1.evil.example/v1/info", {}, false],
      ["http://rebound.example:8787/v1/info", {}, false],
      ["https://worker.example/v1/info", { Authorization: "Bearer " }, false],
      ["http://127.0.0.1:8787/v1/info", { Authorization: "Bearer wrong" }, false],
      ["http://127.0.0.1:8787/v1/info", { Authorization: "Basic Og==" }, false],
    ]) {
      const got = await accessOf(new Request(url, { headers }), new URL(url), env);
      same(!(got instanceof Response), ok, url + show(headers));
    }
  },
  secretsThatAreDamagedAreNamedAndNotQuoted() {
    const good = { name: "a", digest: "0".repeat(64), namespace: "one", write: true };
    for (const bad of ["{", '{"a": 1}', "[1]", show([{ ...good, digest: "A".repeat(64) }]), show([{ ...good, namespace: "a/b" }]), show([{ ...good, write: 1 }]), show([good, { ...good, namespace: "" }])]) {
      const e = throws(() => tokens({ REDIS2CF_TOKENS: bad }), "REDIS2CF_TOKENS");
      if (e.message.includes("000")) throw new Error(`it quotes the secret: ${e.message}`);
    }
    same(tokens({}).records.length, 0);
  },

  echoesAreShortAndPrintable() {
    same(echo("a\nb\u0000\u007f\ud800c"), "a?b???c");
    for (const s of ["x".repeat(500), "ü".repeat(500), "\u{1F600}".repeat(500), "€".repeat(43)]) {
      const n = new TextEncoder().encode(echo(s)).length;
      if (n > 128 || n < 125) throw new Error(`${n} bytes of ${s.slice(0, 3)}…`);
    }
  },
  theNumberOfAFrameIsReadAndNothingElse() {
    same(seqOf(bytes(0x46, 0x07)), 7);
    same(seqOf(bytes(0x46, 0xac, 0x02, 1)), 300);
    same(seqOf(bytes(0x48, 0x07)), 0);
    same(seqOf(bytes(0x46)), 0);
    same(seqOf(bytes(0x46, 0x80)), 0);
    same(seqOf(bytes()), 0);
    same(seqOf(bytes(0x46, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1)), 0);
  },

  theNumberOfAFrameInABodyIsBehindTheHello() {
    const hello = new Uint8Array(200).fill(0x46);
    const frame = bytes(0x46, 0xac, 0x02, 9);
    same(seqOfBody(partsOf([hello, frame])), 300);
    same(seqOfBody(partsOf([hello.subarray(0, 0x46), frame])), 300);
    same(seqOfBody(partsOf([hello, bytes(0x50, 7)])), 0);
    for (const cut of [0, 1, 2, 100, 202, 203]) same(seqOfBody(partsOf([hello, frame]).subarray(0, cut)), 0, `cut after ${cut}`);
    same(seqOfBody(new Uint8Array(50).fill(255)), 0);
  },

  onlyWhatIsNearOrBlockedKeepsAnObjectAwake() {
    timed((t) => {
      t.next(0, 0, false);
      t.next(3_600_000, 0, false);
      same([t.set, t.at], [0, 0], "nothing near");
      t.next(500, 0, false);
      t.advance(499);
      same([t.ticks, t.set], [0, 1], "before it is due");
      t.ticked = () => t.next(0, 0, false);
      t.advance(1);
      same([t.ticks, t.at], [1, 0], "when it is due");
      t.next(3_600_000, 0, true);
      t.advance(10_000);
      same([t.ticks, t.at > t.now], [1, true], "blocked, and far");
      t.next(0, 0, false);
      same(t.at, 0, "nothing is blocked any more");
    });
  },
  aTimerThatIsSetEarlierStays() {
    timed((t) => {
      for (let i = 0; i < 100; i++) {
        t.next(5000, 0, true);
        t.now += 5;
      }
      same(t.set, 1, "timers set");
      t.next(10, 0, true);
      same([t.set, t.at - t.now], [2, 10], "an earlier one");
    });
  },
  blockedCommandsHearOfAnEngineThatIsGone() {
    timed((t) => {
      t.next(0, 0, true);
      t.advance(5000);
      same(t.ticks, 0);
      t.gone = true;
      t.ticked = () => (t.gone = false);
      t.advance(1000);
      same(t.ticks, 1);
    });
  },
  whatKeepsFailingIsLeftAlone() {
    timed((t) => {
      const pauses = [];
      let last = t.now;
      t.ticked = () => {
        pauses.push(t.now - last);
        last = t.now;
        t.timers.failed();
      };
      t.timers.failed();
      t.advance(3_600_000);
      same(pauses, [100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000, 10000, 10000, 10000]);
      same(t.at, 0);
      t.timers.succeeded();
      t.timers.failed();
      same(t.at - t.now, 100);
    });
  },
  anAlarmIsSetOnceUntilItRings() {
    timed((t) => {
      for (const at of [60_000, 60_000, 90_000, 61_000]) t.next(0, at, false);
      same(t.alarms, [60_000]);
      t.next(0, 1000, false);
      same(t.alarms, [60_000, 1000]);
      t.timers.rang();
      same(t.ticks, 1);
      t.next(0, 5000, false);
      same([t.alarms, t.timers.alarms], [[60_000, 1000, 5000], 3]);
    });
  },

  anAlarmIsSetOnceForWhatItsTickLeaves() {
    timed((t) => {
      const asked = [];
      t.ticked = () => asked.shift()?.forEach((at) => t.next(0, at, false));
      asked.push([60_000, 0]); // of the object's opening, and of the tick itself
      t.timers.rang();
      same(t.alarms, [], "nothing is left");
      asked.push([60_000, 120_000]);
      t.timers.rang();
      same(t.alarms, [120_000], "something is");
      t.ticked = () => {
        t.next(0, 60_000, false);
        throw new Error("a trap");
      };
      throws(() => t.timers.rang(), "a trap");
      t.ticked = null;
      t.next(0, 30_000, false);
      same(t.alarms, [120_000, 30_000], "afterwards");
    });
  },

  aLoopStopsBeforeAnInvocationIsSpent() {
    let events = 0;
    const budget = new Budget(() => events);
    let tasks = 0;
    for (; budget.left && tasks < 1000; tasks++) budget.spend(48);
    same([tasks * 48 > 850, tasks * 48 <= 1000], [true, true], `${tasks} tasks`);
    same(budget.left, false);
    events++;
    same(budget.left, true);
    budget.spend(1000);
    same(budget.left, false);
  },
  sleepingAdvancesTheClock() {
    const wasi = new Wasi();
    wasi.memory = new WebAssembly.Memory({ initial: 1 });
    const v = wasi.view();
    const call = wasi.imports(["poll_oneoff", "clock_time_get"]);
    const at = () => {
      same(call.clock_time_get(1, 0n, 0), 0);
      return v.getBigUint64(0, true);
    };
    const before = at();
    // A relative sleep of 5 ms, an absolute one that is over, and a descriptor.
    v.setBigUint64(1000, 77n, true);
    v.setUint8(1008, 0);
    v.setUint32(1016, 1, true);
    v.setBigUint64(1024, 5_000_000n, true);
    v.setBigUint64(1048, 78n, true);
    v.setUint8(1056, 1);
    same(call.poll_oneoff(1000, 2000, 2, 3000), 0);
    same(at() - before, 5_000_000n);
    same(v.getUint32(3000, true), 2);
    same([v.getBigUint64(2000, true), v.getUint16(2008, true), v.getUint8(2010)], [77n, 0, 0]);
    same([v.getBigUint64(2032, true), v.getUint16(2040, true), v.getUint8(2042)], [78n, 52, 1]);
    v.setUint16(1040, 1, true);
    v.setBigUint64(1024, at() + 3n, true);
    same(call.poll_oneoff(1000, 2000, 1, 3000), 0);
    same(at() - before, 5_000_003n);
    same(call.poll_oneoff(1000, 2000, 0, 3000), 28);
  },
  randomBytesFillAnyLength() {
    const wasi = new Wasi();
    wasi.memory = new WebAssembly.Memory({ initial: 4 });
    const n = 200_000;
    same(wasi.imports(["random_get"]).random_get(1, n), 0);
    const filled = new Uint8Array(wasi.memory.buffer);
    if (filled[0] !== 0 || filled[n + 1] !== 0) throw new Error("bytes beside it were written");
    for (let at = 1; at < n; at += 1000) if (filled.subarray(at, at + 1000).every((b) => b === 0)) throw new Error(`nothing at ${at}`);
  },
  whatIsNotThereSaysSo() {
    const wasi = new Wasi();
    wasi.memory = new WebAssembly.Memory({ initial: 1 });
    const call = wasi.imports(["sock_accept", "path_open", "fd_prestat_get", "proc_exit", "args_sizes_get", "fd_write"]);
    same([call.sock_accept(), call.path_open(), call.fd_prestat_get(3, 0)], [52, 52, 8]);
    if (!(throws(() => call.proc_exit(2), "code 2") instanceof Exit)) throw new Error("another error");
    same([call.args_sizes_get(0, 4), wasi.view().getUint32(0, true)], [0, 0]);
    same(call.fd_write(5, 0, 0, 8), 8);
  },
  logsAreWholeLines() {
    const wasi = new Wasi();
    wasi.memory = new WebAssembly.Memory({ initial: 1 });
    const lines = [];
    wasi.log = (fd, line) => lines.push(`${fd}:${line}`);
    const call = wasi.imports(["fd_write", "proc_exit"]);
    const v = wasi.view();
    for (const text of ["panic: ", "a\nb", "c"]) {
      new Uint8Array(wasi.memory.buffer).set(new TextEncoder().encode(text), 100);
      v.setUint32(0, 100, true);
      v.setUint32(4, text.length, true);
      same(call.fd_write(2, 0, 1, 8), 0);
      same(v.getUint32(8, true), text.length);
    }
    throws(() => call.proc_exit(2), "code 2");
    same(lines, ["2:panic: a", "2:bc"]);
  },
};

/** The object in which the tests of rows run. */
export class Redis2cfObject extends DurableObject {
  async fetch(request) {
    return run(() => rowTests[new URL(request.url).pathname.slice(5)](new Runner(this.ctx.storage)));
  }
}

async function run(body) {
  try {
    await body();
    return new Response("ok");
  } catch (e) {
    return new Response(e.stack ?? String(e), { status: 422 });
  }
}

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/names") return Response.json([...Object.keys(tests), ...Object.keys(rowTests)]);
    if (url.pathname === "/constants") {
      return Response.json({ version: VERSION, subprotocol: SUBPROTOCOL, maxMessage: MAX_MESSAGE, codes: Code,
        error: hex(errorMessage(Code.OUTCOME, 300, true, "ERR é")), parts: hex(partsOf([bytes(1, 2), bytes(), new Uint8Array(200)])) });
    }
    if (url.pathname === "/kv") {
      const asked = await request.json();
      return Response.json(asked.map(({ families, namespace, names }) => {
        const { has } = primariesOf(families)(namespace);
        return names.map((name) => ({ has: has(name), name: nameIn(name, namespace) }));
      }));
    }
    if (!url.pathname.startsWith("/run/")) return new Response("no test", { status: 404 });
    const name = url.pathname.slice(5);
    if (name in rowTests) return env.REDIS2CF_OBJECTS.get(env.REDIS2CF_OBJECTS.idFromName(name)).fetch(request);
    return run(tests[name]);
  },
};
