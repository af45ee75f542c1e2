import { toBase64 } from "../base64.js";
import { type Check, object, text } from "../check.js";
import { browser } from "../platform.js";
import { type MessageHeader, type MessagePart, thunderbird } from "../thunderbird.js";

/** An invitation that came attached to a mail, on its way to the page that asks for its code. */

/** An invitation has about 10 kB. Attack: a huge "invitation" that fills memory, or the way to the page. */
export const INVITATION_LIMIT = 500_000;

/** Parts of a mail that are looked at. */
const PART_LIMIT = 50;

/** The one attachment of a mail that is named as an invitation; undefined if there is none, or several. */
export function invitationPart(root: MessagePart): { readonly partName: string } | undefined {
  const found: string[] = [];
  let seen = 0;
  const walk = (part: MessagePart): void => {
    seen += 1;
    if (seen > PART_LIMIT) return;
    const { name = "", partName } = part;
    if (partName !== undefined && name.toLowerCase().endsWith(".listseal")) found.push(partName);
    for (const child of part.parts ?? []) walk(child);
  };
  walk(root);
  const [only, more] = found;
  return only === undefined || more !== undefined ? undefined : { partName: only };
}

/** A file that waits for its code. `file` in base64. */
export type OfferedFile = Readonly<Record<"name" | "file", string>>;

const OFFERED = "offered";
const offered: Check<OfferedFile> = object<OfferedFile>({ name: text, file: text });

/**
 * Fetches the invitation of a mail for the page.
 * @returns whether there is one
 */
export async function offerInvitation(header: Pick<MessageHeader, "id">): Promise<boolean> {
  const { messages } = thunderbird();
  const tree = await messages.getFull(header.id, { decrypt: false, decodeContent: false });
  const part = invitationPart(tree);
  if (part === undefined) return false;
  const file = await messages.getAttachmentFile(header.id, part.partName);
  if (file.size > INVITATION_LIMIT) return false;
  const bytes = new Uint8Array(await file.arrayBuffer());
  await browser.storage.session.set({ [OFFERED]: { name: file.name, file: toBase64(bytes) } });
  return true;
}

/** The invitation that waits, once. */
export async function takeOffered(): Promise<OfferedFile | null> {
  const found = await browser.storage.session.get(OFFERED);
  await browser.storage.session.remove(OFFERED);
  return found[OFFERED] === undefined ? null : offered(found[OFFERED]);
}
