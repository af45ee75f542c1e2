import type { ArrivalHandlers } from "../requests/arrivals.js";

/** What answers to a member's requests change. Nothing asks these yet. */
const nothing = async () => undefined;

export const memberAnswers = {
  join: nothing,
  leave: nothing,
  renew: nothing,
  preferences: nothing,
  pause: nothing,
  resume: nothing,
} as const satisfies Partial<ArrivalHandlers["answers"]>;

/** An owner's notice. */
export const takeNotice: ArrivalHandlers["notice"] = async () => ({ kind: "not-for-me" });
