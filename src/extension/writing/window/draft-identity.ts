import { type MailIdentity, thunderbird } from "../../platform/thunderbird.js";
import { load, update } from "../../records/storage.js";

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

/** The twin of an identity; null if it has none that still exists. */
export async function draftIdentityFor(identityId: string): Promise<string | null> {
  const { draftIdentities } = await load();
  const known = Object.entries(draftIdentities).find(([, original]) => original === identityId)?.[0];
  return known !== undefined && (await thunderbird().identities.get(known)) !== null ? known : null;
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

/**
 * Makes and renews the twins that the lists need, and removes those that none needs any more. Done when the page starts
 * and when the lists change, and not when a mail is written: a compose window that is open does not learn of a new
 * identity (QUIRK: Thunderbird 153 then shows an empty From and sends none).
 *
 * Without a "Local Folders" account there are no twins; drafts go where they always went, and the button says so.
 */
export async function prepareDraftIdentities(label: string): Promise<void> {
  const { accounts, identities } = thunderbird();
  const local = (await accounts.list(false)).find(({ type }) => type === "local" || type === "none");
  if (local === undefined) return;
  const { lists, draftIdentities } = await load();
  const addresses = new Set(Object.values(lists).map(({ invitee }) => invitee));
  const wanted = (await Promise.all([...addresses].map(identityOf))).filter((id) => id !== null);
  const kept: Record<string, string> = {};
  for (const [twin, original] of Object.entries(draftIdentities)) {
    if ((await identities.get(twin)) === null) continue;
    if (wanted.includes(original)) kept[twin] = original;
    else await identities.delete(twin);
  }
  for (const original of wanted) {
    const source = await identities.get(original);
    if (source === null) continue;
    const twin = Object.entries(kept).find(([, of]) => of === original)?.[0];
    if (twin === undefined)
      kept[(await identities.create(local.id, { ...sameLook(source), label })).id] = original;
    else await identities.update(twin, sameLook(source));
  }
  await update((stored) =>
    JSON.stringify(stored.draftIdentities) === JSON.stringify(kept)
      ? { stored, result: undefined }
      : { stored: { ...stored, draftIdentities: kept }, result: undefined },
  );
}
