import type { ArrivalHandlers } from "../requests/arrivals.js";

/** What answers to a member's requests change. Loaded when an answer has come. */
const joining = () => import("../joining/joining.js");
const nothing = async () => undefined;

export const memberAnswers = {
  join: async (asked, result) => (await joining()).joinAnswered(asked, result),
  leave: async (asked, result) => (await joining()).leaveAnswered(asked, result),
  renew: nothing,
  revoke: nothing,
  preferences: nothing,
  pause: nothing,
  resume: nothing,
  receipt: nothing,
} as const satisfies Partial<ArrivalHandlers["answers"]>;
