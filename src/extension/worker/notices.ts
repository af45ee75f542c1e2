import { fromBase64, toBase64 } from "../../mail/base64.js";
import { parseAddress } from "../../mail/mailbox.js";
import {
  type ListBeforeNotice,
  type News,
  type Notice,
  type OpenedNotice,
  type OwnerTerm,
  openNotice,
  writeReceipt,
} from "../../membership/notice/owner-notice.js";
import type { NewsKind } from "../../membership/request/request.js";
import { ListSealError, ProtocolError } from "../../openpgp/errors.js";
import {
  type OpeningKey,
  parseSealingKey,
  readOpeningKey,
  userIdOf,
  writeSealingKey,
} from "../../openpgp/keys.js";
import { listKeyKindOf, writeListOpener } from "../../openpgp/list-keys.js";
import { codeOf } from "../platform/errors.js";
import type { StoredList, StoredOwner } from "../records/stored.js";
import { listSecretsOf } from "./secrets-before.js";

/** A notice that the list follows, and the receipt for its owner. */
export interface TakenNotice {
  readonly kind: "notice";
  readonly list: StoredList;
  readonly news: NewsKind;
  readonly serial: number;
  readonly receipt: Uint8Array;
}

/**
 * An owner's notice to the list as it is from now on, and the receipt for the owner. Nothing is kept by this: the background page does.
 * @throws ListSealError what `openNotice` throws, for the list that fits best; `old-serial` for one that was taken before
 */
export async function openSealedNotice({
  sealed,
  lists,
  secrets,
  now,
}: {
  readonly sealed: Uint8Array;
  readonly lists: readonly StoredList[];
  readonly secrets: readonly string[];
  readonly now: string;
}): Promise<TakenNotice | { readonly kind: "not-for-me" }> {
  let failure: ListSealError | undefined;
  for (const secret of secrets) {
    const member = await readOpeningKey("member", fromBase64(secret));
    for (const list of lists) {
      try {
        const opened = await openNotice(sealed, member, await knownBefore(list), new Date(now));
        if (opened.kind === "not-for-me") break;
        return await taken(opened, list, member, now);
      } catch (error) {
        if (!(error instanceof ListSealError)) throw error;
        // "by nobody who owns this list" says least: it may be another list's
        if (failure === undefined || codeOf(failure, "damaged") === "unknown-author") failure = error;
      }
    }
  }
  if (failure !== undefined) throw failure;
  return { kind: "not-for-me" };
}

async function knownBefore(list: StoredList): Promise<ListBeforeNotice> {
  return {
    address: parseAddress(list.address),
    profile: list.profile,
    keys: [list.listKeyFingerprint, ...list.formerListKeys.map(({ fingerprint }) => fingerprint)],
    secrets: listKeyKindOf(list.listKeyFingerprint) === "secret" ? await listSecretsOf(list) : [],
    owners: await Promise.all(list.owners.map(termOf)),
    server: await parseSealingKey("server", fromBase64(list.serverCertificate)),
    serials: list.serials,
  };
}

/** An owner's term as it is kept. @throws ListSealError `key-damaged` */
export async function termOf({ certificate, address, from, to }: StoredOwner): Promise<OwnerTerm> {
  return {
    certificate: await parseSealingKey("member", fromBase64(certificate)),
    address: parseAddress(address),
    from,
    ...(to === null ? {} : { to }),
  };
}

type Taken = Exclude<OpenedNotice, { readonly kind: "not-for-me" }>;

async function taken(
  opened: Taken,
  list: StoredList,
  member: OpeningKey<"member">,
  now: string,
): Promise<TakenNotice> {
  const { notice, by } = opened;
  const changed = opened.kind === "news" ? await changedBy(notice, list) : await withLateKey(notice, list);
  const owner = list.owners.find(({ fingerprint }) => fingerprint === by);
  if (owner === undefined) throw new ProtocolError("unknown-author", "not by an owner of today");
  const certificate = await parseSealingKey("member", fromBase64(owner.certificate));
  const receipt = await writeReceipt(notice, member, certificate, new Date(now));
  return { kind: "notice", list: changed, news: notice.news.kind, serial: notice.serial, receipt };
}

async function changedBy({ news, serial }: Notice, list: StoredList): Promise<StoredList> {
  const serials = { ...list.serials, [news.kind]: serial };
  switch (news.kind) {
    case "owners":
      return { ...list, serials, owners: news.owners.map(storedOwner) };
    case "new-list-key": {
      if (news.listKey.fingerprint === list.listKeyFingerprint) return { ...list, serials };
      const replaced = {
        listKey: list.listKey,
        fingerprint: list.listKeyFingerprint,
        graceEnds: news.graceEnds.toISOString(),
      };
      const former = list.formerListKeys.filter(
        ({ fingerprint }) => fingerprint !== news.listKey.fingerprint,
      );
      return {
        ...list,
        serials,
        ...(await listKeyOf(news)),
        formerListKeys: [...former, replaced],
      };
    }
    case "new-server-key":
      return {
        ...list,
        serials,
        serverCertificate: toBase64(writeSealingKey(news.server)),
        serverFingerprint: news.server.fingerprint,
        formerServers: [...list.formerServers, list.serverCertificate],
      };
  }
}

async function listKeyOf({
  listKey,
}: Extract<News, { readonly kind: "new-list-key" }>): Promise<
  Pick<StoredList, "listKey" | "listKeyFingerprint">
> {
  return { listKey: toBase64(await writeListOpener(listKey)), listKeyFingerprint: listKey.fingerprint };
}

/** A list key that was replaced before it came: it opens old mail, and is never sealed with. */
async function withLateKey({ news }: Notice, list: StoredList): Promise<StoredList> {
  if (news.kind !== "new-list-key") return list;
  const { listKey, listKeyFingerprint: fingerprint } = await listKeyOf(news);
  // its own grace is in a notice that named it; the latest that is known here is not too strict
  const graceEnds = list.formerListKeys.at(-1)?.graceEnds ?? news.graceEnds.toISOString();
  return { ...list, formerListKeys: [{ listKey, fingerprint, graceEnds }, ...list.formerListKeys] };
}

function storedOwner({ certificate, address, from, to }: OwnerTerm): StoredOwner {
  const userId = userIdOf(certificate);
  return {
    fingerprint: certificate.fingerprint,
    certificate: toBase64(writeSealingKey(certificate)),
    userId,
    address,
    from,
    to: to ?? null,
  };
}
