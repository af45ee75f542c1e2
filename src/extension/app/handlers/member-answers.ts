import type { ArrivalHandlers } from "../../requests/incoming.js";

/** What answers to a member's requests change. Loaded when an answer has come. */
const joining = () => import("../../member/join.js");
const nothing = async () => undefined;

export const memberAnswers = {
  join: async (asked, result) => (await joining()).joinAnswered(asked, result),
  async leave(asked, result) {
    if (!(await (await joining()).leaveAnswered(asked, result))) return;
    // who is no member owns nothing
    const { endOwnership } = await import("../../owner/second-owner.js");
    await endOwnership(asked.list);
  },
  renew: nothing,
  revoke: nothing,
  preferences: nothing,
  pause: nothing,
  resume: nothing,
  receipt: nothing,
} as const satisfies Partial<ArrivalHandlers["answers"]>;
