/**
 * `team-owner@`: mail for the people who run a list, passed on at once as it came. It is plain mail from anybody
 * ("I can't read what I get"), so nothing of it is kept: the sender hears 250 when the relay has it for every owner. When it
 * comes again, since one of them was put off, it goes to those alone who did not get it.
 */
import { createHash } from "node:crypto";
import { bouncesAddress, parseAddress } from "../../mail/mailbox.js";
import { FORWARDED_MS } from "../base/limits.js";
import type { List, Store } from "../store/store.js";
import type { RecipientGate } from "./gate.js";
import { connectToRelay, type RelayConnection, type RelayOptions } from "./relay.js";
import { ownersOf } from "./suspension.js";

/** `later`: the relay took it for not every owner; the sender's mail system tries again. */
export type ForwardResult = "forwarded" | "nobody" | "later";

export interface ForwardContext {
  readonly store: Store;
  readonly gate: RecipientGate;
  readonly relay: RelayOptions;
  readonly now: () => number;
}

/** Passes `raw` on to the list's owners at the addresses on the roster. */
export async function forwardToOwners(
  { store, gate, relay, now }: ForwardContext,
  list: List,
  raw: Uint8Array,
): Promise<ForwardResult> {
  const owners = await ownersOf(store, list.id);
  if (owners.length === 0) return "nobody";
  const digest = createHash("sha256").update(raw).digest("base64url");
  const had = await store.forwardedTo(digest);
  let connection: RelayConnection | undefined;
  let outcome: ForwardResult = "forwarded";
  try {
    for (const owner of owners.filter(({ id }) => !had.has(id))) {
      connection ??= await connectToRelay(relay);
      const mail = {
        // without a token: a report about it is only logged
        sender: bouncesAddress(parseAddress(list.address)),
        recipient: owner.address,
        pieces: [raw],
      };
      const { id } = owner;
      const result = await connection.send(mail, async (end) => {
        await gate.ask({ listId: list.id, need: "owner", member: { id } }, end);
      });
      if (result.kind === "broken" || result.kind === "withheld") connection = undefined;
      // an owner who is put off doesn't keep it from the others, and one whose mailbox refuses it is done
      if (result.kind === "later" || result.kind === "broken") outcome = "later";
      else await store.noteForwarded(id, digest, now() + FORWARDED_MS);
    }
    return outcome;
  } catch {
    return "later";
  } finally {
    connection?.close();
  }
}
