import { type MessageHeader, type MessagePart, thunderbird } from "../thunderbird.js";
import { INVITATION_LIMIT, offer } from "./offered.js";

/** An invitation that came attached to a mail in Thunderbird. */

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
  await offer(file.name, new Uint8Array(await file.arrayBuffer()));
  return true;
}
