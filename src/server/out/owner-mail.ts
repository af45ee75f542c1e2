/**
 * `team-owner@`: mail for the people who run a list, passed on at once as it came. It is plain mail from anybody
 * ("I can't read what I get"), so nothing is kept: the sender hears 250 when the relay has it for every owner.
 */
import { bouncesAddress, parseAddress } from "../../mail/mailbox.js";
import type { List, Store } from "../kept/store.js";
import { connectToRelay, type RelayConnection, type RelayOptions } from "./relay.js";
import { ownersOf } from "./standing.js";

/** `later`: the relay took it for not every owner; the sender's mail system tries again. */
export type Forwarded = "forwarded" | "nobody" | "later";

/** Passes `raw` on to the list's owners at the addresses on the roster. */
export async function forwardToOwners(
  store: Store,
  list: List,
  raw: Uint8Array,
  relay: RelayOptions,
): Promise<Forwarded> {
  const owners = await ownersOf(store, list.id);
  if (owners.length === 0) return "nobody";
  let connection: RelayConnection;
  try {
    connection = await connectToRelay(relay);
  } catch {
    return "later";
  }
  try {
    for (const owner of owners) {
      const result = await connection.send({
        // without a token: a report about it is only logged
        sender: bouncesAddress(parseAddress(list.address)),
        recipient: owner.address,
        pieces: [raw],
      });
      // an owner whose mailbox refuses it doesn't keep it from the others
      if (result.kind === "later" || result.kind === "broken") return "later";
    }
    return "forwarded";
  } finally {
    connection.close();
  }
}
