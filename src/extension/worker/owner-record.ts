import { fromBase64, toBase64 } from "../../mail/base64.js";
import { line, objectOf } from "../../membership/file/declaration.js";
import { checked } from "../../membership/file/json-fields.js";
import type { ListForProof } from "../../membership/introduction/introduction.js";
import { openReceipt } from "../../membership/notice/owner-notice.js";
import type { RecordLink } from "../../membership/request/answer-result.js";
import type { NewsKind } from "../../membership/request/request.js";
import { continueHistory, membersForNewKey } from "../../membership/roster/history.js";
import type { RosterHistory } from "../../membership/roster/state.js";
import {
  allFingerprints,
  parseSealingKey,
  readOpeningKey,
  readSealingKey,
  userIdOf,
  writeSealingKey,
} from "../../openpgp/keys.js";
import { readListOpener } from "../../openpgp/list-keys.js";
import { isSecret, profileOf } from "../../openpgp/secrets.js";
import { AddonError } from "../platform/errors.js";
import type { OwnedList } from "../records/owned-list.js";
import { knownOwnedList } from "./owner-invite.js";

/** The owner's own log, and what is said to members by it. */

/** The owner's own log, and what the entries that were followed say beside it. */
export interface FollowedRecord {
  readonly history: RosterHistory;
  /** Fingerprints of those who went with them and may have the list key: also of who came with them, whom no log before or after has. */
  readonly gone: readonly string[];
  /** Whether a server that was restored from a backup went on among them. */
  readonly resumed: boolean;
}

/**
 * The owner's own log after the entries that the server gave. Entry by entry, since an owner whom one of them makes may have introduced the member of the next.
 * @throws ListSealError `roster-forked`, `roster-altered`
 */
export async function followRecord({
  list,
  links,
  now,
}: {
  readonly list: OwnedList;
  readonly links: readonly RecordLink[];
  readonly now: string;
}): Promise<FollowedRecord> {
  let { history } = list;
  let gone: readonly string[] = [];
  let resumed = false;
  let known = await withOwnersOf(history, await knownOwnedList(list));
  for (const link of links) {
    const before = history;
    history = await continueHistory(history, [link], { list: known }, new Date(now));
    known = await withOwnersOf(history, known);
    const { do: what } = checkedEntry(link.entry);
    if (what === "resume-server") resumed = true;
    // whoever went before it never had that one
    if (what === "new-list-key") gone = [];
    if (what === "leave" || what === "remove") gone = [...gone, ...goneBetween(before, history)];
  }
  return { history, gone, resumed };
}

/** Those let in by an owner who are in the first and not in the second. */
function goneBetween(before: RosterHistory, after: RosterHistory): readonly string[] {
  const present = new Set(Object.values(after.members).map(({ fingerprint }) => fingerprint));
  return Object.values(before.members).flatMap(({ by, fingerprint }) =>
    by === "operator" || present.has(fingerprint) ? [] : [fingerprint],
  );
}

/** An entry that was followed. */
const checkedEntry = (entry: string) => checked(JSON.parse(entry), objectOf({ do: line(40) }), "damaged");

/** The list with those as owners, too, whom owners made owners. */
async function withOwnersOf(history: RosterHistory, known: ListForProof): Promise<ListForProof> {
  const owners = [...known.owners];
  for (const { role, by, certificate, fingerprint } of Object.values(history.members)) {
    if (role !== "owner" || by === "operator" || certificate === undefined) continue;
    if (owners.some((owner) => owner.fingerprint === fingerprint)) continue;
    owners.push(await parseSealingKey("member", certificate));
  }
  return { ...known, owners };
}

/**
 * A member's word that a notice has arrived.
 * @throws ListSealError what `openReceipt` throws
 */
export async function readReceipt({
  list,
  secret,
  sealed,
  now,
}: {
  readonly list: OwnedList;
  readonly secret: string;
  readonly sealed: Uint8Array;
  readonly now: string;
}): Promise<
  | { readonly kind: "not-for-me" }
  | { readonly kind: "receipt"; readonly by: string; readonly news: NewsKind; readonly serial: number }
> {
  const members = (await membersForNewKey(list.history)).map(({ certificate }) => certificate);
  const owner = await readOpeningKey("member", fromBase64(secret));
  const receipt = await openReceipt(sealed, owner, members, new Date(now));
  if (receipt === "not-for-me") return { kind: "not-for-me" };
  const { by, news, serial } = receipt;
  return { kind: "receipt", by, news, serial };
}

/**
 * Another server key, as the server offers it: whether it can be this list's.
 * @returns `certificate` in base64
 * @throws ListSealError `wrong-list` (another profile, or made for another list), `wrong-role` (a key that is the list's,
 *   or an owner's), what `readSealingKey` throws
 */
export async function readServerOffer({
  list,
  armored,
  now,
}: {
  readonly list: OwnedList;
  readonly armored: string;
  readonly now: string;
}): Promise<{ readonly certificate: string; readonly fingerprint: string }> {
  const server = await readSealingKey("server", armored, new Date(now));
  if (!userIdOf(server).endsWith(`<${list.address}>`) || profileOf(server) !== list.profile) {
    throw new AddonError("unfit-server-key", "a server key of another list");
  }
  const listKey = await readListOpener(fromBase64(list.listKey), list.profile);
  const keys = isSecret(listKey) ? [] : allFingerprints(listKey.secret);
  const others = [...keys, ...list.owners.map(({ fingerprint }) => fingerprint)];
  if (allFingerprints(server.certificate).some((one) => others.includes(one))) {
    throw new AddonError("unfit-server-key", "the server key is another's key");
  }
  return { certificate: toBase64(writeSealingKey(server)), fingerprint: server.fingerprint };
}
