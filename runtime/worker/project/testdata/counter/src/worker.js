import { DurableObject } from "cloudflare:workers";
import plan from "./plan.json";

export class Counter extends DurableObject {
  async add() {
    const sql = this.ctx.storage.sql;
    sql.exec("CREATE TABLE IF NOT EXISTS n(n)");
    sql.exec("INSERT INTO n VALUES (1)");
    return sql.exec("SELECT count(*) AS n FROM n").one().n;
  }
}

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const key = url.searchParams.get("key");
    switch (url.pathname) {
      case "/v1/info":
        return Response.json({ plan: JSON.parse(plan), greeting: env.GREETING, limits: env.LIMITS, tokens: JSON.parse(env.REDIS2CF_TOKENS) });
      case "/add":
        return new Response(String(await env.OBJECT.getByName("one").add()));
      case "/put":
        try {
          await env.KV.put(key, "kv", { expirationTtl: 600, metadata: { at: 1 } });
          await env.DB.prepare("INSERT OR REPLACE INTO t VALUES (?, ?)").bind(key, new Uint8Array([1, 0, 255])).run();
          await env.R2.put(key, "r2", { customMetadata: { from: "test" } });
        } catch (e) {
          return new Response(e.message, { status: 502 });
        }
        return new Response("done");
    }
    return new Response("no", { status: 404 });
  },
};
