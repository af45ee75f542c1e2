import { invitationPart } from "../../mail/found-parts.js";
import { INVITATION_LIMIT, offer } from "../member/offered-invitation.js";
import { type MessageHeader, thunderbird } from "../platform/thunderbird.js";

/** An invitation that came attached to a mail in Thunderbird. */

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
