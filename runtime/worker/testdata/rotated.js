// The Worker, whose secret changes while its objects hibernate: the token "write" is
// gone, and "demoted" may only read.

import { Redis2cfObject as Base } from "./object.js";

export { default } from "./worker.js";

let constructed = 0;

export class Redis2cfObject extends Base {
  constructor(ctx, env) {
    const list = JSON.parse(env.REDIS2CF_TOKENS);
    const after = list.filter((t) => t.name !== "write").map((t) => (t.name === "demoted" ? { ...t, write: false } : t));
    super(ctx, constructed++ === 0 ? env : { ...env, REDIS2CF_TOKENS: JSON.stringify(after) });
  }
}
