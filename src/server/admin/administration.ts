/**
 * What an operator does to lists and rosters. The commands (server/cli) and the tests call the same functions; they work on
 * the store, so they take effect at once in a server that runs on it.
 */

import { toBase64 } from "../../mail/base64.js";
import { type Address, parseAddress } from "../../mail/mailbox.js";
import type { CopyShape } from "../../mail/part-types.js";
import { MAX_CHAIN_BYTES } from "../../membership/introduction/introduction.js";
import {
  assertKeyVersion,
  type Profile,
  readSealingKey,
  userIdOf,
  writeSealingKey,
} from "../../openpgp/keys.js";
import { listSecretName } from "../../openpgp/list-keys.js";
import { readSecret, type SharedSecret } from "../../openpgp/secrets.js";
import type { DeliveryMode, Mode } from "../../protocol/message.js";
import type { DataFolder } from "../base/data-folder.js";
import { MAX_LIST_LOCAL_PART, MAX_NAME_CHARACTERS } from "../base/limits.js";
import { newListKeyRow } from "../store/list-key-material.js";
import { defaultListSettings } from "../store/list-settings.js";
import { discardSecret, keepSecret } from "../store/member-secrets.js";
import { Heads } from "../store/rollback-guard.js";
import type { RosterChange } from "../store/roster-record.js";
import {
  certificatePathOf,
  discardServerKey,
  type MadeServerKey,
  makeServerKey,
} from "../store/server-keys.js";
import type {
  List,
  Member,
  MemberRole,
  NewListKeyRow,
  NewMember,
  PostPolicy,
  Store,
} from "../store/store.js";
import type { Language } from "../texts/language.js";

/** The operator asked for something impossible; the message is a sentence for them. */
export class BadRequest extends Error {
  override readonly name = "BadRequest";
}

/** What the administration works on. */
export interface AdminContext {
  readonly store: Store;
  readonly folder: DataFolder;
  readonly now: () => number;
}

/** A certificate as it was given: binary or armored OpenPGP. */
export type CertificateSource = Uint8Array | string;

/** A list key as its owner hands it over: the certificate of a pair, or the id of a secret. */
export type ListKeySource = CertificateSource | { readonly secretId: string };

export interface ListRequest {
  readonly address: string;
  readonly name: string;
  readonly mode: Mode;
  readonly delivery: DeliveryMode;
  readonly profile: Profile;
  /** Of the server's own mails about the list; English if absent. */
  readonly language?: Language;
  /** The list key, if the owner has made it. */
  readonly listKey?: ListKeySource;
}

export interface MemberRequest {
  readonly address: string;
  readonly name: string;
  readonly certificate: CertificateSource;
  readonly shape: CopyShape;
  /** A secret of 32 bytes under which the member's copies are sealed, instead of to the certificate. */
  readonly copiesSecret?: Uint8Array;
  /** A secret of 32 bytes under which the member's posts may be sealed, instead of to the server's key. */
  readonly postsSecret?: Uint8Array;
}

/** A new list, and the server key that was made for it. */
export interface CreatedList {
  readonly list: List;
  readonly serverKey: MadeServerKey;
}

/** Sub-addresses that the server itself uses; a list named like one could never be told from it. */
const reservedLocalParts = /-(request|bounces|owner)$/;

/**
 * Creates a list with a server key of its own. With `listKey` it takes posts at once.
 *
 * @throws BadRequest, Conflict; ListSealError for an address or key that can't be used
 */
export async function createList(office: AdminContext, request: ListRequest): Promise<CreatedList> {
  const { store, folder } = office;
  const address = parseAddress(request.address);
  const [localPart = ""] = address.split("@");
  if (reservedLocalParts.test(localPart) || localPart.includes("+")) {
    throw new BadRequest(
      "the part of a list's address before the @ must not contain + or end in -request, -bounces or -owner",
    );
  }
  if (localPart.length > MAX_LIST_LOCAL_PART) {
    throw new BadRequest(
      `the part of a list's address before the @ can have at most ${MAX_LIST_LOCAL_PART} characters, because the server appends to it`,
    );
  }
  const name = checkName(request.name);
  if ((await store.listByAddress(address)) !== undefined)
    throw new BadRequest(`the list ${address} already exists`);
  const listKey =
    request.listKey === undefined ? undefined : await readListKey(address, request.profile, request.listKey);

  const serverKey = await makeServerKey(folder, address, request.profile);
  try {
    const { mode, delivery, profile, language } = request;
    const said = operatorWord(office);
    const changes: RosterChange[] = [{ do: "create", list: address, ...said }];
    if (listKey !== undefined) {
      changes.push({ do: "list-key", fingerprint: listKey.fingerprint, ...said });
    }
    const list = await store.createList(
      {
        address,
        name,
        mode,
        delivery,
        profile,
        serverKeyFile: serverKey.file,
        serverFingerprint: serverKey.fingerprint,
        serverCertificate: serverKey.certificate,
      },
      listKey,
      changes,
      office.now(),
      language && { ...defaultListSettings, language },
    );
    return { list, serverKey };
  } catch (error) {
    await discardServerKey(folder, serverKey);
    throw error;
  }
}

/**
 * Gives a list its list key. A list key is for one list only, ever. It replaces one only where a restore has paused the list, and so
 * an owner has to look at the record before anything goes on: the backup may be older than the list key of today.
 *
 * @throws BadRequest, Conflict, ListSealError
 */
export async function setListKey(
  office: AdminContext,
  address: string,
  source: ListKeySource,
): Promise<List> {
  const list = await findList(office, address);
  const key = await readListKey(parseAddress(list.address), list.profile, source);
  const change: RosterChange = {
    do: "list-key",
    fingerprint: key.fingerprint,
    ...operatorWord(office),
  };
  const { store, folder } = office;
  const isRestored = (await new Heads(folder.heads).pausedSince(list.address)) !== undefined;
  if (isRestored) await store.restoreListKey(list.id, key, change, office.now());
  else await store.setListKey(list.id, key, change);
  return findList(office, address);
}

/** What the roster and its record will say of somebody. */
export interface ReadMember {
  readonly member: NewMember;
  readonly change: RosterChange;
  /** Secrets shared with them, which are kept in files. */
  readonly secrets: readonly SharedSecret<"member" | "server">[];
}

/** Checks what was given about somebody. Changes nothing. @throws BadRequest, ListSealError */
export async function readNewMember(
  office: Pick<AdminContext, "now">,
  list: List,
  request: MemberRequest,
): Promise<ReadMember> {
  const address = parseAddress(request.address);
  if (address === list.address) throw new BadRequest("a list can't be its own member");
  const name = checkName(request.name);
  const key = await readSealingKey("member", request.certificate);
  assertKeyVersion(key, list.profile);
  const { copiesSecret, postsSecret } = request;
  const copies = copiesSecret && (await readSecret("member", list.profile, copiesSecret));
  const posts = postsSecret && (await readSecret("server", list.profile, postsSecret));
  const certificate = writeSealingKey(key);
  const member = {
    address,
    name,
    certificate,
    fingerprint: key.fingerprint,
    shape: request.shape,
    ...(copies && { copiesSecret: copies.fingerprint }),
    ...(posts && { postsSecret: posts.fingerprint }),
  };
  const change = {
    do: "add",
    address,
    fingerprint: key.fingerprint,
    // one that years of signatures have made large is not shown to owners; they confirm it by a file
    ...(certificate.length > MAX_CHAIN_BYTES ? {} : { certificate: toBase64(certificate) }),
    ...operatorWord(office),
  } as const;
  return { member, change, secrets: [copies, posts].filter((each) => each !== undefined) };
}

/** Puts somebody on a list's roster. @throws BadRequest, Conflict, ListSealError */
export async function addMember(
  office: AdminContext,
  listAddress: string,
  request: MemberRequest,
): Promise<Member> {
  const list = await findList(office, listAddress);
  const { member, change, secrets: made } = await readNewMember(office, list, request);
  for (const secret of made) await keepSecret(office.folder, secret);
  try {
    return await office.store.addMember(list.id, member, change, office.now());
  } catch (error) {
    // those of members who are there: this one is not
    const known = new Set(made.length === 0 ? [] : await office.store.secretIds());
    for (const { fingerprint } of made) {
      if (!known.has(fingerprint)) await discardSecret(office.folder, fingerprint);
    }
    throw error;
  }
}

/**
 * Takes somebody off a list's roster, and with them every copy that waits for them, also of posts accepted before. No
 * other member's computer is touched.
 *
 * @throws BadRequest, Conflict
 */
export async function removeMember(
  office: AdminContext,
  listAddress: string,
  address: string,
): Promise<Member> {
  const list = await findList(office, listAddress);
  return office.store.removeMember(list.id, parseAddress(address), (member) => ({
    do: "remove",
    address: member.address,
    fingerprint: member.fingerprint,
    ...operatorWord(office),
  }));
}

/** Gives a member another role. @throws BadRequest, Conflict */
export async function setRole(
  office: AdminContext,
  listAddress: string,
  address: string,
  role: MemberRole,
): Promise<Member> {
  const member = await findMember(office, listAddress, address);
  const change = { do: "role", address: member.address, role, ...operatorWord(office) } as const;
  await office.store.setMemberRole(member.listId, member.address, role, change);
  return { ...member, role };
}

/** Says who may post. @throws BadRequest; SecretConflict for others than members, of a list with a secret */
export async function setPolicy(
  office: AdminContext,
  listAddress: string,
  policy: PostPolicy,
): Promise<void> {
  const list = await findList(office, listAddress);
  await office.store.setPostPolicy(list.id, policy, { do: "policy", policy, ...operatorWord(office) });
}

/** What {@link retireList} did with the list's secret key. */
export type RetiredList = { readonly key: "deleted" } | { readonly key: "kept"; readonly copies: number };

/**
 * Closes a list for ever: it takes no mail any more. Its server key is deleted once no copy waits; until then nothing
 * that was captured on its way to the server is out of reach of who takes the machine. Run it again when the queue is
 * empty.
 *
 * @throws BadRequest
 */
export async function retireList(office: AdminContext, address: string): Promise<RetiredList> {
  const { store } = office;
  const list = await findList(office, address);
  const settings = await store.listSettings(list.id);
  if (settings.retired === undefined) {
    await store.setListSettings(list.id, { ...settings, retired: office.now() });
  }
  const copies = await store.copiesLeft(list.id);
  if (copies > 0) return { key: "kept", copies };
  await discardServerKey(office.folder, {
    file: list.serverKeyFile,
    certificatePath: certificatePathOf(office.folder, list.serverFingerprint),
  });
  return { key: "deleted" };
}

/** The member of a list at `address`. @throws BadRequest if there is none */
export async function findMember(
  office: Pick<AdminContext, "store">,
  listAddress: string,
  address: string,
): Promise<Member> {
  const list = await findList(office, listAddress);
  const canonical = parseAddress(address);
  const member = await office.store.memberByAddress(list.id, canonical);
  if (member === undefined) throw new BadRequest(`${list.address} has no member ${canonical}`);
  return member;
}

/** The list at `address`. @throws BadRequest if there is none */
export async function findList(office: Pick<AdminContext, "store">, address: string): Promise<List> {
  const canonical = parseAddress(address);
  const list = await office.store.listByAddress(canonical);
  if (list === undefined) throw new BadRequest(`there is no list ${canonical}`);
  return list;
}

async function readListKey(
  address: Address,
  profile: Profile,
  source: ListKeySource,
): Promise<NewListKeyRow> {
  if (typeof source === "object" && "secretId" in source)
    return newListKeyRow(listSecretName(source.secretId.trim().toLowerCase(), profile));
  const key = await readSealingKey("list", source);
  // the add-on names a list key after its list: another list's key here is a mix-up
  if (!userIdOf(key).endsWith(`<${address}>`)) {
    throw new BadRequest(
      `that list key was made for another address: ask the owner for the key of ${address}`,
    );
  }
  return newListKeyRow(key);
}

/** By whom and when, as the record has it. */
export const operatorWord = (office: Pick<AdminContext, "now">) => ({
  by: "operator" as const,
  at: new Date(office.now()).toISOString(),
});

/** A name goes into a header of every copy: one line of visible text. */
function checkName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === "" || [...trimmed].length > MAX_NAME_CHARACTERS || /[\p{C}\p{Zl}\p{Zp}]/u.test(trimmed)) {
    throw new BadRequest(`a name must have 1 to ${MAX_NAME_CHARACTERS} visible characters, on one line`);
  }
  return trimmed;
}
