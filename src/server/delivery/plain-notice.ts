/**
 * The mails that the server itself writes to people: why a post under their name was refused, that their copies can't be
 * sealed or don't arrive, and to owners what happened on their list.
 *
 * They go to the address on the roster and nowhere else, since only then the reason tells nobody else anything. They
 * quote nothing of any post, and name no member: they are not sealed, so that they reach somebody whose key ran out.
 * Owners hear a member's number, which the operator's `member show` explains.
 */
import { domainOf, formatMailbox, localPartOf, makeMailbox, parseAddress } from "../../mail/mailbox.js";
import { formatMailDate, textLeaf, writeEntity } from "../../mail/mime.js";
import { newMessageId } from "../../protocol/seal-post.js";
import type { ListInUse } from "../store/lists-in-use.js";
import type { Member, NoticeJob } from "../store/store.js";
import type { OutgoingMail } from "./relay.js";

const reasons: Readonly<Record<string, string>> = {
  "too-old":
    "It was sealed more than seven days ago, by the date in its signature. If it was sealed just now, the clock of the computer that it was sealed on is wrong.",
  "from-the-future":
    "It seems to come from the future: the date in its signature is more than ten minutes ahead of the server's clock. Compare the time below with yours. If the server's is wrong, tell the list's owner, and send the post again when it is right.",
  replayed: "It is one that the list has passed on before, under another message id.",
  "message-id-reused":
    "Another post of yours has the same message id. Write it as a new mail and send it again.",
  "binding-missing": "Its signature does not say which list and which mail it is for.",
  "binding-mismatch": "What came is not what was signed: the mail was changed on its way.",
  "not-allowed": "You are a member who reads only. An owner of the list can change that.",
  "malformed-key-packet": "Its key packet is not in the form that the list requires.",
  "unsupported-version": "It was sealed by a newer version of ListSeal than the list's server knows.",
};

/** Subject, without the list's name, and paragraphs. */
interface Wording {
  readonly subject: string;
  readonly text: readonly string[];
}

function refusedPost(list: string, code: string, now: Date): Wording {
  return {
    subject: "a post of yours was not passed on",
    text: [
      `The list ${list} did not pass on a post that was signed by your key.`,
      reasons[code] ?? "It did not pass the list's checks.",
      `The server's clock shows ${now.toISOString().slice(0, 16).replace("T", " ")} UTC.`,
      "If you did not send anything, somebody is sending captured mail of yours again. They can't read it, and it reaches nobody. You will hear of this once an hour at most.",
    ],
  };
}

/** Notices that are not about a refused post. After the list: what the notice's code says more, mostly members' numbers. */
const others: Readonly<Record<string, (list: string, ...more: string[]) => Wording>> = {
  "no-usable-key": (list) => ({
    subject: "your key has run out",
    text: [
      `Mail of the list ${list} can't be sealed for you any more: your key on the list has expired, was revoked, or is of a kind that is no longer safe.`,
      "Nothing is sent to you unsealed, so you miss what is written until you renew it. Renew your key in the ListSeal add-on, or ask the list's owner. Posts that could not be sealed for you wait with the list's operator for a while.",
    ],
  }),
  suspended: (list) => ({
    subject: "your copies are paused",
    text: [
      `Mail of the list ${list} to this address came back on several days, so the list has paused your copies. If you read this, your mail system refused them for a reason that has passed, or refuses sealed mail.`,
      "Write to the list's owner, who can have them switched on again.",
    ],
  }),
  "member-without-key": (list, member) => ({
    subject: "a member's key has run out",
    text: [
      `Mail of the list ${list} can't be sealed any more for member ${member}: their key has expired, was revoked, or is of a kind that is no longer safe. They were told.`,
      "The operator sees who it is with `listseal-server member show`.",
    ],
  }),
  "members-suspended": (list, count, ...members) => ({
    subject: count === "1" ? "a member's copies are paused" : `the copies of ${count} members are paused`,
    text: [
      `Mail of the list ${list} came back as undeliverable on several days, so these members get no copies for now. Their numbers: ${members.join(", ")}${members.length < Number(count) ? ", and more" : ""}.`,
      "The operator sees who they are with `listseal-server member list`, and switches their copies on again with `listseal-server member resume`, for all of them at once with `--all`.",
    ],
  }),
  "many-copies-bounced": (list) => ({
    subject: "copies come back from a large part of the list",
    text: [
      `In one day, mail of the list ${list} came back as undeliverable from so many members that the reason is hardly theirs: a fault of the list's own mail system, or of a large provider. It counts against nobody, and nobody's copies are paused for it.`,
      "Ask the operator to look at it: `listseal-server member show` says what came back, and `listseal-server doctor` what is wrong here. If this goes on you will be told once a week.",
    ],
  }),
  "member-left": (list, member) => ({
    subject: "a member has left",
    text: [
      `Member ${member} of the list ${list} has left by the link in their mail. They get nothing any more; to come back they need a new invitation.`,
    ],
  }),
};

/** Notices about somebody else, or about the whole list. */
const forOwners: ReadonlySet<string> = new Set([
  "member-without-key",
  "members-suspended",
  "many-copies-bounced",
  "member-left",
]);

/** What a member must be when a notice leaves. */
export const noticeNeeds = (code: string): "owner" | "read-only" =>
  forOwners.has(code.split(" ", 1)[0] ?? "") ? "owner" : "read-only";

/** The notice of `job` to `member`. */
export function writePlainNotice(list: ListInUse, member: Member, job: NoticeJob, now: Date): OutgoingMail {
  const [name = "", ...more] = job.code.split(" ");
  const { subject, text } = others[name]?.(list.address, ...more) ?? refusedPost(list.address, job.code, now);
  const mail = writeEntity(
    [
      ["From", formatMailbox(makeMailbox(list.list.name, list.address))],
      ["To", formatMailbox(makeMailbox(member.name, parseAddress(member.address)))],
      ["Subject", `[${localPartOf(list.address)}] ${subject}`],
      ["Date", formatMailDate(now)],
      ["Message-ID", newMessageId(domainOf(list.address))],
      // RFC 3834: no program may answer this
      ["Auto-Submitted", "auto-replied"],
      ["MIME-Version", "1.0"],
    ],
    textLeaf(text.map(wrapped).join("\n\n").concat("\n")),
  );
  // the empty sender: what can't be delivered comes back to nobody (RFC 5321, 4.5.5)
  return { sender: "", recipient: parseAddress(member.address), pieces: [mail] };
}

/** Lines of at most 72 characters. */
function wrapped(text: string): string {
  return text.replace(/(?=.{73})(.{1,72}) /g, "$1\n");
}
