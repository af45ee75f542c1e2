/** Commands as a verified request gives them, for tests of what comes after. */
import type { SignedChange } from "../../src/membership/roster/log.js";
import type { RecordedCommand } from "../../src/server/store/authorization.js";
import type { CommandKey, List } from "../../src/server/store/store.js";

/** A verified command that nobody has to be a member for, and that nobody is answered. */
export function verifiedCommand(list: List, command: CommandKey, does: SignedChange["do"]): RecordedCommand {
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
