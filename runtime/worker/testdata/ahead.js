// The Worker with a clock that GET /ahead?ms=N puts forward, for tests of what takes hours.
import worker, { Redis2cfObject } from "./worker.js";

export { Redis2cfObject };

const now = Date.now.bind(Date);
let ahead = 0;
Date.now = () => now() + ahead;

export default {
  fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname !== "/ahead") return worker.fetch(request, env);
    ahead = Number(url.searchParams.get("ms"));
    return new Response(null, { status: 204 });
  },
};
