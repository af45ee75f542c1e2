/** An owner's word for somebody's certificate: a person with GnuPG alone, or one whom the operator enrolled before. */
import { writeSealingKey } from "../../openpgp/keys.js";
import type { RecordedOrder } from "../store/warrant.js";
import {
  type AskedFor,
  type CommandResult,
  commandOutcome,
  memberKey,
  type RequestContext,
  refusal,
} from "./request-context.js";

/** Enrols, or confirms whom the operator enrolled with this very key; the record has the owner's signature either way. */
export async function enrolMember(
  asked: RequestContext,
  order: RecordedOrder,
  command: AskedFor<"enrol">,
): Promise<CommandResult> {
  const { address, name, shape } = command;
  const { parts, list } = asked;
  const key = await memberKey(asked, command.certificate);
  if (address === list.address) return refusal("bad-address");
  return commandOutcome(
    await parts.store.enrolMember(order, {
      address,
      name: name.trim() || address,
      certificate: writeSealingKey(key),
      fingerprint: key.fingerprint,
      shape,
    }),
  );
}
