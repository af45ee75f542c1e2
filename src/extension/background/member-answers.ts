import { joinAnswered, leaveAnswered } from "../joining/joining.js";
import type { ArrivalHandlers } from "../requests/arrivals.js";

/** What answers to a member's requests change. */
const nothing = async () => undefined;

export const memberAnswers = {
  join: joinAnswered,
  leave: leaveAnswered,
  renew: nothing,
  preferences: nothing,
  pause: nothing,
  resume: nothing,
  receipt: nothing,
} as const satisfies Partial<ArrivalHandlers["answers"]>;
