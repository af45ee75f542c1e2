import { claimAnswered } from "../owner/founding.js";
import { withdrawAnswered } from "../owner/inviting.js";
import { commandAnswered, rosterAnswered } from "../owner/members.js";
import { newKeyAnswered, receiptsAnswered } from "../owner/telling.js";
import type { ArrivalHandlers } from "../requests/arrivals.js";

export { takeReport } from "../owner/members.js";
export { takeReceipt } from "../owner/telling.js";

/** What answers to an owner's requests change. It only connects. */
export const ownerAnswers = {
  claim: claimAnswered,
  enrol: commandAnswered,
  remove: commandAnswered,
  withdraw: withdrawAnswered,
  roster: rosterAnswered,
  "set-role": commandAnswered,
  release: commandAnswered,
  reject: commandAnswered,
  "new-list-key": newKeyAnswered,
  notice: commandAnswered,
  receipts: receiptsAnswered,
  "resume-server": commandAnswered,
} as const satisfies Partial<ArrivalHandlers["answers"]>;
