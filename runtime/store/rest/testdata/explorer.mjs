// Runs miniflare with its local explorer until standard input ends, and writes its
// address. The first argument is miniflare's module.
import { createRequire } from "node:module";

const { Miniflare } = createRequire(import.meta.url)(process.argv[2]);
const mf = new Miniflare({
  host: "127.0.0.1",
  port: 0,
  unsafeLocalExplorer: true,
  telemetry: { enabled: false },
  name: "explored",
  modules: true,
  script: "export default { fetch() { return new Response('explored'); } };",
  compatibilityDate: "2026-01-01",
  kvNamespaces: { KV: "0123456789abcdef0123456789abcdef" },
  d1Databases: { D1: "00000000-0000-4000-8000-000000000001" },
  r2Buckets: { R2: "chat-large" },
});
const url = await mf.ready;
console.log(url.origin);
process.stdin.on("end", () => mf.dispose().then(() => process.exit(0)));
process.stdin.resume();
