import type { Standing } from "../../worker/jobs.js";

/** Standings that comparing digits says something new about; owners and oneself need none, and a false proof has its own cause. */
const open: readonly Standing[] = ["known", "new", "changed", "reintroduced"];

/** Whether a reader may say of an author's key that they have compared it. */
export function mayConfirm(standing: Standing): boolean {
  return open.includes(standing);
}
