import { fromBase64 } from "../../mail/base64.js";
import { domainOf, makeMailbox, parseAddress } from "../../mail/mailbox.js";
import {
  type RequestPart,
  requestNotice,
  requestPart,
  requestSubject,
  writeRequestMail,
} from "../../mail/request-mail.js";
import { host } from "../platform/host.js";
import { keepPending, type PendingRequest } from "./pending.js";
import { freshRequest } from "./send-request.js";

/**
 * Requests that a person sends, because the program can't: with any mail program or webmail. What is inside is signed and
 * sealed; whatever else the person or the program changes of the mail does no harm, but for the sender's address, by which
 * the server finds the key.
 */

/** What a mail with a request is made of. */
export interface RequestMailParts {
  /** The address that it has to be sent from. */
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly attachment: RequestPart;
}

/** The parts of a request's mail, for whoever puts them into a mail program. */
export function partsOf({ list, from, requestAddress, sealed }: PendingRequest): RequestMailParts {
  return {
    from,
    to: requestAddress,
    subject: requestSubject("request", parseAddress(list)),
    text: requestNotice("request"),
    attachment: requestPart("request", fromBase64(sealed)),
  };
}

/**
 * The parts of the request with this id.
 * @throws ListSealError as {@link freshRequest}
 */
export async function partsToSend(id: string): Promise<RequestMailParts> {
  return partsOf(await freshRequest(id));
}

/**
 * Saves the request for a mail program: the whole mail, or its attachment alone.
 * @throws ListSealError as {@link freshRequest}
 */
export async function saveRequest(id: string, as: "mail" | "attachment"): Promise<void> {
  const request = await freshRequest(id);
  const { attachment } = partsOf(request);
  if (as === "attachment") return host().saveFile(attachment.name, attachment.bytes, attachment.type);
  const { list, from, requestAddress, sealed } = request;
  const sender = parseAddress(from);
  const mail = writeRequestMail({
    kind: "request",
    list: parseAddress(list),
    from: makeMailbox(undefined, sender),
    to: makeMailbox(undefined, parseAddress(requestAddress)),
    date: new Date(),
    messageId: `<${crypto.randomUUID()}@${domainOf(sender)}>`,
    sealed: fromBase64(sealed),
  });
  return host().saveFile("request.eml", mail, "message/rfc822");
}

/**
 * The person says that they have sent it. What they say is believed: it decides nothing but what the page shows.
 * @throws ListSealError as {@link freshRequest}
 */
export async function noteSent(id: string): Promise<PendingRequest> {
  return keepPending({ ...(await freshRequest(id)), sending: "sent", failure: null });
}
