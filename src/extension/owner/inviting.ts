import { parseAddress, parseMailbox } from "../../mail/mailbox.js";
import { makeCode } from "../../membership/file/code.js";
import { MembershipError } from "../../membership/file/errors.js";
import { AddonError } from "../platform/errors.js";
import { host, type MailToWrite } from "../platform/host.js";
import { listForWorker, type OwnedList } from "../records/owned-list.js";
import { changeOwned, loadOwned } from "../records/owned-storage.js";
import type { AnswerResult } from "../requests/incoming.js";
import { loadRequests, type PendingRequest } from "../requests/pending.js";
import { t } from "../ui/i18n.js";
import { INSTALL_PAGE } from "../ui/install-page.js";
import { runJob } from "../worker/client.js";
import {
  forgetCodes,
  type InvitationCode,
  keepInvitation,
  keptCodes,
  keptFile,
  keptFiles,
} from "./invitation-files.js";
import { commandAnswered } from "./members.js";
import { isOwner } from "./notice-addressees.js";
import { askAsOwner, ownerSecret } from "./owner-requests.js";
import { viewOf } from "./view.js";

/** Inviting people: a file each, and the code that opens it. */

/** Longest time that an invitation may wait, in days: whoever finds it lets themself in until then. */
const MAX_DAYS = 90;

const DAY_MS = 86_400_000;

/** Whom an invitation is for, and how long it may wait. */
export interface InvitationInput {
  readonly list: string;
  readonly address: string;
  readonly name: string | null;
  readonly days: number;
}

/**
 * Makes the invitation of one address. Its code stays here, until it is told.
 * @throws ListSealError `already-a-member`, `bad-address`, `key-locked`, `not-claimed`; what the worker throws
 */
export async function invite({
  list,
  address: invitee,
  name,
  days,
}: InvitationInput): Promise<{ readonly introduction: string }> {
  const owned = await loadOwned(list);
  if (!isOwner(owned)) throw new AddonError("not-claimed", "one is no owner of the list, or not yet");
  const address = parseAddress(invitee);
  if (owned.members.some((member) => member.address === address)) {
    throw new MembershipError("already-a-member", "the address is on the roster");
  }
  const now = new Date();
  const code = makeCode();
  const joinBy = new Date(now.getTime() + Math.min(Math.max(days, 1), MAX_DAYS) * DAY_MS).toISOString();
  const made = await runJob("make-invitation", {
    list: listForWorker(owned),
    secret: await ownerSecret(owned),
    invitee: address,
    code,
    joinBy,
    now: now.toISOString(),
  });
  const { introduction, fileName, file, madeAt } = made;
  await keepInvitation({ introduction, code }, fileName, file);
  await changeOwned(list, (before) => ({
    ...before,
    invitations: [
      ...before.invitations,
      { introduction, address, name, fileName, madeAt, mailedAt: null, joinBy, withdrawnAt: null },
    ],
  }));
  return { introduction };
}

/**
 * The codes that are still to be told.
 *
 * Attack: somebody at the computer while its owner is away. Codes are shown only while the owner's key is open, and forgotten when
 * they can't be used any more.
 * @throws ListSealError `key-locked`, `no-such-list`
 */
export async function codesToTell(list: string): Promise<readonly InvitationCode[]> {
  const owned = await loadOwned(list);
  await ownerSecret(owned);
  const { pending } = await loadRequests();
  const { invitations } = viewOf(owned, pending, await keptFiles(), new Date());
  const of = (state: "open" | "over") =>
    invitations
      .filter((each) => (each.state === "open") === (state === "open"))
      .map((each) => each.introduction);
  const [open, over] = [of("open"), of("over")];
  const codes = await keptCodes();
  if (codes.some(({ introduction }) => over.includes(introduction))) await forgetCodes(over);
  return codes.filter(({ introduction }) => open.includes(introduction));
}

/** Forgets a code that was told. */
export function codeTold(introduction: string): Promise<void> {
  return forgetCodes([introduction]);
}

/** Saves an invitation's file. */
export async function saveInvitation(introduction: string): Promise<void> {
  const { name, bytes } = await keptFile(introduction);
  await host().saveFile(name, bytes, "application/octet-stream");
}

/** What every invitation's mail says, beside the file. */
export async function invitationText(list: string): Promise<Pick<MailToWrite, "subject" | "text">> {
  const owned = await loadOwned(list);
  const owner = ownerName(owned);
  return {
    subject: t("invite_mail_subject", owner, owned.name),
    text: t("invite_mail_text", owner, owned.name, INSTALL_PAGE),
  };
}

/** The owner as the members see them. */
function ownerName({ owners, ownerKey, ownerAddress }: OwnedList): string {
  const userId = owners.find(({ fingerprint }) => fingerprint === ownerKey)?.userId ?? "";
  try {
    return parseMailbox(userId).name ?? ownerAddress;
  } catch {
    return ownerAddress;
  }
}

/** A mail to the invitee with the file attached. The code is in no part of it. */
async function mailOf(list: string, introduction: string): Promise<MailToWrite> {
  const { ownerAddress, invitations } = await loadOwned(list);
  const invitation = invitations.find((each) => each.introduction === introduction);
  if (invitation === undefined) throw new AddonError("invitation-not-kept", "there is no such invitation");
  const file = await keptFile(introduction);
  return { from: ownerAddress, to: invitation.address, ...(await invitationText(list)), file };
}

/** Begins the mail, for the person to finish and send. */
export async function mailInvitation(list: string, introduction: string): Promise<void> {
  await host().writeMail(await mailOf(list, introduction));
  await noteMailed(list, introduction);
}

/**
 * Sends the mail, as it is.
 * @throws ListSealError `invitation-not-kept`, `no-identity`, `may-not-send`, `not-sent`
 */
export async function sendInvitation(list: string, introduction: string): Promise<void> {
  await host().sendMail(await mailOf(list, introduction));
  await noteMailed(list, introduction);
}

async function noteMailed(list: string, introduction: string): Promise<void> {
  const mailedAt = new Date().toISOString();
  await changeOwned(list, (before) => ({
    ...before,
    invitations: before.invitations.map((each) =>
      each.introduction === introduction ? { ...each, mailedAt } : each,
    ),
  }));
}

/** Takes every invitation of an address back that was made until now. */
export async function withdraw(list: string, address: string): Promise<void> {
  const named = parseAddress(address);
  await askAsOwner(await loadOwned(list), { do: "withdraw", address: named }, named);
}

export async function withdrawAnswered(
  asked: PendingRequest,
  result: AnswerResult,
  date: Date,
): Promise<void> {
  if (result.kind !== "refused") {
    await changeOwned(asked.list, (before) => ({
      ...before,
      invitations: before.invitations.map((each) =>
        each.address === asked.about && each.madeAt <= asked.askedAt && each.withdrawnAt === null
          ? { ...each, withdrawnAt: date.toISOString() }
          : each,
      ),
    }));
  }
  await commandAnswered(asked, result, date);
}
