// A service in front of a simulator of KV, D1 or R2 that fails or delays requests
// when a test says so, as the real one may. Local runs only.

/**
 * @typedef {object} Fault
 * @property {"fail" | "lost"} [mode] fail: not done; lost: done, and the answer says it failed
 * @property {number} [status] of a failure
 * @property {number} [delay] milliseconds before anything is done
 * @property {number} [count] how many requests; absent: all until it is changed
 * @property {string} [match] only requests whose method, URL or body contains it
 */

/** @type {Fault | null} */
let fault = null;
let requests = 0;

export default {
  async fetch(request, env) {
    if (new URL(request.url).hostname === "faults.invalid") {
      if (request.method === "PUT") {
        fault = await request.json();
        requests = 0;
      }
      return Response.json({ requests });
    }
    requests++;
    let body;
    if (fault?.match !== undefined) {
      body = request.body === null ? null : new Uint8Array(await request.arrayBuffer());
      const text = `${request.method} ${request.url} ${body === null ? "" : new TextDecoder().decode(body)}`;
      if (!text.includes(fault.match)) return env.NEXT.fetch(new Request(request, { body }));
    }
    const now = fault;
    if (now !== null && now.count !== undefined && --now.count <= 0) fault = null;
    if (now?.delay) await scheduler.wait(now.delay);
    const send = () => env.NEXT.fetch(body === undefined ? request : new Request(request, { body }));
    if (now?.mode === undefined) return send();
    if (now.mode === "lost") await (await send()).arrayBuffer();
    else if (body === undefined) await request.arrayBuffer(); // R2's binding waits until all is read
    return new Response("a fault on purpose", { status: now.status ?? 500, statusText: "a fault on purpose" });
  },
};
