/** Orders as a verified request gives them, for tests of what comes after. */
import type { SignedChange } from "../../src/membership/roster/log.js";
import type { Command, List } from "../../src/server/store/store.js";
import type { RecordedOrder } from "../../src/server/store/warrant.js";

/** An order that nobody has to be a member for, and that nobody is answered. */
export function orderFor(list: List, command: Command, does: SignedChange["do"]): RecordedOrder {
  const now = Date.now();
  return {
    warrant: { list, signedAt: now, by: { kind: "card" } },
    command,
    change: { do: does, by: command.signer, at: new Date(now).toISOString(), command: "", signatures: "" },
    signed: { bytes: new Uint8Array(), signatures: new Uint8Array() },
    server: list.serverFingerprint,
    now,
  };
}
