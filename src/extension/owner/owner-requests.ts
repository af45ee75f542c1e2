import { recordedCommands } from "../../membership/roster/log.js";
import { keyOf } from "../keys/certify-key.js";
import { needSecretOf } from "../keys/unlocked.js";
import type { ErrorCode } from "../platform/errors.js";
import type { OwnedList } from "../records/owned-list.js";
import { changeOwned, withNewestServer } from "../records/owned-storage.js";
import { load } from "../records/storage.js";
import type { PendingRequest } from "../requests/pending.js";
import { askServer } from "../requests/send-request.js";
import type { CommandToSend } from "../worker/jobs.js";

/** An owner's commands, on their way to the server. */

/**
 * Asks the server of an owned list, signed by the owner's key, and remembers what has to come into the record by it.
 * @param about the address that it is about, for showing
 * @throws ListSealError `key-locked`, `no-member-key`; what `askServer` throws
 */
export async function askAsOwner(
  list: OwnedList,
  command: CommandToSend,
  about?: string,
): Promise<PendingRequest> {
  const stored = await load();
  const key = keyOf(stored, list.ownerKey);
  const asked = await askServer({
    command,
    list: withNewestServer(list, stored),
    key,
    ...(about === undefined ? {} : { about }),
  });
  if (recordedCommands.some((name) => name === command.do)) {
    const awaited = { signer: list.ownerKey, id: asked.id, sent: asked.askedAt };
    await changeOwned(list.address, (now) => ({ ...now, awaited: [...now.awaited, awaited] }));
  }
  return asked;
}

/** The owner's secret, unlocked, in base64. @throws ListSealError `key-locked`, `no-member-key` */
export async function ownerSecret(list: OwnedList): Promise<string> {
  return needSecretOf(keyOf(await load(), list.ownerKey));
}

/** More are not read by anybody; the newest stay. */
const MAX_KEPT = 50;

/** Keeps a refusal until the owner has read it. A command that was refused is awaited in no record. */
export async function noteRefusal(
  { list, id, do: what, about }: PendingRequest,
  code: ErrorCode,
): Promise<void> {
  const refusal = { what, about, code, at: new Date().toISOString() };
  await changeOwned(list, (now) => ({
    ...now,
    awaited: now.awaited.filter((one) => one.id !== id),
    refusals: [...now.refusals, refusal].slice(-MAX_KEPT),
  }));
}

/** Raises an alarm. The same one is raised once. */
export async function raiseAlarm(list: string, code: ErrorCode, about: string | null = null): Promise<void> {
  const at = new Date().toISOString();
  await changeOwned(list, (now) =>
    now.alarms.some((one) => one.code === code && one.about === about)
      ? now
      : { ...now, alarms: [...now.alarms, { code, about, at }].slice(-MAX_KEPT) },
  );
}
