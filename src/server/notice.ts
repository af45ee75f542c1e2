/**
 * The mail that tells a member why a post under their name was refused.
 *
 * It goes to the address on the roster and nowhere else, since only then the reason tells nobody else anything. It
 * quotes nothing of the post: whoever resends a captured post gets nothing delivered by it.
 */
import { domainOf, formatMailbox, localPartOf, makeMailbox, parseAddress } from "../mail/mailbox.js";
import { formatDate, textLeaf, writeEntity } from "../mail/mime.js";
import { newMessageId } from "../protocol/seal.js";
import type { ListInUse } from "./lists-in-use.js";
import type { OutgoingMail } from "./relay.js";
import type { Member, NoticeJob } from "./store.js";

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
  "malformed-key-packet": "Its key packet is not in the form that the list requires.",
  "unsupported-version": "It was sealed by a newer version of ListSeal than the list's server knows.",
};

/** What a moderator's command led to, by the codes that moderation.ts gives. */
const decisions: Readonly<Record<string, string>> = {
  "release-done": "was released: every member gets a copy.",
  "release-repeat": "was decided about by this very command before. Nothing was done again.",
  "release-not-held": "does not wait any more: somebody has released or rejected it.",
  "reject-done": "was rejected, and deleted.",
  "reject-repeat": "was decided about by this very command before. Nothing was done again.",
  "reject-not-held": "does not wait any more: somebody has released or rejected it.",
};

interface NoticeText {
  readonly subject: string;
  readonly paragraphs: readonly string[];
}

function textOf(list: ListInUse, code: string, now: Date): NoticeText {
  const [decision = "", post = ""] = code.split(" ");
  const outcome = decisions[decision];
  if (outcome !== undefined) {
    return {
      subject: `held post ${post}`,
      paragraphs: [`The post ${post}, which the list ${list.address} held for its moderators, ${outcome}`],
    };
  }
  return {
    subject: "a post of yours was not passed on",
    paragraphs: [
      `The list ${list.address} did not pass on a post that was signed by your key.`,
      reasons[code] ?? "It did not pass the list's checks.",
      `The server's clock shows ${now.toISOString().slice(0, 16).replace("T", " ")} UTC.`,
      "If you did not send anything, somebody is sending captured mail of yours again. They can't read it, and it reaches nobody. You will hear of this once an hour at most.",
    ],
  };
}

/** The notice of `job` to `member`. */
export function writeNotice(list: ListInUse, member: Member, job: NoticeJob, now: Date): OutgoingMail {
  const { subject, paragraphs } = textOf(list, job.code, now);
  const mail = writeEntity(
    [
      ["From", formatMailbox(makeMailbox(list.list.name, list.address))],
      ["To", formatMailbox(makeMailbox(member.name, parseAddress(member.address)))],
      ["Subject", `[${localPartOf(list.address)}] ${subject}`],
      ["Date", formatDate(now)],
      ["Message-ID", newMessageId(domainOf(list.address))],
      // RFC 3834: no program may answer this
      ["Auto-Submitted", "auto-replied"],
      ["MIME-Version", "1.0"],
    ],
    textLeaf(paragraphs.map(wrapped).join("\n\n").concat("\n")),
  );
  // the empty sender: what can't be delivered comes back to nobody (RFC 5321, 4.5.5)
  return { sender: "", recipient: parseAddress(member.address), pieces: [mail] };
}

/** Lines of at most 72 characters. */
function wrapped(text: string): string {
  return text.replace(/(?=.{73})(.{1,72}) /g, "$1\n");
}
