// What follows an object: D1 and KV, which are fed from its rows. What is to be
// done, and in which order, is decided in the engine.

/** @import {Redis2cfObject} from "./object.js" */

/** The followers of one object. */
export class Followers {
  /** @param {Redis2cfObject} object whose follow and followed are called */
  constructor(object) {
    this.object = object;
  }

  /**
   * Is called after each output that says that D1, KV or R2 have work.
   * @param {number} flags of instance.js: D1, KV, D1_NOW and R2
   */
  work(flags) {
    this.flags = flags;
  }
}
