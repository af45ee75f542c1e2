import { fromBase64, toBase64 } from "../../mail/base64.js";
import { parseAddress } from "../../mail/mailbox.js";
import type { ListForProof } from "../../membership/introduction/introduction.js";
import { openReceipt, writeNotice } from "../../membership/notice/owner-notice.js";
import { continueHistory, membersForNewKey } from "../../membership/roster/history.js";
import type { RosterHistory } from "../../membership/roster/state.js";
import { ProtocolError } from "../../openpgp/errors.js";
import {
  allFingerprints,
  parseFingerprint,
  parseSealingKey,
  readOpeningKey,
  readSealingKey,
  userIdOf,
  writeSealingKey,
} from "../../openpgp/keys.js";
import { profileOf } from "../../openpgp/secrets.js";
import type { Jobs } from "./jobs.js";
import { knownOwnedList } from "./owner-invite.js";

/** The owner's own log, and what is said to members by it. */

/**
 * Entry by entry, since an owner whom one of them makes may have introduced the member of the next.
 * @throws ListSealError `roster-forked`, `roster-altered`
 */
export async function followRecord({
  list,
  links,
  now,
}: Jobs["follow-record"]["input"]): Promise<Jobs["follow-record"]["output"]> {
  let { history } = list;
  let known = await withOwnersOf(history, await knownOwnedList(list));
  for (const link of links) {
    history = await continueHistory(history, [link], { list: known }, new Date(now));
    known = await withOwnersOf(history, known);
  }
  return { history };
}

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

/** @throws ListSealError what `writeNotice` throws */
export async function newListKeyNotice({
  list,
  secret,
  member,
  listKey,
  serial,
  graceEnds,
  now,
}: Jobs["new-list-key-notice"]["input"]): Promise<Jobs["new-list-key-notice"]["output"]> {
  const sealed = await writeNotice(
    {
      serial,
      date: new Date(now),
      list: { address: parseAddress(list.address), key: parseFingerprint(list.listKeyFingerprint) },
      news: {
        kind: "new-list-key",
        listKey: await readOpeningKey("list", fromBase64(listKey)),
        graceEnds: new Date(graceEnds),
      },
    },
    await readOpeningKey("member", fromBase64(secret)),
    await readSealingKey("member", member, new Date(now)),
  );
  return { sealed };
}

/** @throws ListSealError what `writeNotice` throws */
export async function ownersNotice({
  list,
  secret,
  member,
  serial,
  now,
}: Jobs["owners-notice"]["input"]): Promise<Jobs["owners-notice"]["output"]> {
  const owners = await Promise.all(
    list.owners.map(async ({ certificate, address, from, to }) => ({
      certificate: await parseSealingKey("member", fromBase64(certificate)),
      address: parseAddress(address),
      from,
      ...(to === null ? {} : { to }),
    })),
  );
  const sealed = await writeNotice(
    {
      serial,
      date: new Date(now),
      list: { address: parseAddress(list.address), key: parseFingerprint(list.listKeyFingerprint) },
      news: { kind: "owners", owners },
    },
    await readOpeningKey("member", fromBase64(secret)),
    await readSealingKey("member", member, new Date(now)),
  );
  return { sealed };
}

/** @throws ListSealError what `openReceipt` throws */
export async function readReceipt({
  list,
  secret,
  sealed,
  now,
}: Jobs["open-receipt"]["input"]): Promise<Jobs["open-receipt"]["output"]> {
  const members = (await membersForNewKey(list.history)).map(({ certificate }) => certificate);
  const owner = await readOpeningKey("member", fromBase64(secret));
  const receipt = await openReceipt(sealed, owner, members, new Date(now));
  if (receipt === "not-for-me") return { kind: "not-for-me" };
  const { by, news, serial } = receipt;
  return { kind: "receipt", by, news, serial };
}

/**
 * Another server key, as the server offers it.
 * @throws ListSealError `wrong-list` (another profile, or made for another list), `wrong-role` (a key that is the list's,
 *   or an owner's), what `readSealingKey` throws
 */
export async function readServerOffer({
  list,
  armored,
  now,
}: Jobs["read-server-offer"]["input"]): Promise<Jobs["read-server-offer"]["output"]> {
  const server = await readSealingKey("server", armored, new Date(now));
  if (!userIdOf(server).endsWith(`<${list.address}>`) || profileOf(server) !== list.profile) {
    throw new ProtocolError("wrong-list", "a server key of another list");
  }
  const listKey = await readOpeningKey("list", fromBase64(list.listKey));
  const others = [...allFingerprints(listKey.secret), ...list.owners.map(({ fingerprint }) => fingerprint)];
  if (allFingerprints(server.certificate).some((one) => others.includes(one))) {
    throw new ProtocolError("wrong-role", "the server key is another's key");
  }
  return { certificate: toBase64(writeSealingKey(server)), fingerprint: server.fingerprint };
}

/** @throws ListSealError what `writeNotice` throws */
export async function serverNotice({
  list,
  secret,
  member,
  certificate,
  serial,
  now,
}: Jobs["server-notice"]["input"]): Promise<Jobs["server-notice"]["output"]> {
  const sealed = await writeNotice(
    {
      serial,
      date: new Date(now),
      list: { address: parseAddress(list.address), key: parseFingerprint(list.listKeyFingerprint) },
      news: {
        kind: "new-server-key",
        server: await readSealingKey("server", fromBase64(certificate), new Date(now)),
        replaces: parseFingerprint(list.serverFingerprint),
      },
    },
    await readOpeningKey("member", fromBase64(secret)),
    await readSealingKey("member", member, new Date(now)),
  );
  return { sealed };
}
