/**
 * The mails that the server itself writes to people: why a post under their name was refused, that their copies can't be
 * sealed or don't arrive, and to owners what happened on their list.
 *
 * They go to the address on the roster and nowhere else, so that nobody else learns the reason. They quote nothing of any
 * post, and name no member: they are not sealed, so that they reach somebody whose key has expired. Owners are told a
 * member's number, which the operator's `member show` explains. What an add-on is to act on comes in a sealed part beside the
 * text (former-key-answer.ts).
 */
import {
  domainOf,
  formatMailbox,
  localPartOf,
  makeMailbox,
  parseAddress,
  requestAddress,
} from "../../mail/mailbox.js";
import { formatMailDate, textLeaf, writeEntity } from "../../mail/mime.js";
import { FORMER_KEY_SUBJECT, type RequestPart } from "../../mail/request-mail.js";
import { newMessageId } from "../../protocol/seal-post.js";
import type { ListInUse } from "../store/lists-in-use.js";
import { FORMER_KEY_NOTICE } from "../store/queue.js";
import type { Member, NoticeJob } from "../store/store.js";
import type { OutgoingMail } from "./relay.js";

const reasons: Readonly<Record<string, string>> = {
  "too-old":
    "It was encrypted more than seven days ago, according to the date in its signature. If you encrypted it just now, your computer's clock is wrong: set it and send the message again.",
  "from-the-future":
    "The date in its signature is more than ten minutes ahead of the server's clock. Compare the time below with your computer's. If yours is wrong, set it and send the message again. If the server's is wrong, tell the list's owner, and send the message again once it is right.",
  replayed: "The list has already passed this message on, under another message id.",
  "message-id-reused":
    "Another message of yours has the same message id. Write it as a new message and send it again.",
  "binding-missing":
    "Its signature does not say which list and which message it is for. Encrypt it with the ListSeal add-on, or with the script that ListSeal provides for GnuPG.",
  "binding-mismatch": "The message was changed on its way: it is not what you signed. Send it again.",
  "not-allowed": "You can read this list but not post to it. An owner of the list can change that.",
  "malformed-key-packet":
    "Its key packet does not have the form that the list requires. Update your software and encrypt the message again.",
  "unsupported-version":
    "It was encrypted by a newer version of ListSeal than the list's server supports. Tell the list's owner that the server needs an update.",
};

/** Subject, without the list's name, and paragraphs. */
interface Wording {
  readonly subject: string;
  readonly text: readonly string[];
}

function refusedPost(list: string, code: string, now: Date): Wording {
  return {
    subject: "your message was not accepted",
    text: [
      `The list ${list} did not accept a message that was signed with your key.`,
      reasons[code] ?? "It did not pass the list's checks.",
      `The server's clock shows ${now.toISOString().slice(0, 16).replace("T", " ")} UTC.`,
      "If you did not send anything, someone is resending a message of yours that they captured. They can't read it, and no one receives it. You get this notice at most once an hour.",
    ],
  };
}

/** The post was not passed on, and whoever has the add-on need not know what a list key is. */
function underFormerKey(list: string): Wording {
  return {
    subject: FORMER_KEY_SUBJECT,
    text: [
      `A message of yours to the list ${list} was encrypted for a list key that is no longer used. No one has received it yet.`,
      "With ListSeal there is nothing for you to do: it encrypts the message for the new list key and sends it again, and tells you if it can't.",
      "With GnuPG alone: get the new list key from the notice that an owner of the list sent you (ask an owner if you don't have it), encrypt the message again and send it.",
      "If you did not send anything, someone is resending a message of yours that they captured. They can't read it, and no one receives it. You get this mail once for each message.",
    ],
  };
}

/** Notices that are not about a refused post. After the list: the rest of the notice's code, mostly members' numbers. */
const others: Readonly<Record<string, (list: string, ...more: string[]) => Wording>> = {
  [FORMER_KEY_NOTICE]: underFormerKey,
  "no-usable-key": (list) => ({
    subject: "your key can no longer be used",
    text: [
      `Messages of the list ${list} can no longer be encrypted for you: your key on the list has expired, was revoked, or is of a kind that is no longer safe.`,
      "Nothing is sent to you unencrypted, so you receive no messages until you have a valid key on the list. Renew your key in the ListSeal add-on, or ask the list's owner. The list's operator keeps the messages that could not be encrypted for you for a while.",
    ],
  }),
  suspended: (list) => ({
    subject: "your copies are paused",
    text: [
      `Messages of the list ${list} to this address bounced on several days, so the list has paused your copies. Since you can read this, either your mail system had a problem that has passed, or it refuses encrypted messages.`,
      "Write to the list's owner, who can have your copies resumed.",
    ],
  }),
  "member-without-key": (list, member) => ({
    subject: "a member's key can no longer be used",
    text: [
      `Messages of the list ${list} can no longer be encrypted for member ${member}: their key has expired, was revoked, or is of a kind that is no longer safe. They were notified.`,
      "The operator can see who it is with `listseal-server member show`.",
    ],
  }),
  "members-suspended": (list, count, ...members) => ({
    subject: count === "1" ? "a member's copies are paused" : `the copies of ${count} members are paused`,
    text: [
      `Messages of the list ${list} bounced on several days, so these members get no copies for now. Their numbers: ${members.join(", ")}${members.length < Number(count) ? ", and more" : ""}.`,
      "The operator can see who they are with `listseal-server member list`, and resume their copies with `listseal-server member resume`, or for all of them at once with `--all`.",
    ],
  }),
  "many-copies-bounced": (list) => ({
    subject: "mail to a large part of the list bounces",
    text: [
      `In one day, messages of the list ${list} bounced for so many members that the cause is probably a fault of the list's own mail system or of a large provider. This does not count against anyone, and no one's copies are paused because of it.`,
      "Ask the operator to look into it: `listseal-server member show` shows the bounces, and `listseal-server doctor` checks the server. If this goes on, you get this notice once a week.",
    ],
  }),
  "member-left": (list, member) => ({
    subject: "a member has left",
    text: [
      `Member ${member} of the list ${list} has left by the link in their messages. They get no more messages from it; to rejoin they need a new invitation.`,
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

/** The notice of `job` to `member`. @param sealed a part for their add-on, beside the text */
export function writePlainNotice(
  list: ListInUse,
  member: Member,
  job: NoticeJob,
  now: Date,
  sealed?: RequestPart,
): OutgoingMail {
  const [name = "", ...more] = job.code.split(" ");
  const { subject, text } = others[name]?.(list.address, ...more) ?? refusedPost(list.address, job.code, now);
  // an add-on looks through its folders for what comes from there
  const from = sealed === undefined ? list.address : requestAddress(list.address);
  const paragraphs = textLeaf(text.map(wrapped).join("\n\n").concat("\n"));
  const mail = writeEntity(
    [
      ["From", formatMailbox(makeMailbox(list.list.name, from))],
      ["To", formatMailbox(makeMailbox(member.name, parseAddress(member.address)))],
      ["Subject", `[${localPartOf(list.address)}] ${subject}`],
      ["Date", formatMailDate(now)],
      ["Message-ID", newMessageId(domainOf(list.address))],
      // RFC 3834: no program may answer this
      ["Auto-Submitted", "auto-replied"],
      ["MIME-Version", "1.0"],
    ],
    sealed === undefined
      ? paragraphs
      : { type: "multipart/mixed", parts: [paragraphs, { ...sealed, disposition: "attachment" }] },
  );
  // the empty sender: what can't be delivered comes back to nobody (RFC 5321, 4.5.5)
  return { sender: "", recipient: parseAddress(member.address), pieces: [mail] };
}

/** Lines of at most 72 characters. */
function wrapped(text: string): string {
  return text.replace(/(?=.{73})(.{1,72}) /g, "$1\n");
}
