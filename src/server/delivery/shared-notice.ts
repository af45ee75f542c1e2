/** An owner's notice that was sealed once for all members, as the mail of one member. */
import { type Address, domainOf, makeMailbox, parseAddress, requestAddress } from "../../mail/mailbox.js";
import { writeRequestMail } from "../../mail/request-mail.js";
import { join } from "../../openpgp/packets.js";
import { newMessageId } from "../../protocol/seal-post.js";
import type { MemberNotice } from "../store/shared-notices.js";
import type { List, Member } from "../store/store.js";
import type { OutgoingMail } from "./relay.js";

/** An owner's notice as the mail of one member. @param sealed for this member */
export function noticeMail(
  list: List,
  member: Member,
  sealed: Uint8Array,
  date: Date,
): { readonly recipient: Address; readonly mail: Uint8Array } {
  const address = parseAddress(list.address);
  const recipient = parseAddress(member.address);
  const mail = writeRequestMail({
    kind: "notice",
    list: address,
    from: makeMailbox(list.name, requestAddress(address)),
    to: makeMailbox(member.name, recipient),
    date,
    messageId: newMessageId(domainOf(address)),
    sealed,
  });
  return { recipient, mail };
}

/** The notice as a mail of its own: the member's session key packet in front of the data packet that all have. */
export function writeSharedNotice(
  list: List,
  member: Member,
  { packet, body }: MemberNotice,
  date: Date,
): OutgoingMail {
  const { recipient, mail } = noticeMail(list, member, join(packet, body), date);
  // the empty sender: what can't be delivered comes back to nobody (RFC 5321, 4.5.5)
  return { sender: "", recipient, pieces: [mail] };
}
