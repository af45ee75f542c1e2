/** An owner's word for somebody's certificate: a person with GnuPG alone, or one whom the operator enrolled before. */
import { writeSealingKey } from "../../../protocol/keys.js";
import type { RecordedOrder } from "../../kept/warrant.js";
import { type Asked, type AskedFor, type Done, outcomeOf, refusal } from "./asked.js";
import { memberKey } from "./joining.js";

/** Enrols, or confirms whom the operator enrolled with this very key; the record has the owner's signature either way. */
export async function enrol(
  { parts, list, now }: Asked,
  order: RecordedOrder,
  command: AskedFor<"enrol">,
): Promise<Done> {
  const { address, name, shape } = command;
  const key = await memberKey(command.certificate, now);
  if (address === list.address) return refusal("bad-address");
  return outcomeOf(
    await parts.store.enrolMember(order, {
      address,
      name: name.trim() || address,
      certificate: writeSealingKey(key),
      fingerprint: key.fingerprint,
      shape,
    }),
  );
}
