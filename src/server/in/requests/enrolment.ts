/** An owner's word for somebody's certificate: a person with GnuPG alone, or one whom the operator enrolled before. */
import { writeSealingKey } from "../../../protocol/keys.js";
import type { Member } from "../../kept/store.js";
import {
  type Asked,
  type AskedFor,
  change,
  type Done,
  outcomeOf,
  refusal,
  remembered,
  tellOwners,
} from "./asked.js";
import { memberKey } from "./joining.js";

/** Enrols, or confirms whom the operator enrolled with this very key; the record has the owner's signature either way. */
export async function enrol(asked: Asked, owner: Member, command: AskedFor<"enrol">): Promise<Done> {
  const { parts, list, now } = asked;
  const { address, name, shape } = command;
  const key = await memberKey(command.certificate, now);
  if (address === list.address) return refusal("bad-address");
  const enrolled = await parts.store.enrolMember(
    remembered(asked, owner.fingerprint),
    {
      address,
      name: name.trim() || address,
      certificate: writeSealingKey(key),
      fingerprint: key.fingerprint,
      shape,
    },
    change(asked, owner.fingerprint),
    now.getTime(),
  );
  return outcomeOf(enrolled, () => tellOwners(asked, "enrolled", owner.fingerprint));
}
