import type { ArrivalHandlers } from "../requests/arrivals.js";

/** What answers to an owner's requests change. Nothing asks these yet. */
const nothing = async () => undefined;

export const ownerAnswers = {
  claim: nothing,
  remove: nothing,
  withdraw: nothing,
  roster: nothing,
  "set-role": nothing,
  release: nothing,
  reject: nothing,
  "new-list-key": nothing,
  "resume-server": nothing,
} as const satisfies Partial<ArrivalHandlers["answers"]>;

/** What the server tells owners without being asked. */
export const takeReport: ArrivalHandlers["report"] = async () => undefined;

/** A member's receipt for a notice. */
export const takeReceipt: ArrivalHandlers["receipt"] = async () => ({ kind: "not-for-me" });
