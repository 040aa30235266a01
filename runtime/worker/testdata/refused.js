// The Worker, whose objects are not reached as often as GET /refuse?n=N says. as names
// the property that the platform's error has: overloaded or retryable, or another one;
// with after=1 the object has served the request when it is lost.

import worker, { Redis2cfObject } from "./worker.js";

export { Redis2cfObject };

let left = 0;
let as = "";
let after = false;

/** @param {DurableObjectStub} stub */
const failing = (stub) => ({
  async fetch(...request) {
    if (left === 0) return stub.fetch(...request);
    left--;
    if (after) await stub.fetch(...request);
    throw Object.assign(new Error("secret"), { [as]: true, remote: true });
  },
});

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/refuse") {
      left = Number(url.searchParams.get("n"));
      as = url.searchParams.get("as");
      after = url.searchParams.has("after");
      return new Response(null, { status: 204 });
    }
    const objects = env.REDIS2CF_OBJECTS;
    return worker.fetch(request, {
      ...env,
      REDIS2CF_OBJECTS: { idFromName: (name) => objects.idFromName(name), get: (id) => failing(objects.get(id)) },
    });
  },
};
