import type { ArrivalHandlers } from "../../requests/incoming.js";

/** What answers to an owner's requests change. It only connects, and loads what few need when an answer has come. */
const founding = () => import("../../owner/claim-list.js");
const inviting = () => import("../../owner/inviting.js");
const members = () => import("../../owner/members.js");
const moving = () => import("../../owner/server-move.js");
const moderating = () => import("../../moderation/held-posts.js");
const revoking = () => import("../../member/revoke-key.js");
const succeeding = () => import("../../owner/second-owner.js");
const telling = () => import("../../owner/notices.js");

const commandAnswered: ArrivalHandlers["answers"]["enrol"] = async (...answer) =>
  (await members()).commandAnswered(...answer);

const decided: ArrivalHandlers["answers"]["release"] = async (asked, result) =>
  (await moderating()).decided(asked, result);

export const ownerAnswers = {
  claim: async (...answer) => (await founding()).claimAnswered(...answer),
  enrol: commandAnswered,
  remove: commandAnswered,
  withdraw: async (...answer) => (await inviting()).withdrawAnswered(...answer),
  roster: async (...answer) => (await succeeding()).standingAnswered(...answer),
  "set-role": commandAnswered,
  held: async (...answer) => (await moderating()).heldAnswered(...answer),
  release: decided,
  reject: decided,
  "new-list-key": async (asked, result) => (await telling()).newKeyAnswered(asked, result),
  notice: async (...answer) => (await telling()).noticeAnswered(...answer),
  receipts: async (asked, result) => (await telling()).receiptsAnswered(asked, result),
  "new-server-key": async (asked, result) => (await moving()).serverMoved(asked, result),
  "resume-server": commandAnswered,
} as const satisfies Partial<ArrivalHandlers["answers"]>;

/** What comes to an owner unasked. */
export const ownerArrivals = {
  async report(list, report) {
    if (report.event === "revoked") await (await revoking()).takeRevocation(list, report);
    await (await members()).takeReport(list, report);
  },
  offer: async (...offer) => (await moving()).takeOffer(...offer),
  receipt: async (sealed) => (await telling()).takeReceipt(sealed),
} as const satisfies Partial<ArrivalHandlers>;

/** After a notice was taken: the owner's side of the list follows the member's. */
export const afterNotice = async (list: string) => (await succeeding()).followNews(list);
