/**
 * What the author of a post under a former list key gets beside the notice's text: an answer, sealed to them, that their add-on
 * acts on. It is made when the notice leaves, for the key that the member has then.
 */
import { type RequestPart, requestPart } from "../../mail/request-mail.js";
import { writeAnswer } from "../../membership/request/answers.js";
import { newRequestId } from "../../membership/request/request.js";
import { ListSealError } from "../../openpgp/errors.js";
import { parseSealingKey, sealingHalf } from "../../openpgp/keys.js";
import { parseListKeyId } from "../../openpgp/list-keys.js";
import type { RosterHead } from "../../protocol/message.js";
import type { ListInUse } from "../store/lists-in-use.js";
import { FORMER_KEY_NOTICE } from "../store/queue.js";
import type { Member, NoticeJob } from "../store/store.js";

/**
 * The sealed part for the notice of `job`; `undefined` for a notice about something else, and where nothing can be sealed to
 * the member.
 */
export async function formerKeyAnswer(
  { address, server: present, formerServers }: ListInUse,
  member: Member,
  { code }: NoticeJob,
  { head, date }: { readonly head: RosterHead; readonly date: Date },
): Promise<RequestPart | undefined> {
  const [name, messageId, wanted, knownServer, sentAs] = code.split(" ");
  if (name !== FORMER_KEY_NOTICE || messageId === undefined || wanted === undefined) return undefined;
  // by the key that its author sealed to: whoever has missed a list key may have missed a server key, too
  const known = formerServers.find(({ key }) => key.fingerprint === knownServer);
  const server = known?.key ?? present;
  try {
    const sealed = await writeAnswer(
      {
        request: newRequestId(),
        date,
        list: { address, key: parseListKeyId(wanted) },
        result: { kind: "old-list-key", head, messageId, ...(sentAs === undefined ? {} : { sentAs }) },
        server: sealingHalf(server),
      },
      server,
      await parseSealingKey("member", member.certificate),
    );
    return requestPart("answer", sealed);
  } catch (error) {
    if (!(error instanceof ListSealError)) throw error;
    return undefined;
  }
}
