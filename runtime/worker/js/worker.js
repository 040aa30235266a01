// The Worker: who a request comes from, which object it is for, and what it is
// answered when it does not get there. Sockets are passed through to the object,
// so that a frame does not pass the Worker.
//
//   GET  /v1/connect  WebSocket with frames
//   POST /v1/frame    the same over HTTP
//   GET  /v1/info     the plan's routes: groups and families
//   GET  /v1/stats    figures of the isolate that an object is in, and how far its followers are behind
//   POST /v1/rebuild/d1, /v1/rebuild/kv
//                     has D1 or KV fed anew from an object's rows, while traffic goes on
//   POST /v1/kv       families in KV alone, see kv.js
//   …    /v1/blob     large values, see blobs.js
//
// An object is named by X-Redis2cf-Object: GROUP/SHARD (or ?object=), and lies in
// the namespace of the request's token.

import plan from "./plan.json";
import { accessOf } from "./access.js";
import { isBlobPath, serveBlob } from "./blobs.js";
import { Code, SUBPROTOCOL, VERSION, echo, refusal } from "./frame.js";
import { primariesOf, serveKV } from "./kv.js";
import { Redis2cfObject } from "./object.js";

export { Redis2cfObject };

/** @import {Env} from "./object.js" */
/** @import {Access} from "./access.js" */

/**
 * A part of the plan: see Config in runtime/worker.
 * @typedef {{name: string, shards: number}} Group
 */

const config = JSON.parse(plan);
/** @type {Group[]} */
const groups = config.groups?.length ? config.groups : [{ name: "", shards: 1 }];

const inKV = primariesOf(config.families ?? []);

/** @param {Env} env */
const info = (env) => ({
  protocol: VERSION,
  module: config.module,
  groups,
  families: config.families ?? [],
  blobs: env.REDIS2CF_R2 !== undefined, // large values can be brought to R2
});

/** The one method of each path. */
const METHODS = new Map([
  ["/v1/connect", "GET"],
  ["/v1/frame", "POST"],
  ["/v1/info", "GET"],
  ["/v1/kv", "POST"],
  ["/v1/rebuild/d1", "POST"],
  ["/v1/rebuild/kv", "POST"],
  ["/v1/stats", "GET"],
]);

export default {
  /**
   * @param {Request} request
   * @param {Env} env
   */
  async fetch(request, env) {
    try {
      return await serve(request, env);
    } catch (e) {
      return failed(e);
    }
  },
};

/**
 * @param {Request} request
 * @param {Env} env
 * @returns {Promise<Response>}
 */
async function serve(request, env) {
  const url = new URL(request.url);
  const blob = isBlobPath(url.pathname);
  const method = blob ? request.method : METHODS.get(url.pathname);
  // Paths are no secret: they are refused first, as cheaply as can be.
  if (method === undefined) return refusal(404, Code.NOT_FOUND, `ERR there is no path ${echo(url.pathname)}`);
  if (request.method !== method) return refusal(405, Code.NOT_FOUND, `ERR ${url.pathname} is asked with ${method}`, { Allow: method });
  const access = await accessOf(request, url, env);
  if (access instanceof Response) return access;
  if (blob) {
    const id = objectOf(request, url, env, access);
    return id instanceof Response ? id : serveBlob(request, url, env, access, id);
  }
  switch (url.pathname) {
    case "/v1/info":
      return Response.json(info(env), { headers: { "Cache-Control": "no-store" } });
    case "/v1/kv":
      return serveKV(request, env, access, inKV(access.namespace));
    case "/v1/connect":
      return upgradeFault(request) ?? object(request, url, env, access);
  }
  return object(request, url, env, access);
}

/**
 * What is wrong with a request for a WebSocket, null for nothing.
 * @param {Request} request
 */
function upgradeFault(request) {
  const upgrade = { Upgrade: "websocket", Connection: "Upgrade" };
  if (request.headers.get("Upgrade")?.toLowerCase() !== "websocket") {
    return refusal(426, Code.PROTOCOL, "ERR /v1/connect is a WebSocket; POST /v1/frame serves clients without one", upgrade);
  }
  const offered = request.headers.get("Sec-WebSocket-Protocol");
  if (offered !== null && !offered.split(",").some((p) => p.trim() === SUBPROTOCOL)) {
    return refusal(426, Code.VERSION, `ERR this Worker speaks ${SUBPROTOCOL}, the client ${echo(offered)}: deploy the Worker of the client's version`, upgrade);
  }
  return null;
}

/**
 * The object that a request is for, or the answer that refuses it.
 * @param {Request} request
 * @param {URL} url
 * @param {Env} env
 * @param {Access} access
 */
function objectOf(request, url, env, access) {
  const asked = request.headers.get("X-Redis2cf-Object") ?? url.searchParams.get("object") ?? `${groups[0].name}/0`;
  const { 1: group, 2: digits } = /^([^/]*)\/(\d{1,6})$/.exec(asked) ?? [];
  const found = groups.find((g) => g.name === group);
  const shard = Number(digits);
  if (found === undefined || shard >= Math.max(1, found.shards)) {
    return refusal(404, Code.NOT_FOUND, `ERR the plan has no object ${echo(asked)}: its groups and shards are in /v1/info`);
  }
  return env.REDIS2CF_OBJECTS.idFromName(`${access.namespace}:${group}/${shard}`);
}

/**
 * Passes a request on to its object.
 * @param {Request} request
 * @param {URL} url
 * @param {Env} env
 * @param {Access} access
 */
async function object(request, url, env, access) {
  const id = objectOf(request, url, env, access);
  if (id instanceof Response) return id;
  // Nothing of the client's request reaches the object but its body and these:
  // what a token may do is said in a header.
  const headers = new Headers({ "X-Redis2cf-Digest": access.digest, "X-Redis2cf-Write": access.write ? "1" : "0" });
  for (const name of ["Upgrade", "Content-Length"]) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  if (request.headers.has("Sec-WebSocket-Protocol")) headers.set("Sec-WebSocket-Protocol", SUBPROTOCOL);
  const stub = env.REDIS2CF_OBJECTS.get(id);
  return stub.fetch(`https://object${url.pathname}`, { method: request.method, headers, body: request.body });
}

/**
 * The answer for what went wrong on the way to an object or in it.
 * @param {unknown} e
 */
function failed(e) {
  const { overloaded, retryable } = /** @type {{overloaded?: boolean, retryable?: boolean}} */ (e ?? {});
  if (overloaded) return refusal(503, Code.OVERLOAD, "ERR the object is overloaded: try again later, or give its group more shards", { "Retry-After": "1" });
  console.error("redis2cf: a request failed:", e);
  if (retryable) return refusal(503, Code.OVERLOAD, "ERR the object is not to be reached at the moment", { "Retry-After": "1" });
  return refusal(500, Code.FAULT, "ERR the Worker failed; its log says why");
}
