/** An owner's word for somebody's certificate: a person with GnuPG alone, or one whom the operator enrolled before. */
import { writeSealingKey } from "../../../protocol/keys.js";
import type { RecordedCommand } from "../../kept/warrant.js";
import { type Asked, type AskedFor, type Done, memberKey, outcomeOf, refusal } from "./asked.js";

/** Enrols, or confirms whom the operator enrolled with this very key; the record has the owner's signature either way. */
export async function enrol(
  asked: Asked,
  verified: RecordedCommand,
  command: AskedFor<"enrol">,
): Promise<Done> {
  const { address, name, shape } = command;
  const { parts, list } = asked;
  const key = await memberKey(asked, command.certificate);
  if (address === list.address) return refusal("bad-address");
  return outcomeOf(
    await parts.store.enrolMember(verified, {
      address,
      name: name.trim() || address,
      certificate: writeSealingKey(key),
      fingerprint: key.fingerprint,
      shape,
    }),
  );
}
