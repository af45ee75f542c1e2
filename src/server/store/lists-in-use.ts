/**
 * The lists as the running server uses them: the row in the store together with its keys, read and unlocked.
 *
 * Rows are read again each time (a command may have changed them); keys are kept, by fingerprint.
 */
import { createHash } from "node:crypto";
import { type Address, bouncesAddress, parseAddress, requestAddress } from "../../mail/mailbox.js";
import type { OpeningKey } from "../../openpgp/keys.js";
import { parseListName, readListName } from "../../openpgp/list-keys.js";
import type { ListRef } from "../../protocol/message.js";
import type { DataFolder } from "../base/data-folder.js";
import { MemberSecrets } from "./member-secrets.js";
import { loadServerKey } from "./server-keys.js";
import type { List, ListStore, ServerKeyStore } from "./store.js";

type ListMemory = ListStore & Pick<ServerKeyStore, "replacedServerKeys">;

/** A list that takes posts: it has its list key, and the server key is at hand. */
export interface ListInUse {
  readonly list: List;
  readonly ref: ListRef;
  /** Keys that an owner has replaced, newest first, and until when (milliseconds since 1970) posts under them are taken. */
  readonly former: readonly { readonly ref: ListRef; readonly until: number }[];
  readonly server: OpeningKey<"server">;
  /** Server keys that were replaced, newest first, and until when they open: not every member has heard of it. */
  readonly formerServers: readonly { readonly key: OpeningKey<"server">; readonly until: number }[];
  /** What members share with the server in place of key pairs. */
  readonly secrets: MemberSecrets;
  readonly address: Address;
  /** Envelope sender of everything that the list sends. */
  readonly bounces: Address;
  /** Where requests about the list go. */
  readonly requests: Address;
}

/** What an address of ours is for. */
export type CopyRecipient =
  | { readonly kind: "list"; readonly list: List }
  /** where mail systems report that they could not deliver a copy; with or without `+detail` */
  | { readonly kind: "bounces"; readonly list: List; readonly token: string }
  /** `team-request+TOKEN@`: the holder of the token leaves (List-Unsubscribe) */
  | { readonly kind: "leave"; readonly list: List; readonly token: string }
  /** `team-request@`: a signed and sealed command */
  | { readonly kind: "request"; readonly list: List }
  /** `team-owner@`: for the people who run the list */
  | { readonly kind: "owner"; readonly list: List }
  | { readonly kind: "unknown" };

/** Former keys that a post may still be under. Each is another look at the post; more than this at one time nobody has. */
const MAX_FORMER_KEYS = 4;

const BESIDES = /^(?<name>.+)-(?<suffix>bounces|request|owner)(?:\+(?<token>[^@]*))?@(?<domain>[^@]+)$/;

export class ListsInUse {
  readonly #store: ListMemory;
  readonly #folder: DataFolder;
  readonly #secrets: MemberSecrets;
  /** By fingerprint. `version`: of the certificate, which changes when subkeys are renewed. */
  readonly #serverKeys = new Map<
    string,
    { readonly version: string; readonly key: Promise<OpeningKey<"server">> }
  >();

  constructor(store: ListMemory, folder: DataFolder) {
    this.#store = store;
    this.#folder = folder;
    this.#secrets = new MemberSecrets(folder);
  }

  /** What the envelope recipient `text` is for. Anything that isn't an address of ours is `unknown`. */
  async recipient(text: string): Promise<CopyRecipient> {
    const address = canonical(text);
    if (address === undefined) return { kind: "unknown" };
    const list = await this.#store.listByAddress(address);
    if (list !== undefined) return { kind: "list", list };
    const { name, suffix, token, domain } = BESIDES.exec(address)?.groups ?? {};
    const beside = name && domain ? await this.#store.listByAddress(`${name}@${domain}`) : undefined;
    if (beside === undefined) return { kind: "unknown" };
    if (suffix === "bounces") return { kind: "bounces", list: beside, token: token ?? "" };
    if (suffix === "request" && token) return { kind: "leave", list: beside, token };
    if (token !== undefined) return { kind: "unknown" };
    return { kind: suffix === "owner" ? "owner" : "request", list: beside };
  }

  /**
   * The list with its keys; `undefined` while it has no list key.
   *
   * @throws KeyFileError, ListSealError if a key can't be read or used
   */
  async open(list: List): Promise<ListInUse | undefined> {
    if (list.listKey === undefined) return undefined;
    const address = parseAddress(list.address);
    return {
      list,
      ref: { address, key: await readListName(list.listKey, list.profile) },
      former: await this.#former(list, address),
      server: await this.serverKey(list),
      formerServers: await this.formerServerKeys(list),
      secrets: this.#secrets,
      address,
      bounces: bouncesAddress(address),
      requests: requestAddress(address),
    };
  }

  async #former({ id, profile }: List, address: Address): Promise<ListInUse["former"]> {
    const keys = (await this.#store.formerListKeys(id)).slice(0, MAX_FORMER_KEYS);
    return Promise.all(
      keys.map(async ({ certificate, graceEnds }) => ({
        // one that has run out since: posts of its days may still wait
        ref: { address, key: await parseListName(certificate, profile) },
        until: graceEnds,
      })),
    );
  }

  /** As {@link open}, by the list's number. */
  async openById(id: number): Promise<ListInUse | undefined> {
    const list = await this.#store.listById(id);
    return list === undefined ? undefined : this.open(list);
  }

  /** Server keys that an owner has replaced, newest first. @throws KeyFileError, ListSealError */
  async formerServerKeys(list: List): Promise<ListInUse["formerServers"]> {
    const keys = (await this.#store.replacedServerKeys(list.id)).slice(0, MAX_FORMER_KEYS);
    return Promise.all(
      keys.map(async ({ file, fingerprint, certificate, until }) => ({
        key: await this.serverKey({
          serverKeyFile: file,
          serverFingerprint: fingerprint,
          serverCertificate: certificate,
        }),
        until,
      })),
    );
  }

  /** The list's server key, also of a list that nobody has claimed yet. @throws KeyFileError, ListSealError */
  serverKey(
    list: Pick<List, "serverKeyFile" | "serverFingerprint" | "serverCertificate">,
  ): Promise<OpeningKey<"server">> {
    const { serverFingerprint: fingerprint } = list;
    const version = createHash("sha256").update(list.serverCertificate).digest("hex");
    const known = this.#serverKeys.get(fingerprint);
    if (known?.version === version) return known.key;
    const key = loadServerKey(this.#folder, list);
    this.#serverKeys.set(fingerprint, { version, key });
    // a file that could not be read is tried again: the operator may have put it right
    key.catch(() => this.#serverKeys.delete(fingerprint));
    return key;
  }
}

/** The lists that an envelope recipient would be of, if there were such lists. */
export function listsNamedBy(text: string): readonly string[] {
  const address = canonical(text);
  if (address === undefined) return [];
  const { name, domain } = BESIDES.exec(address)?.groups ?? {};
  return [address, ...(name && domain ? [`${name}@${domain}`] : [])];
}

function canonical(text: string): Address | undefined {
  try {
    return parseAddress(text);
  } catch {
    return undefined;
  }
}
