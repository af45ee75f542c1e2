import { thunderbird } from "../platform.js";
import { load, update } from "../storage.js";
import type { MailIdentity } from "../thunderbird.js";

/**
 * Identities whose drafts stay on this computer.
 *
 * Thunderbird saves a draft every five minutes, into the folder that the sender's identity names, which is on the mail
 * server: the words that are about to be sealed would lie there readable. No add-on can move that folder or stop the
 * saving; but an identity of the "Local Folders" account keeps its drafts there. So while a mail is to be sealed, the
 * composer uses a twin of its identity (same name, address and signature) in that account; the true one is back for
 * the moment of sending. Autosave, Save, the question at closing and the recovery after a crash stay Thunderbird's own.
 */

/** The identity that `identityId` stands for: itself, or the true one if it is a twin. */
export async function trueIdentity(identityId: string): Promise<string> {
  return (await load()).draftIdentities[identityId] ?? identityId;
}

/** Whether it is a twin. */
export async function isDraftIdentity(identityId: string): Promise<boolean> {
  return (await load()).draftIdentities[identityId] !== undefined;
}

function sameLook(identity: MailIdentity): Omit<MailIdentity, "id" | "accountId" | "label"> {
  const { email, name, composeHtml, organization, replyTo, signature, signatureIsPlainText } = identity;
  return { email, name, composeHtml, organization, replyTo, signature, signatureIsPlainText };
}

/**
 * The twin of an identity, made if it is not there yet, with the true one's present signature.
 * @param label what the From menu shows behind the name
 * @returns null if there is no "Local Folders" account, or it can't be made: drafts then go where they always went,
 *          and the popup says so
 */
export async function draftIdentityFor(identityId: string, label: string): Promise<string | null> {
  const { accounts, identities } = thunderbird();
  const source = await identities.get(identityId);
  if (source === null) return null;
  const known = Object.entries((await load()).draftIdentities).find(
    ([, original]) => original === identityId,
  )?.[0];
  const local = (await accounts.list(false)).find(({ type }) => type === "local" || type === "none");
  if (local === undefined) return null;
  try {
    if (known !== undefined && (await identities.get(known)) !== null) {
      await identities.update(known, sameLook(source));
      return known;
    }
    const made = await identities.create(local.id, { ...sameLook(source), label });
    await update((stored) => ({
      stored: { ...stored, draftIdentities: { ...stored.draftIdentities, [made.id]: identityId } },
      result: undefined,
    }));
    return made.id;
  } catch {
    return null;
  }
}

/** The identity for an address, of a real account. */
export async function identityOf(address: string): Promise<string | null> {
  const { draftIdentities } = await load();
  const all = (await thunderbird().accounts.list(false)).flatMap(({ identities }) => identities);
  const found = all.find(
    ({ id, email }) => draftIdentities[id] === undefined && email.toLowerCase() === address,
  );
  return found?.id ?? null;
}
