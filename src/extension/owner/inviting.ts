import { parseAddress } from "../../mail/mailbox.js";
import { MembershipError } from "../../membership/file/errors.js";
import { AddonError } from "../platform/errors.js";
import { host } from "../platform/host.js";
import { changeOwned, loadOwned } from "../records/owned-storage.js";
import type { AnswerResult } from "../requests/incoming.js";
import type { PendingRequest } from "../requests/pending.js";
import { t } from "../ui/i18n.js";
import { runJob } from "../worker/client.js";
import { keepFile, keptFile } from "./invitation-files.js";
import { commandAnswered } from "./members.js";
import { askAsOwner, ownerSecret } from "./owner-requests.js";
import { isOwner } from "./view.js";

/** Inviting people: a file each, under a code that the page made and shows. */

/** Longest time that an invitation may wait, in days: whoever finds it lets themself in until then. */
const MAX_DAYS = 90;

const DAY_MS = 86_400_000;

/**
 * Makes the invitation of one address.
 * @throws ListSealError `already-a-member`, `bad-address`, `key-locked`, `not-claimed`; what the worker throws
 */
export async function invite(
  list: string,
  invitee: string,
  code: string,
  days: number,
): Promise<{ readonly introduction: string; readonly fileName: string }> {
  const owned = await loadOwned(list);
  if (!isOwner(owned)) throw new AddonError("not-claimed", "one is no owner of the list, or not yet");
  const address = parseAddress(invitee);
  if (owned.members.some((member) => member.address === address)) {
    throw new MembershipError("already-a-member", "the address is on the roster");
  }
  const now = new Date();
  const joinBy = new Date(now.getTime() + Math.min(Math.max(days, 1), MAX_DAYS) * DAY_MS).toISOString();
  const made = await runJob("make-invitation", {
    list: owned,
    secret: await ownerSecret(owned),
    invitee: address,
    code,
    joinBy,
    now: now.toISOString(),
  });
  const { introduction, fileName, file, madeAt } = made;
  await keepFile(introduction, fileName, file);
  await changeOwned(list, (before) => ({
    ...before,
    invitations: [
      ...before.invitations,
      { introduction, address, fileName, madeAt, joinBy, withdrawnAt: null },
    ],
  }));
  return { introduction, fileName };
}

/** Saves an invitation's file. */
export async function saveInvitation(introduction: string): Promise<void> {
  const { name, bytes } = await keptFile(introduction);
  await host().saveFile(name, bytes, "application/octet-stream");
}

/** Begins a mail to the invitee with the file attached. The code is in no part of it. */
export async function mailInvitation(list: string, introduction: string): Promise<void> {
  const { name: listName, invitations } = await loadOwned(list);
  const invitation = invitations.find((each) => each.introduction === introduction);
  if (invitation === undefined) throw new AddonError("invitation-not-kept", "there is no such invitation");
  const { name, bytes } = await keptFile(introduction);
  await host().writeMail({
    to: invitation.address,
    subject: t("invite_mail_subject", listName),
    text: t("invite_mail_text", listName),
    file: { name, bytes },
  });
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
