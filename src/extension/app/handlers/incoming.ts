import { keepDelivery } from "../../member/delivery-record.js";
import { whenNoticeRides } from "../../member/riding-notice.js";
import { type CarryingCopy, takeNotice } from "../../member/take-notice.js";
import { host } from "../../platform/host.js";
import { whenHeadSeen } from "../../reading/opening.js";
import { ownsLists } from "../../records/has-owned-lists.js";
import type { Incoming, IncomingHandlers } from "../../requests/incoming.js";
import { whenServerAsked } from "../../requests/send-request.js";

/**
 * Who is told when an answer, report, notice or receipt has come. It only connects, and loads what few need when an answer has
 * come.
 */
const heldReceipts = () => import("../../requests/held-receipts.js");
const formerKeyPosts = () => import("../../member/former-key-posts.js");
const asking = () => import("../../member/ask-delivery.js");
const fellows = () => import("../../member/fellow-members.js");
const joining = () => import("../../member/join.js");
const founding = () => import("../../owner/claim-list.js");
const inviting = () => import("../../owner/inviting.js");
const members = () => import("../../owner/members.js");
const moving = () => import("../../owner/new-server-key.js");
const moderating = () => import("../../moderation/held-posts.js");
const memberKey = () => import("../../member/member-key.js");
const secondOwner = () => import("../../owner/second-owner.js");
const keyWanted = () => import("../../owner/wanted-key.js");
const epochs = () => import("../../owner/epochs.js");
const notices = () => import("../../owner/notices.js");

type Answers = IncomingHandlers["answers"];

const nothing = async () => undefined;

/** What answers to a member's requests change. */
const memberAnswers = {
  join: async (asked, result) => (await joining()).joinAnswered(asked, result),
  async leave(asked, result) {
    if (!(await (await joining()).leaveAnswered(asked, result))) return;
    // who is no member owns nothing
    await (await secondOwner()).endOwnership(asked.list);
  },
  renew: nothing,
  revoke: nothing,
  preferences: nothing,
  pause: nothing,
  resume: nothing,
  receipt: nothing,
  "list-key": nothing,
  delivery: async (...answer) => (await asking()).deliveryRefused(...answer),
} as const satisfies Partial<Answers>;

const commandAnswered: Answers["enrol"] = async (...answer) => (await members()).commandAnswered(...answer);

const decided: Answers["release"] = async (asked, result) => (await moderating()).decided(asked, result);

/** What answers to an owner's requests change. */
const ownerAnswers = {
  claim: async (...answer) => (await founding()).claimAnswered(...answer),
  enrol: commandAnswered,
  confirm: commandAnswered,
  remove: commandAnswered,
  withdraw: async (...answer) => (await inviting()).withdrawAnswered(...answer),
  async roster(asked, result, date) {
    await (await fellows()).fellowsAnswered(asked, result, date);
    await (await secondOwner()).standingAnswered(asked, result, date);
    const { list } = asked;
    // whoever came in under a former list key gets the present one
    if (!(await ownsLists())) return;
    await (await notices()).tellLatecomers(list);
    // whoever has gone has the list key still: looked at with the last page of all members, or with the part around somebody
    if (result.kind !== "roster") return;
    if (result.next === undefined || (await members()).isForPart(asked))
      await (await epochs()).renewListKey(list);
  },
  "set-role": commandAnswered,
  held: async (...answer) => (await moderating()).heldAnswered(...answer),
  release: decided,
  reject: decided,
  "new-list-key": async (asked, result) => (await notices()).newKeyAnswered(asked, result),
  notice: async (...answer) => (await notices()).noticeAnswered(...answer),
  "shared-notice": async (...answer) => (await notices()).noticeAnswered(...answer),
  "list-key-notice": async (asked, result) => (await epochs()).packetsAnswered(asked, result),
  receipts: async (asked, result) => (await notices()).receiptsAnswered(asked, result),
  "new-server-key": async (asked, result) => (await moving()).serverMoved(asked, result),
  "resume-server": commandAnswered,
  "show-members": async (asked, result) => (await fellows()).visibilityAnswered(asked, result),
} as const satisfies Partial<Answers>;

export const arrivals: IncomingHandlers = {
  answers: { ...memberAnswers, ...ownerAnswers },
  async report(list, report) {
    if (report.event === "key-wanted") return (await keyWanted()).giveWantedKey(list, report);
    if (report.event === "revoked") await (await memberKey()).takeRevocation(list, report);
    await (await members()).takeReport(list, report);
  },
  offer: async (...offer) => (await moving()).takeOffer(...offer),
  receipt: async (sealed) => (await notices()).takeReceipt(sealed),
  formerKey: async (answer) => (await formerKeyPosts()).takeFormerKeyAnswer(answer),
  notice: (sealed) => noticeArrived(sealed),
  async delivery(list, { readers, waiting, failed, missing, messageId }, date) {
    const named = missing === undefined ? {} : { missing };
    await keepDelivery({ list, date, messageId, readers, waiting, failed, ...named });
    host().renewViews();
  },
};

async function noticeArrived(sealed: Uint8Array, copy?: CarryingCopy): Promise<Incoming> {
  // the owner's side of the list follows the member's
  const arrived = await takeNotice(sealed, async (list) => (await secondOwner()).followNews(list), copy);
  const isKey = arrived.kind === "notice" && arrived.news === "new-list-key";
  if (isKey) await (await formerKeyPosts()).sealWaiting(arrived.list);
  return arrived;
}

/**
 * Notices that copies of posts carry are taken, and their receipts go out with what is sent next. Call it in a composition root
 * whose page opens mail.
 */
export function watchRidingNotices(): void {
  whenNoticeRides(noticeArrived);
  whenServerAsked(async (list) => (await heldReceipts()).sendHeldReceipts(list));
}

/** What is done when time has passed, and a key is open. */
export async function whenTimeHasPassed(): Promise<void> {
  await (await heldReceipts()).sendDueReceipts();
  if (await ownsLists()) await (await epochs()).renewAllIfDue();
}

/**
 * An owner's add-on holds every word of the server about the record against what it knows: it is told of each list signature.
 * Call it in a composition root whose page opens mail. Most people own no list, and load nothing for it.
 */
export function watchRecordHeads(): void {
  whenHeadSeen(async (list, head, signedAt) => {
    if (!(await ownsLists())) return;
    await (await members()).noteHead(list, head, signedAt);
    await (await epochs()).renewIfDue(list);
  });
}
