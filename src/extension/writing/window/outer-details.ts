import { type ComposeDetails, thunderbird } from "../../platform/thunderbird.js";
import { escapeHtml } from "../../ui/html-text.js";
import type { SealedLetter } from "../../worker/jobs.js";
import { trueIdentity } from "./draft-identity.js";

/**
 * What is outside the seals: fixed texts, and as little of the author's mail program as an add-on can see to.
 *
 * Attack: the outer fields of a sealed mail tell a wire more than sender, list and time: that its author checks the
 * spelling of two languages, wants a receipt, calls it urgent, or writes with another add-on that leaves its mark.
 * What no add-on can take away (User-Agent, Organization, an Autocrypt key) is named in docs/THREAT-MODEL.md.
 */
export async function outerDetails(details: ComposeDetails, sealed: SealedLetter): Promise<ComposeDetails> {
  const { notice, subject, header } = sealed;
  const body =
    details.isPlainText === true
      ? { plainTextBody: notice }
      : // QUIRK: an HTML composer takes `body` alone, and sends it as plain text because of the delivery format
        { body: `<!DOCTYPE html><html><body><pre>${escapeHtml(notice)}</pre></body></html>` };
  return {
    ...body,
    subject,
    deliveryFormat: "plaintext",
    // ours alone: every other X- and List- field of the composer is dropped
    customHeaders: [header],
    replyTo: [],
    followupTo: [],
    priority: "normal",
    returnReceipt: false,
    ...(details.identityId === undefined ? {} : { identityId: await trueIdentity(details.identityId) }),
    ...approved(details),
    // an address card or an OpenPGP key would be attached in clear
    attachVCard: false,
    attachPublicPGPKey: false,
  };
}

/**
 * The recipients that stood in the window when Send was pressed, and no others.
 *
 * Attack: with the true identity its own habits come back for the moment of sending: an address card, and a Cc and Bcc that the
 * account adds by itself, which nobody saw and no guard has asked about.
 */
export function approved({
  to = [],
  cc = [],
  bcc = [],
  attachVCard = false,
}: ComposeDetails): ComposeDetails {
  return { to, cc, bcc, attachVCard };
}

/** What {@link outerDetails} has changed and the person had set: given back when the mail was not sent. */
export function innerDetails(details: ComposeDetails): ComposeDetails {
  const { replyTo, followupTo, priority, returnReceipt, deliveryFormat, attachPublicPGPKey } = details;
  return {
    subject: details.subject ?? "",
    ...(details.isPlainText === true
      ? { plainTextBody: details.plainTextBody ?? "" }
      : { body: details.body ?? "" }),
    customHeaders: details.customHeaders ?? [],
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(followupTo === undefined ? {} : { followupTo }),
    ...(priority === undefined ? {} : { priority }),
    ...(returnReceipt === undefined ? {} : { returnReceipt }),
    ...(deliveryFormat === undefined ? {} : { deliveryFormat }),
    ...approved(details),
    ...(attachPublicPGPKey === undefined ? {} : { attachPublicPGPKey }),
  };
}

/**
 * Takes the languages of the spelling away from a window: Thunderbird writes them into `Content-Language`.
 * @returns the dictionaries that were in use, to be given back with {@link spellIn} when the mail was not sent
 */
export async function spellInNothing(tabId: number): Promise<readonly string[]> {
  const { compose } = thunderbird();
  const known = await compose.getActiveDictionaries(tabId);
  const used = Object.keys(known).filter((name) => known[name] === true);
  await compose.setActiveDictionaries(tabId, []);
  return used;
}

/** Gives the dictionaries back. */
export async function spellIn(tabId: number, dictionaries: readonly string[]): Promise<void> {
  await thunderbird().compose.setActiveDictionaries(tabId, dictionaries);
}
