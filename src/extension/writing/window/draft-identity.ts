import { formatMailbox, makeMailbox, parseAddress } from "../../../mail/mailbox.js";
import { type ComposeDetails, type MailIdentity, thunderbird } from "../../platform/thunderbird.js";
import { load, update } from "../../records/storage.js";

/**
 * Identities whose drafts stay on this computer.
 *
 * Thunderbird saves a draft every five minutes, into the folder that the sender's identity names, which is on the mail
 * server: the words that are about to be sealed would lie there readable. No add-on can move that folder or stop the
 * saving; but an identity of the "Local Folders" account keeps its drafts there. So while a mail is to be sealed, the
 * composer uses a twin of its identity (same signature) in that account; the true one is back for the moment of
 * sending. Autosave, Save, the question at closing and the recovery after a crash stay Thunderbird's own.
 *
 * A twin has **no address**. QUIRK: with an address, Thunderbird takes it for every new mail and every answer that is begun while a
 * folder of that account is selected (with a global inbox: always), and for drafts of other programs. Without one, Thunderbird 153
 * itself goes on to the identity that it would have taken if there were no twin, and sends nothing under it, whether the add-on
 * runs or not. What people read in From is its label.
 */

/** Ends the label of a twin, by which one is known again that an earlier installation has left behind. */
const OURS = "ListSeal";

const isTwin = ({ email, label }: MailIdentity): boolean =>
  email === "" && (label === OURS || label.endsWith(`, ${OURS}`));

/** How people see an identity in From. */
const shown = ({ name, email }: MailIdentity): string => (name === "" ? email : `${name} <${email}>`);

/** The identity that `identityId` stands for: itself, or the true one if it is a twin. */
export async function trueIdentity(identityId: string): Promise<string> {
  const { identities } = thunderbird();
  const original = (await load()).draftIdentities[identityId];
  if (original !== undefined && (await identities.get(original)) !== null) return original;
  const identity = await identities.get(identityId);
  if (original === undefined && identity !== null && !isTwin(identity)) return identityId;
  // its account is gone
  return (await defaultIdentity()) ?? identityId;
}

/** Whether it is a twin. */
export async function isDraftIdentity(identityId: string): Promise<boolean> {
  if ((await load()).draftIdentities[identityId] !== undefined) return true;
  const identity = await thunderbird().identities.get(identityId);
  return identity !== null && isTwin(identity);
}

/** A mail in the composer with the true From, where that is a twin's nothing. @throws ListSealError `bad-address` */
export async function withTrueSender(details: ComposeDetails): Promise<ComposeDetails> {
  const { identityId } = details;
  if (identityId === undefined || !(await isDraftIdentity(identityId))) return details;
  const identity = await thunderbird().identities.get(await trueIdentity(identityId));
  if (identity === null) return details;
  return { ...details, from: formatMailbox(makeMailbox(identity.name, parseAddress(identity.email))) };
}

/** The identity that Thunderbird takes where nothing else speaks for one. */
async function defaultIdentity(): Promise<string | null> {
  const { accounts, identities } = thunderbird();
  const account = await accounts.getDefault();
  return account === null ? null : ((await identities.getDefault(account.id))?.id ?? null);
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

/** What a twin has of its original. */
function twinOf(identity: MailIdentity): Partial<Omit<MailIdentity, "id" | "accountId">> {
  const { composeHtml, organization, replyTo, signature, signatureIsPlainText } = identity;
  const label = `${shown(identity)}, ${OURS}`;
  return { email: "", name: "", label, composeHtml, organization, replyTo, signature, signatureIsPlainText };
}

let preparing: Promise<void> = Promise.resolve();

/**
 * Makes and renews the twins that the lists need, and removes those that none needs any more. Done when Thunderbird starts, and
 * when lists, accounts or identities change, and not when a mail is written: a compose window that is open does not learn of a new
 * identity (QUIRK: Thunderbird 153 then shows an empty From and sends none). One after the other: of two at once, each would make one.
 *
 * Without a "Local Folders" account there are no twins; drafts go where they always went, and the button says so.
 */
export function prepareDraftIdentities(): Promise<void> {
  preparing = preparing.catch(() => undefined).then(prepare);
  return preparing;
}

async function prepare(): Promise<void> {
  const { accounts, identities } = thunderbird();
  const local = (await accounts.list(false)).find(({ type }) => type === "local" || type === "none");
  if (local === undefined) return;
  const { lists, draftIdentities } = await load();
  const addresses = new Set(Object.values(lists).map(({ invitee }) => invitee));
  const wanted = new Set((await Promise.all([...addresses].map(identityOf))).filter((id) => id !== null));
  const twins = local.identities.filter((one) => draftIdentities[one.id] !== undefined || isTwin(one));
  const kept: Record<string, string> = {};
  const free: string[] = [];
  for (const { id } of twins) {
    const original = draftIdentities[id];
    if (original !== undefined && wanted.delete(original)) kept[id] = original;
    else free.push(id);
  }
  for (const original of wanted) {
    const twin = free.shift() ?? (await identities.create(local.id, { email: "", label: OURS })).id;
    kept[twin] = original;
  }
  // before they are written to, which is an event that has this done again
  await update((stored) =>
    JSON.stringify(stored.draftIdentities) === JSON.stringify(kept)
      ? { stored, result: undefined }
      : { stored: { ...stored, draftIdentities: kept }, result: undefined },
  );
  for (const [twin, original] of Object.entries(kept)) {
    const source = await identities.get(original);
    if (source !== null) await identities.update(twin, twinOf(source));
  }
  for (const id of free) await remove(id);
}

/** QUIRK: an account's first identity can't be deleted. It stays, without an address, and serves the next list that needs one. */
async function remove(id: string): Promise<void> {
  const { identities } = thunderbird();
  await identities
    .delete(id)
    .catch(() => identities.update(id, { email: "", name: "", label: OURS, signature: "" }));
}
