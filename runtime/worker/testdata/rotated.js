// The Worker, whose secret changes while its objects hibernate: the token "write" is
// gone, "demoted" may only read, and "moved" is another namespace's.

import { Redis2cfObject as Base } from "./object.js";

export { default } from "./worker.js";

let constructed = 0;

export class Redis2cfObject extends Base {
  constructor(ctx, env) {
    const list = JSON.parse(env.REDIS2CF_TOKENS);
    const after = list.filter((t) => t.name !== "write").map((t) => ({ ...t, write: t.name !== "demoted", namespace: t.name === "moved" ? "two" : t.namespace }));
    super(ctx, constructed++ === 0 ? env : { ...env, REDIS2CF_TOKENS: JSON.stringify(after) });
  }
}
