// The Worker, whose alarms go off soon after they are set, and which tells how many
// were set and how many keys have rows.

import { Redis2cfObject as Base } from "./object.js";

export { default } from "./worker.js";

export class Redis2cfObject extends Base {
  constructor(ctx, env) {
    const set = ctx.storage.setAlarm;
    let alarms = 0;
    ctx.storage.setAlarm = (at) => {
      alarms++;
      return set.call(ctx.storage, at < Date.now() ? at : Date.now() + 1500);
    };
    super(ctx, env);
    this.alarms = () => alarms;
  }

  async fetch(request) {
    if (!request.url.endsWith("/v1/stats")) return super.fetch(request);
    const [[rows]] = this.ctx.storage.sql.exec("SELECT count(*) FROM keys").raw().toArray();
    return Response.json({ alarms: this.alarms(), rows });
  }
}
