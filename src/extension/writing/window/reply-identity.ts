import { parseMailboxList } from "../../../mail/mailbox.js";
import { type ComposeDetails, type MessageHeader, thunderbird } from "../../platform/thunderbird.js";
import { headersOf } from "./opened-draft.js";
import type { WindowContent } from "./related-mail.js";

/**
 * Which of a person's addresses an answer goes out from, for mail that lies in Local Folders.
 *
 * QUIRK: for mail in an account without identities, Thunderbird 153 looks among all of a person's identities for the one that the
 * mail was addressed to. Local Folders has one because of ours (`draft-identity.ts`), which fits nothing, and Thunderbird goes on to
 * the default one. So the look is done here, as Thunderbird does it.
 */

/** Fields that say to which address a mail was delivered: Thunderbird's own choice of them. */
const DELIVERED = ["delivered-to", "envelope-to", "x-original-to"] as const;

/** The identity that this window should have begun with; null where Thunderbird's choice was its own. */
export async function replyIdentity(
  beginning: WindowContent,
  { relatedMessageId, identityId }: ComposeDetails,
): Promise<string | null> {
  if (relatedMessageId === undefined || beginning === "draft" || beginning === "nothing") return null;
  const { accounts, messages } = thunderbird();
  const all = await accounts.list(false);
  const header = await messages.get(relatedMessageId).catch(() => undefined);
  if (header === undefined) return null;
  const home = all.find(({ id }) => id === header.folder?.accountId);
  if (home === undefined || (home.type !== "local" && home.type !== "none")) return null;
  // identities of Local Folders that are a person's own: Thunderbird chooses among them
  if (home.identities.some(({ email }) => email !== "")) return null;
  const mine = all.flatMap(({ identities }) => identities).filter(({ email }) => email !== "");
  for (const address of await addressedTo(beginning, header)) {
    const found = mine.find(({ email }) => email.toLowerCase() === address);
    if (found !== undefined) return found.id === identityId ? null : found.id;
  }
  return null;
}

async function addressedTo(beginning: WindowContent, header: MessageHeader): Promise<readonly string[]> {
  if (beginning === "again") return addressesIn([header.author]);
  const fields = await headersOf(header.id).catch(() => undefined);
  const delivered = DELIVERED.flatMap((name) => fields?.[name] ?? []);
  return addressesIn([...header.recipients, ...header.ccList, ...delivered]);
}

function addressesIn(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => {
    try {
      return parseMailboxList(text).map(({ address }) => address);
    } catch {
      return [];
    }
  });
}
