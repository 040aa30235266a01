// The side door of a local run, on a port and with a token of its own: it applies
// the project's D1 migrations, and lets tests look into D1, KV and R2 and make them
// fail. Local runs only; a deployed Worker has nothing like it.

// wrangler's own table, so that wrangler d1 migrations goes on where a run stopped.
const MIGRATIONS =
  "CREATE TABLE IF NOT EXISTS d1_migrations(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, " +
  "applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)";

const bytes = (/** @type {string} */ text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

/** @param {ArrayBuffer} buffer */
function base64(buffer) {
  let out = "";
  const all = new Uint8Array(buffer);
  for (let i = 0; i < all.length; i += 8192) out += String.fromCharCode(...all.subarray(i, i + 8192));
  return btoa(out);
}

const actions = {
  /** The migrations that are not applied yet, each in one transaction. */
  async migrate({ migrations }, env) {
    await env.DB.prepare(MIGRATIONS).run();
    const { results } = await env.DB.prepare("SELECT name FROM d1_migrations").all();
    const done = new Set(results.map((r) => r.name));
    const applied = [];
    for (const { name, sql } of migrations) {
      if (done.has(name)) continue;
      try {
        const noted = env.DB.prepare("INSERT INTO d1_migrations(name) VALUES (?)").bind(name);
        await env.DB.batch(sql === "" ? [noted] : [env.DB.prepare(sql), noted]);
      } catch (e) {
        throw new Error(`the migration ${name}: ${e.message}`);
      }
      applied.push(name);
    }
    return applied;
  },

  /** One statement's rows; blobs come as {"blob": base64}. */
  async query({ sql, params }, env) {
    const { results } = await env.DB.prepare(sql)
      .bind(...params.map((p) => (p !== null && typeof p === "object" ? bytes(p.blob) : p)))
      .all();
    const plain = (v) => (Array.isArray(v) || v instanceof ArrayBuffer ? { blob: base64(new Uint8Array(v).buffer) } : v);
    return results.map((row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, plain(v)])));
  },

  async kvGet({ key }, env) {
    const { value, metadata } = await env.KV.getWithMetadata(key, "arrayBuffer");
    return value === null ? null : { value: base64(value), metadata };
  },

  async kvList({ prefix }, env) {
    const keys = [];
    let cursor;
    do {
      const page = await env.KV.list({ prefix, cursor });
      keys.push(...page.keys);
      cursor = page.list_complete ? undefined : page.cursor;
    } while (cursor !== undefined);
    return keys;
  },

  async r2Get({ key }, env) {
    const object = await env.R2.get(key);
    return object === null ? null : { value: base64(await object.arrayBuffer()), metadata: object.customMetadata };
  },

  async r2List({ prefix }, env) {
    const keys = [];
    let cursor;
    do {
      const page = await env.R2.list({ prefix, cursor });
      keys.push(...page.objects.map((o) => ({ name: o.key, size: o.size })));
      cursor = page.truncated ? page.cursor : undefined;
    } while (cursor !== undefined);
    return keys;
  },

  async fault({ store, fault }, env) {
    const answer = await env[`FAULTS_${store}`].fetch("http://faults.invalid/", { method: "PUT", body: JSON.stringify(fault) });
    return answer.json();
  },

  async requests({ store }, env) {
    return (await env[`FAULTS_${store}`].fetch("http://faults.invalid/")).json();
  },
};

export default {
  async fetch(request, env) {
    if (request.headers.get("Authorization") !== `Bearer ${env.TOKEN}`) return new Response("no", { status: 401 });
    const action = actions[new URL(request.url).pathname.slice(1)];
    if (action === undefined) return new Response("no such action", { status: 404 });
    try {
      return Response.json((await action(await request.json(), env)) ?? null);
    } catch (e) {
      return new Response(String(e.message), { status: 500 });
    }
  },
};
