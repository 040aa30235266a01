// The Worker, whose alarms go off soon after they are set. After each it logs how many
// keys have rows and how many alarms its object has set. TRAPS instances do not survive
// what a timer or an alarm asks for.

import { engine } from "./instance.js";
import { Redis2cfObject as Base } from "./object.js";

export { default } from "./worker.js";

const TRAPS = 0;

const start = engine.start.bind(engine);
engine.start = () => {
  const instance = start();
  if (engine.generation <= TRAPS) {
    instance.exports = { ...instance.exports, tick: () => { throw new WebAssembly.RuntimeError("unreachable"); } };
  }
  return instance;
};

let rang = 0;

export class Redis2cfObject extends Base {
  constructor(ctx, env) {
    const set = ctx.storage.setAlarm;
    let alarms = 0;
    ctx.storage.setAlarm = (at) => {
      alarms++;
      return set.call(ctx.storage, at < Date.now() ? at : Date.now() + 3000);
    };
    super(ctx, env);
    this.alarms = () => alarms;
  }

  rows() {
    const [[rows]] = this.ctx.storage.sql.exec("SELECT count(*) FROM keys").raw().toArray();
    return rows;
  }

  async alarm() {
    await super.alarm();
    console.log(`alarm ${++rang}: ${this.rows()} rows, ${this.alarms()} set`);
  }

  async fetch(request) {
    if (!request.url.endsWith("/v1/stats")) return super.fetch(request);
    return Response.json({ rows: this.rows(), traps: engine.generation - 1 });
  }
}
