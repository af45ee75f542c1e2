import { fromBase64 } from "../../mail/base64.js";
import { parseAddress } from "../../mail/mailbox.js";
import { MembershipError } from "../../membership/file/errors.js";
import { AddonError, inSituation } from "../platform/errors.js";
import { host } from "../platform/host.js";
import { listForWorker } from "../records/owned-list.js";
import { loadOwned } from "../records/owned-storage.js";
import { runJob } from "../worker/client.js";
import { askAsOwner, ownerSecret } from "./owner-requests.js";

/** A member with GnuPG alone: enrolled by their public key, given the list key in a file that only they can open. */

function bytesOf(base64: string): Uint8Array {
  try {
    return fromBase64(base64);
  } catch (cause) {
    throw new AddonError("key-file-damaged", "not base64", { cause });
  }
}

/**
 * Asks the server to enrol somebody by their public key.
 * @param address where their copies go; null for the one address that the key names
 * @throws ListSealError `key-for-another-address` if the key names several addresses or none, or another one; `bad-address`; what
 *   the worker throws for a key that can't be used
 */
export async function enrol(list: string, file: string, address: string | null, name: string): Promise<void> {
  const owned = await loadOwned(list);
  const key = await inSituation({ "key-damaged": "key-file-damaged" }, () =>
    runJob("read-public-key", { file: bytesOf(file), now: new Date().toISOString() }),
  );
  const [only, more] = key.addresses;
  const wanted = address ?? (more === undefined ? only : undefined);
  if (wanted === undefined)
    throw new AddonError("key-for-another-address", "the key does not say one address");
  const member = parseAddress(wanted);
  if (!key.addresses.includes(member))
    throw new AddonError("key-for-another-address", "the key is for another one");
  const { certificate } = key;
  const person = name.trim() || key.userId.replace(/\s*<[^<>]*>$/, "").trim() || member;
  // with attachments to save, and the command that opens them: other mail programs show none in the other shape
  const command = { do: "enrol", name: person, address: member, certificate, shape: "mixed" } as const;
  await askAsOwner(owned, command, member);
}

/**
 * Saves the list key for a member, sealed to their certificate in the owner's own log.
 * @throws ListSealError `not-a-member` for somebody who is not in it by an owner's word; `key-locked`
 */
export async function saveListKey(list: string, address: string): Promise<void> {
  const owned = await loadOwned(list);
  const logged = Object.entries(owned.history.members).find(([of]) => of === address)?.[1];
  if (logged?.certificate === undefined || logged.by === "operator") {
    throw new MembershipError("not-a-member", "no owner's word says that they are a member");
  }
  const secret = await ownerSecret(owned);
  const { name, armored } = await runJob("list-key-file", {
    list: listForWorker(owned),
    secret,
    member: logged.certificate,
    now: new Date().toISOString(),
  });
  await host().saveFile(name, new TextEncoder().encode(armored), "text/plain");
}
